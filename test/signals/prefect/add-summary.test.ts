import { beforeEach, expect, it, vi } from "vitest"
import type { SignalMessage } from "../../../src/runtime/queue-messages"
import { MINUTE, NOON } from "../../support/clock"
import { entered, tell } from "../../support/failures"
import { ai, failedRun, logLine, outside, prefect, RUN_ID, ses } from "../../support/outside"
import { consume, cron, queues } from "../../support/queues"
import { rows } from "../../support/rows"

const SUBFLOW_ID = "99999999-8888-4777-9666-555555555555"
const SUBFLOW_LABEL = "dbtjob_v2_runner / dbtjob-dbt-run"
const GRAPH = {
  nodes: [[SUBFLOW_ID, { kind: "flow-run", id: SUBFLOW_ID, label: SUBFLOW_LABEL, state_type: "FAILED" }]],
}
const LOGS = [logLine(40, "Compilation Error: model is missing")]

let queue: ReturnType<typeof queues>
let requests: Request[]

beforeEach(() => {
  vi.setSystemTime(NOON)
  ai({ response: "What failed: the sync." })
  queue = queues()
  ;({ requests } = outside(prefect({ graph: GRAPH, logs: LOGS }), ses().handler))
})

const graphRequests = () => requests.filter(({ url }) => url.endsWith("/graph-v2")).length
const logRequests = () => requests.filter(({ url }) => url.endsWith("/logs/filter"))
const taken = () => queue.sent.splice(0).map(({ body }) => body as SignalMessage)

it("fetches the run's graph once for the message and the summary", async () => {
  await tell(entered("Failed"))
  await queue.drain()
  expect(graphRequests()).toBe(1)
  expect(await rows("SELECT status, log_run_ids FROM summaries")).toEqual([
    { status: "completed", log_run_ids: JSON.stringify([RUN_ID, SUBFLOW_ID]) },
  ])
})

it("reads the log of the run and of its failed subflows together", async () => {
  await tell(entered("Failed"))
  await queue.drain()
  const [asked] = logRequests()
  expect(await asked?.json()).toMatchObject({ logs: { flow_run_id: { any_: [RUN_ID, SUBFLOW_ID] } } })
})

it("fetches the graph for the summary if the first fetch did not succeed", async () => {
  ;({ requests } = outside(prefect({ graph: new Response(null, { status: 500 }) }), ses().handler))
  await tell(entered("Failed"))
  await consume("dalgo-signals", taken())
  expect(await rows("SELECT log_run_ids FROM summaries")).toEqual([{ log_run_ids: null }])

  ;({ requests } = outside(prefect({ graph: GRAPH }), ses().handler))
  await queue.drain()
  expect(graphRequests()).toBe(1)
  const [asked] = logRequests()
  expect(await asked?.json()).toMatchObject({ logs: { flow_run_id: { any_: [RUN_ID, SUBFLOW_ID] } } })
})

it("does not fetch the graph again where the log comes later", async () => {
  ;({ requests } = outside(prefect({ run: failedRun(), graph: GRAPH, logs: [] }), ses().handler))
  await tell(entered("Failed"))
  await queue.drain()
  vi.setSystemTime(NOON + MINUTE)
  await cron()
  await queue.drain()
  expect(logRequests()).toHaveLength(2)
  expect(graphRequests()).toBe(1)
})
