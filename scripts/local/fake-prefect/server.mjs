import { json, parseObject, serve } from "../http-server.mjs"
import { deploymentBody } from "./deployment.mjs"
import { filterIds, filterLogs, graphBody } from "./graph-and-logs.mjs"
import { flowRunBody } from "./flow-run.mjs"
import { createRuns } from "./runs.mjs"

const MAX_OUTAGE_SECONDS = 300
const MAX_PAGE_SIZE = 200

const notFound = (name) => json({ detail: `${name} not found` }, 404)
const invalid = (field, msg) => json({ detail: [{ loc: ["body", field], msg, type: "value_error" }] }, 422)

function pageError({ limit = MAX_PAGE_SIZE, offset = 0 }) {
  if (!Number.isInteger(limit) || limit < 0 || limit > MAX_PAGE_SIZE)
    return invalid("limit", `at most ${MAX_PAGE_SIZE}`)
  if (!Number.isInteger(offset) || offset < 0) return invalid("offset", "0 or more")
  return undefined
}

/**
 * A fake of Prefect 3's REST API in which every run has failed. Two more routes control it:
 * `POST /demo/runs {id, org_slug}` assigns a run to an organisation; `POST /demo/outage {seconds}` makes the API answer 503
 * for that long (at most 300 seconds; 0 ends it).
 */
export function startFakePrefect({ port }) {
  const runs = createRuns()
  let outageEndsAt = 0

  const reads = {
    flow_runs: (id, part) => {
      const run = runs.run(id)
      if (!run || (part && part !== "graph-v2")) return notFound(run ? "Path" : "Flow run")
      return json(part ? graphBody(run) : flowRunBody(run))
    },
    deployments: (id, part) => {
      const deployment = part ? undefined : runs.deployment(id.toLowerCase())
      return deployment ? json(deploymentBody(deployment)) : notFound("Deployment")
    },
  }

  const filters = {
    "/api/logs/filter": (body) => json(filterLogs(runs, body)),
    // Filters by id, and by deployment for its completed runs: no run here is late or scheduled.
    "/api/flow_runs/filter": (body) => {
      const deployments = filterIds(body.flow_runs?.deployment_id)
      if (deployments.length > 0) {
        const types = body.flow_runs?.state?.type?.any_ ?? ["COMPLETED"]
        const completed = types.includes("COMPLETED") ? deployments.map(runs.completedRun).filter(Boolean) : []
        return json(
          completed
            .slice(body.offset ?? 0)
            .slice(0, body.limit ?? MAX_PAGE_SIZE)
            .map(flowRunBody),
        )
      }
      const found = filterIds(body.flow_runs?.id).map(runs.run).filter(Boolean)
      return json(
        found
          .slice(body.offset ?? 0)
          .slice(0, body.limit ?? MAX_PAGE_SIZE)
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
      const duration = Math.min(seconds, MAX_OUTAGE_SECONDS)
      outageEndsAt = Date.now() + duration * 1000
      return json({ seconds: duration })
    },
  }

  function handle({ method, path, body }) {
    if (path.startsWith("/api") && Date.now() < outageEndsAt)
      return json({ exception_message: "Service Unavailable" }, 503)
    if (method === "GET" && path === "/api/health") return json(true)
    if (method === "GET" && path === "/api/admin/version") return json("3.6.29")
    const [, resource, id, part] = path.match(/^\/api\/(flow_runs|deployments)\/([^/]+)(?:\/(.+))?$/) ?? []
    if (method === "GET" && resource) return reads[resource](id, part)
    const handler = method === "POST" ? (filters[path] ?? demo[path]) : undefined
    if (!handler) return json({ detail: "Not Found" }, 404)
    const given = parseObject(body || "{}")
    return given ? (pageError(given) ?? handler(given)) : invalid("", "a JSON object")
  }

  return serve({ port, maxBytes: 1_000_000, handle })
}
