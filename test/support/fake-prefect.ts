import type { Handler } from "./fake-fetch"

export const RUN_ID = "11111111-2222-4333-8444-555555555555"
export const DEPLOYMENT_ID = "66666666-7777-4888-9999-aaaaaaaaaaaa"
const FLOW_ID = "bbbbbbbb-cccc-4ddd-8eee-ffffffffffff"
const STATE_ID = "22222222-3333-4444-9555-666666666666"

/** Prefect's JSON of a failed run of acme; `changes` override its fields. */
export const failedRun = (changes: object = {}) => ({
  id: RUN_ID,
  created: "2026-11-20T02:00:00Z",
  updated: "2026-11-20T02:41:18Z",
  name: "silver-heron",
  flow_id: FLOW_ID,
  deployment_id: DEPLOYMENT_ID,
  parent_task_run_id: null,
  run_count: 1,
  state_type: "FAILED",
  state_name: "Failed",
  state: {
    id: STATE_ID,
    type: "FAILED",
    name: "Failed",
    timestamp: "2026-11-20T02:41:17.212585Z",
    message: "Flow run encountered an exception: RuntimeError: the survey source refused the login",
  },
  start_time: "2026-11-20T02:30:00Z",
  end_time: "2026-11-20T02:41:17Z",
  tags: ["auto-scheduled", "acme"],
  parameters: { config: { org_slug: "acme", tasks: [{ slug: "airbyte-sync" }, { slug: "dbt-run" }] } },
  ...changes,
})

type Run = ReturnType<typeof failedRun> | Response

/**
 * Prefect's API with one run, or with one for each id. A `Response` is returned as it is, for example an error.
 */
export function fakePrefect({
  run = failedRun(),
  logs = LOGS,
  graph = GRAPH,
  deployment = DEPLOYMENT,
  completed = [],
}: {
  run?: Run | ((id: string) => Run)
  logs?: object[] | Response
  graph?: object
  deployment?: object
  /** The newest runs of the deployment that went through. */
  completed?: object[] | Response
} = {}) {
  const reply = (body: object | Response) => (body instanceof Response ? body.clone() : Response.json(body))
  const handler: Handler = async (request) => {
    const { pathname, host } = new URL(request.url)
    if (host !== "prefect.dalgo.test") return undefined
    if (pathname.endsWith("/graph-v2")) return reply(graph)
    if (pathname === "/api/flow_runs/filter") {
      const { flow_runs: wanted } = await request.clone().json<{ flow_runs: { id?: { any_: string[] } } }>()
      if (!wanted.id) return reply(completed)
      const runs = wanted.id.any_.map((id) => (typeof run === "function" ? run(id) : run))
      const refusal = runs.find((each) => each instanceof Response && each.status !== 404)
      return reply(refusal ?? runs.filter((each) => !(each instanceof Response)))
    }
    if (pathname.startsWith("/api/flow_runs/")) {
      return reply(typeof run === "function" ? run(pathname.slice("/api/flow_runs/".length)) : run)
    }
    if (pathname.startsWith("/api/deployments/")) return reply(deployment)
    if (pathname === "/api/logs/filter") return reply(logs)
    return Response.json({ detail: "Not Found" }, { status: 404 })
  }
  return handler
}

const DEPLOYMENT = {
  id: DEPLOYMENT_ID,
  created: "2026-11-01T00:00:00Z",
  updated: "2026-11-01T00:00:00Z",
  name: "nightly-survey",
  flow_id: FLOW_ID,
}

const ALONE = { parents: [], children: [], encapsulating: [], artifacts: [] }
const taskRun = (id: string, label: string, state_type: string) => [
  id,
  { kind: "task-run", id, label, state_type, start_time: "2026-11-20T02:30:00Z", end_time: null, ...ALONE },
]

const GRAPH = {
  start_time: "2026-11-20T02:30:00Z",
  end_time: "2026-11-20T02:41:17Z",
  root_node_ids: [],
  nodes: [
    taskRun("33333333-4444-4555-8666-777777777777", "git-pull-0", "COMPLETED"),
    taskRun("44444444-5555-4666-8777-888888888888", "airbyte-sync-0", "FAILED"),
  ],
  artifacts: [],
  states: [],
}

export const logLine = (level: number, message: string) => ({
  id: "55555555-6666-4777-8888-999999999999",
  created: "2026-11-20T02:41:00Z",
  updated: "2026-11-20T02:41:00Z",
  name: "prefect.flow_runs",
  level,
  message,
  timestamp: "2026-11-20T02:41:00Z",
})

/** Newest first. */
const LOGS = [
  logLine(
    40,
    'Traceback (most recent call last):\n  File "flow.py", line 9\nRuntimeError: the survey source refused the login',
  ),
  logLine(20, "starting the sync"),
]
