import { beforeEach, describe, expect, it, vi } from "vitest"
import type { SignalMessage } from "../../src/runtime/queue-messages"
import { MINUTE, NOON } from "../support/clock"
import { aiAnswer, fakeAi } from "../support/fake-ai"
import { fakeFetch } from "../support/fake-fetch"
import { DEPLOYMENT_ID, failedRun, fakePrefect } from "../support/fake-prefect"
import { inboxOf } from "../support/inbox"
import { ACME, alice, charlie, GLOBEX } from "../support/people"
import { postPrefectWebhook, runId, runStateBody } from "../support/prefect-webhook"
import { captureQueues, consume, limitQueueShare, runCron } from "../support/queues"
import { selectRows } from "../support/select-rows"

const SHARE = 5
const BURST = 15
const GLOBEX_RUN = runId(9_999)

let sent: ReturnType<typeof captureQueues>["sent"]
let drain: ReturnType<typeof captureQueues>["drain"]
let drainQueuesInTurn: ReturnType<typeof captureQueues>["drainQueuesInTurn"]
let lose: ReturnType<typeof captureQueues>["lose"]

const slugOf = (id: string) => (id === GLOBEX_RUN ? "globex" : "acme")
const prefect = fakePrefect({
  run: (id) => failedRun({ id, tags: [slugOf(id)], parameters: { config: { org_slug: slugOf(id) } } }),
})

beforeEach(() => {
  vi.setSystemTime(NOON)
  fakeFetch(prefect)
  fakeAi({ response: aiAnswer("the sync.") })
  ;({ sent, drain, drainQueuesInTurn, lose } = captureQueues())
  limitQueueShare(SHARE)
})

/** As Prefect 3 sends it: the tags name the organisation. */
const eventWithTags = (id: string, tags: string[]) => ({
  event: "prefect.flow-run.Failed",
  flow_run_id: id,
  flow_run_name: "silver-heron",
  deployment_id: DEPLOYMENT_ID,
  state_type: "FAILED",
  state_name: "Failed",
  tags,
})
const byNumber = (a: number | undefined, b: number | undefined) => (a ?? 0) - (b ?? 0)
const inLane = (queue: string) =>
  sent.filter((message) => message.queue === queue).map(({ body }) => (body as { eventId?: number }).eventId)
/** In the order in which they were published. */
const publishedTo = async () =>
  (await selectRows("SELECT org_id FROM notifications ORDER BY id")).map((row) => row.org_id)
const events = () =>
  selectRows("SELECT org_id, status, reason, attempts - waits AS attempts FROM signal_events ORDER BY id")

describe("events whose body names the organisation", () => {
  beforeEach(async () => {
    for (let n = 1; n <= BURST; n++) await postPrefectWebhook(eventWithTags(runId(n), ["nightly", "acme"]))
    await postPrefectWebhook(eventWithTags(GLOBEX_RUN, ["globex"]))
  })

  it("beyond the share of their organisation take the bulk lane at once", () => {
    expect(inLane("dalgo-signals")).toEqual([1, 2, 3, 4, 5, BURST + 1])
    expect(inLane("dalgo-signals-bulk")).toHaveLength(BURST - SHARE)
  })

  it("hold up only their own organisation", async () => {
    await drainQueuesInTurn({ batchSize: 10 })
    expect(await publishedTo()).toHaveLength(BURST + 1)
    // It is in the first batch, with the share of acme.
    expect((await publishedTo()).indexOf(GLOBEX)).toBeLessThanOrEqual(SHARE)
    expect(await inboxOf(charlie)).toHaveLength(1)
    expect(new Set((await events()).map(({ status, attempts }) => `${status} ${attempts}`))).toEqual(
      new Set(["processed 1"]),
    )
  })
})

describe("events that are sentences, whose organisation Prefect names", () => {
  beforeEach(async () => {
    for (let n = 1; n <= BURST; n++) await postPrefectWebhook(runStateBody("Failed", runId(n)))
    await postPrefectWebhook(runStateBody("Failed", GLOBEX_RUN))
  })

  it("are moved to the bulk lane once their organisation is known", async () => {
    const messages = sent.splice(0).map(({ body }) => body as SignalMessage)
    expect(messages).toHaveLength(BURST + 1)
    for (const message of messages) await consume("dalgo-signals", [message])
    expect(await publishedTo()).toEqual([...Array(SHARE).fill(ACME), GLOBEX])
    expect(inLane("dalgo-signals-bulk").filter(Boolean)).toHaveLength(BURST - SHARE)
    expect((await events()).slice(SHARE, BURST)).toEqual(
      Array.from({ length: BURST - SHARE }, () => ({ org_id: ACME, status: "received", reason: null, attempts: 0 })),
    )
    await drain()
    expect(await publishedTo()).toHaveLength(BURST + 1)
    expect(await inboxOf(charlie)).toHaveLength(1)
  })

  it("are published by the sweep if that message is lost, each once", async () => {
    const messages = sent.splice(0).map(({ body }) => body as SignalMessage)
    for (const message of messages.slice(0, SHARE)) await consume("dalgo-signals", [message])
    lose("dalgo-signals-bulk")
    await consume("dalgo-signals", messages.slice(SHARE, SHARE + 1))
    expect(await publishedTo()).toHaveLength(SHARE)
    // The message that Prefect's queue repeats takes nothing that is over.
    await consume("dalgo-signals", messages.slice(0, 1))
    vi.setSystemTime(NOON + 2 * MINUTE)
    await runCron()
    await drain({ delayed: true })
    expect(await publishedTo()).toHaveLength(BURST + 1)
  })
})

it("summaries beyond the share of their organisation take the bulk lane too", async () => {
  for (let n = 1; n <= SHARE + 1; n++) await postPrefectWebhook(eventWithTags(runId(n), ["acme"]))
  const messages = sent.splice(0).map(({ body }) => body as SignalMessage)
  for (const message of messages) await consume("dalgo-signals", [message])
  const summaries = sent.filter(({ body }) => "kind" in body && body.kind === "summary")
  expect(summaries.map(({ queue }) => queue)).toEqual([...Array(SHARE).fill("dalgo-signals"), "dalgo-signals-bulk"])
})

it("one event names the first of its slugs that is an organisation's", async () => {
  await postPrefectWebhook(eventWithTags(runId(1), ["nightly", "globex", "acme"]))
  await postPrefectWebhook(eventWithTags(runId(2), ["nightly"]))
  expect((await events()).map(({ org_id }) => org_id)).toEqual([GLOBEX, null])
})

describe("10,000 overdue events of one organisation", () => {
  beforeEach(async () => {
    await selectRows(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
       INSERT INTO signal_events (source, body, status, received_at, updated_at, due_at, org_id)
       SELECT 'prefect', '{}', 'received', 1, 1, i, 1 FROM n`,
    )
  })

  it("leave half of a sweep to the other one", async () => {
    await postPrefectWebhook(eventWithTags(GLOBEX_RUN, ["globex"]))
    sent.length = 0
    vi.setSystemTime(NOON + MINUTE)
    await runCron()
    expect(inLane("dalgo-signals").toSorted(byNumber)).toEqual([1, 2, 10_001])
    expect(inLane("dalgo-signals-bulk")).toHaveLength(248)
    await drain()
    expect(await inboxOf(charlie)).toHaveLength(1)
    expect(await inboxOf(alice)).toEqual([])
  })

  it("and as many overdue summaries leave half to the summaries of the other one", async () => {
    await selectRows(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10001)
       INSERT INTO summaries (flow_run_id, notification_id, status, created_at, updated_at, due_at, org_id)
       SELECT 'run ' || i, i, 'running', 1, 1, i, CASE i WHEN 10001 THEN 2 ELSE 1 END FROM n`,
    )
    await runCron()
    const runs = sent.flatMap(({ body }) => ("flowRunId" in body ? body.flowRunId : []))
    expect(runs.slice(0, 2).toSorted()).toEqual(["run 1", "run 10001"])
    expect(runs).toHaveLength(251)
  })
})

describe("a batch that is bigger than what one invocation processes", () => {
  /** A batch as the normal lane delivers it, with the event of globex at its end. */
  const consumeBurst = async (bodyOf: (id: string) => object) => {
    limitQueueShare(100)
    for (let n = 1; n <= BURST; n++) await postPrefectWebhook(bodyOf(runId(n)))
    await postPrefectWebhook(bodyOf(GLOBEX_RUN))
    limitQueueShare(SHARE)
    return consume(
      "dalgo-signals",
      sent.splice(0).map(({ body }) => body as SignalMessage),
    )
  }
  const sentence = (id: string) => runStateBody("Failed", id)

  it("gets the organisations of its sentences in one request, and publishes each within its share", async () => {
    const { explicitAcks, retryMessages } = await consumeBurst(sentence)
    expect([explicitAcks.length, retryMessages]).toEqual([BURST + 1, []])
    expect((await publishedTo()).toSorted(byNumber)).toEqual([...Array(SHARE).fill(ACME), GLOBEX])
    expect(inLane("dalgo-signals-bulk").filter(Boolean)).toHaveLength(BURST - SHARE)
    await drain()
    expect(await publishedTo()).toHaveLength(BURST + 1)
  })

  it("processes ten, and leaves the rest to the bulk lane, if Prefect does not give the runs", async () => {
    fakeFetch((request) => (request.url.endsWith("/filter") ? new Response(null, { status: 503 }) : undefined), prefect)
    await consumeBurst(sentence)
    expect(inLane("dalgo-signals-bulk").filter(Boolean)).toHaveLength(BURST + 1 - SHARE)
    await drain()
    expect(await publishedTo()).toHaveLength(BURST + 1)
    expect(await inboxOf(charlie)).toHaveLength(1)
  })

  it("is processed as it is if the bulk lane is not available", async () => {
    lose("dalgo-signals-bulk")
    await consumeBurst(sentence)
    expect(await inboxOf(charlie)).toHaveLength(1)
    await drain()
    expect(await publishedTo()).toHaveLength(BURST + 1)
  })

  it("takes at most ten of what has its share already, in turn", async () => {
    await consumeBurst((id) => eventWithTags(id, [slugOf(id)]))
    expect((await publishedTo()).toSorted(byNumber)).toEqual([...Array(9).fill(ACME), GLOBEX])
    await drain()
    expect(await publishedTo()).toHaveLength(BURST + 1)
  })
})
