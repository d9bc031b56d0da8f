import { beforeEach, expect, it, vi } from "vitest"
import type { SignalMessage } from "../../../src/runtime/queue-messages"
import { MINUTE, NOON } from "../../support/clock"
import { postPrefectWebhook, runStateBody } from "../../support/prefect-webhook"
import { aiAnswer, fakeAi } from "../../support/fake-ai"
import { failedRun, fakePrefect, logLine, RUN_ID } from "../../support/fake-prefect"
import { fakeFetch } from "../../support/fake-fetch"
import { fakeSes } from "../../support/fake-ses"
import { captureQueues, consume, runCron } from "../../support/queues"
import { selectRows } from "../../support/select-rows"

const SUBFLOW_ID = "99999999-8888-4777-9666-555555555555"
const SUBFLOW_LABEL = "dbtjob_v2_runner / dbtjob-dbt-run"
const GRAPH = {
  nodes: [[SUBFLOW_ID, { kind: "flow-run", id: SUBFLOW_ID, label: SUBFLOW_LABEL, state_type: "FAILED" }]],
}
const LOGS = [logLine(40, "Compilation Error: model is missing")]

let queue: ReturnType<typeof captureQueues>
let requests: Request[]

beforeEach(() => {
  vi.setSystemTime(NOON)
  fakeAi({ response: aiAnswer("the sync.") })
  queue = captureQueues()
  ;({ requests } = fakeFetch(fakePrefect({ graph: GRAPH, logs: LOGS }), fakeSes().handler))
})

const graphRequests = () => requests.filter(({ url }) => url.endsWith("/graph-v2")).length
const logRequests = () => requests.filter(({ url }) => url.endsWith("/logs/filter"))
const taken = () => queue.sent.splice(0).map(({ body }) => body as SignalMessage)

it("fetches the run's graph once for the message and the summary", async () => {
  await postPrefectWebhook(runStateBody("Failed"))
  await queue.drain()
  expect(graphRequests()).toBe(1)
  expect(await selectRows("SELECT status, log_run_ids FROM summaries")).toEqual([
    { status: "completed", log_run_ids: JSON.stringify([RUN_ID, SUBFLOW_ID]) },
  ])
})

it("fetches the graph again if no step had failed when the notification was published", async () => {
  const early = { nodes: GRAPH.nodes.map(([id, node]) => [id, { ...(node as object), state_type: "RUNNING" }]) }
  ;({ requests } = fakeFetch(fakePrefect({ graph: early, logs: LOGS }), fakeSes().handler))
  await postPrefectWebhook(runStateBody("Failed"))
  await consume("dalgo-signals", taken())
  expect(await selectRows("SELECT log_run_ids FROM summaries")).toEqual([{ log_run_ids: null }])

  ;({ requests } = fakeFetch(fakePrefect({ graph: GRAPH, logs: LOGS }), fakeSes().handler))
  await queue.drain()
  const [asked] = logRequests()
  expect(await asked?.json()).toMatchObject({ logs: { flow_run_id: { any_: [RUN_ID, SUBFLOW_ID] } } })
})

it("reads the log of the run and of its failed subflows together", async () => {
  await postPrefectWebhook(runStateBody("Failed"))
  await queue.drain()
  const [asked] = logRequests()
  expect(await asked?.json()).toMatchObject({ logs: { flow_run_id: { any_: [RUN_ID, SUBFLOW_ID] } } })
})

it("fetches the graph for the summary if the first fetch did not succeed", async () => {
  ;({ requests } = fakeFetch(fakePrefect({ graph: new Response(null, { status: 500 }) }), fakeSes().handler))
  await postPrefectWebhook(runStateBody("Failed"))
  await consume("dalgo-signals", taken())
  expect(await selectRows("SELECT log_run_ids FROM summaries")).toEqual([{ log_run_ids: null }])

  ;({ requests } = fakeFetch(fakePrefect({ graph: GRAPH }), fakeSes().handler))
  await queue.drain()
  expect(graphRequests()).toBe(1)
  const [asked] = logRequests()
  expect(await asked?.json()).toMatchObject({ logs: { flow_run_id: { any_: [RUN_ID, SUBFLOW_ID] } } })
})

it("does not fetch the graph again where the log comes later", async () => {
  ;({ requests } = fakeFetch(fakePrefect({ run: failedRun(), graph: GRAPH, logs: [] }), fakeSes().handler))
  await postPrefectWebhook(runStateBody("Failed"))
  await queue.drain()
  vi.setSystemTime(NOON + MINUTE)
  await runCron()
  await queue.drain()
  expect(logRequests()).toHaveLength(2)
  expect(graphRequests()).toBe(1)
})
