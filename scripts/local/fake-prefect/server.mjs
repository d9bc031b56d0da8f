import { json, objectIn, serve } from "../http-server.mjs"
import { deploymentBody } from "./deployment.mjs"
import { filterLogs, graphBody, idsIn } from "./graph-and-logs.mjs"
import { flowRunBody } from "./flow-run.mjs"
import { createRuns } from "./runs.mjs"

const LONGEST_OUTAGE_SECONDS = 300
const MOST_PER_PAGE = 200

const missing = (what) => json({ detail: `${what} not found` }, 404)
const invalid = (...fault) => json({ detail: [{ loc: ["body", fault[0]], msg: fault[1], type: "value_error" }] }, 422)

function pageFault({ limit = MOST_PER_PAGE, offset = 0 }) {
  if (!Number.isInteger(limit) || limit < 0 || limit > MOST_PER_PAGE)
    return invalid("limit", `at most ${MOST_PER_PAGE}`)
  if (!Number.isInteger(offset) || offset < 0) return invalid("offset", "0 or more")
  return undefined
}

/**
 * A stand-in of Prefect 3's REST API in which every run has failed. Besides Prefect's own paths it takes
 * `POST /demo/runs {id, org_slug}` (whose run that is) and `POST /demo/outage {seconds}` (503 for so long, 0 ends it).
 */
export function startPrefect({ port }) {
  const runs = createRuns()
  let outageEndsAt = 0

  const reads = {
    flow_runs: (id, part) => {
      const run = runs.run(id)
      if (!run || (part && part !== "graph-v2")) return missing(run ? "Path" : "Flow run")
      return json(part ? graphBody(run) : flowRunBody(run))
    },
    deployments: (id, part) => {
      const deployment = part ? undefined : runs.deployment(id.toLowerCase())
      return deployment ? json(deploymentBody(deployment)) : missing("Deployment")
    },
  }

  const filters = {
    "/api/logs/filter": (body) => json(filterLogs(runs, body)),
    // Only runs named by their ids: nothing here is ever late, or scheduled.
    "/api/flow_runs/filter": (body) => {
      const found = idsIn(body.flow_runs?.id).map(runs.run).filter(Boolean)
      return json(
        found
          .slice(body.offset ?? 0)
          .slice(0, body.limit ?? MOST_PER_PAGE)
          .map(flowRunBody),
      )
    },
    "/api/task_runs/filter": () => json([]),
    "/api/deployments/filter": () => json([]),
  }

  const demo = {
    "/demo/runs": ({ id, org_slug: orgSlug }) =>
      runs.register(String(id).toLowerCase(), String(orgSlug))
        ? json({ id, org_slug: orgSlug })
        : invalid("id", "a uuid, and in org_slug an organisation's slug"),
    "/demo/outage": ({ seconds }) => {
      if (typeof seconds !== "number" || !(seconds >= 0)) return invalid("seconds", "0 or more")
      const lasting = Math.min(seconds, LONGEST_OUTAGE_SECONDS)
      outageEndsAt = Date.now() + lasting * 1000
      return json({ seconds: lasting })
    },
  }

  function handle({ method, path, body }) {
    if (path.startsWith("/api") && Date.now() < outageEndsAt)
      return json({ exception_message: "Service Unavailable" }, 503)
    if (method === "GET" && path === "/api/health") return json(true)
    if (method === "GET" && path === "/api/admin/version") return json("3.6.29")
    const [, room, id, part] = path.match(/^\/api\/(flow_runs|deployments)\/([^/]+)(?:\/(.+))?$/) ?? []
    if (method === "GET" && room) return reads[room](id, part)
    const answer = method === "POST" ? (filters[path] ?? demo[path]) : undefined
    if (!answer) return json({ detail: "Not Found" }, 404)
    const given = objectIn(body || "{}")
    return given ? (pageFault(given) ?? answer(given)) : invalid("", "a JSON object")
  }

  return serve({ port, maxBytes: 1_000_000, handle })
}
