import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it, vi } from "vitest"
import type { SignalMessage } from "../../src/runtime/queue-messages"
import { MINUTE, NOON, SECOND } from "../support/clock"
import { postPrefectWebhook, runId, runStateBody } from "../support/prefect-webhook"
import { aiAnswer, fakeAi } from "../support/fake-ai"
import { failedRun, fakePrefect } from "../support/fake-prefect"
import { fakeFetch } from "../support/fake-fetch"
import { fakeSes } from "../support/fake-ses"
import { inboxOf } from "../support/inbox"
import { ACME, alice } from "../support/people"
import { captureQueues, consume, runCron } from "../support/queues"
import { selectRows } from "../support/select-rows"
import { bounceEvent } from "../support/fake-sns"

let sent: ReturnType<typeof captureQueues>["sent"]
let drain: ReturnType<typeof captureQueues>["drain"]
let lose: ReturnType<typeof captureQueues>["lose"]

beforeEach(() => {
  vi.setSystemTime(NOON)
  fakeFetch(fakePrefect({ run: (id) => failedRun({ id }) }), fakeSes().handler)
  fakeAi({ response: aiAnswer("the sync.") })
  ;({ sent, drain, lose } = captureQueues())
})

const events = () => selectRows("SELECT status, reason, attempts, due_at FROM signal_events ORDER BY id")
const signals = () => sent.filter((message) => message.queue === "dalgo-signals").map((message) => message.body)
const message: SignalMessage = { kind: "prefect", eventId: 1 }

describe("an event whose message is lost", () => {
  let answer: Response

  beforeEach(async () => {
    lose("dalgo-signals")
    answer = await postPrefectWebhook(runStateBody("Failed"))
  })

  it("is stored and due a minute later", async () => {
    expect(answer.status).toBe(200)
    expect(sent).toEqual([])
    expect(await events()).toEqual([{ status: "received", reason: null, attempts: 0, due_at: NOON + MINUTE }])
  })

  it("is enqueued again by the cron after that minute, not before", async () => {
    vi.setSystemTime(NOON + 59 * SECOND)
    await runCron()
    expect(sent).toEqual([])
    vi.setSystemTime(NOON + MINUTE)
    await runCron()
    expect(signals()).toEqual([message])
  })

  it("makes one notification, however often the cron enqueues it", async () => {
    vi.setSystemTime(NOON + MINUTE)
    await runCron()
    await runCron()
    await drain()
    await runCron()
    await drain()
    expect(await inboxOf(alice)).toHaveLength(1)
    expect(await events()).toMatchObject([{ status: "processed", reason: "published", attempts: 1, due_at: null }])
  })
})

describe("an event whose worker died after the claim", () => {
  const LEASE = 2 * MINUTE

  beforeEach(async () => {
    await postPrefectWebhook(runStateBody("Failed"))
    sent.length = 0
    // The state of the row after a claim.
    await selectRows("UPDATE signal_events SET attempts = 1, due_at = ?", NOON + LEASE)
  })

  it("stays claimed until the lease ends", async () => {
    vi.setSystemTime(NOON + LEASE - 1)
    await consume("dalgo-signals", [message])
    await runCron()
    expect(signals()).toEqual([])
    expect(await inboxOf(alice)).toEqual([])
  })

  it("is processed by another worker after the lease", async () => {
    vi.setSystemTime(NOON + LEASE)
    await runCron()
    expect(signals()).toEqual([message])
    await drain()
    expect(await inboxOf(alice)).toHaveLength(1)
    expect(await events()).toMatchObject([{ status: "processed", attempts: 2, due_at: null }])
  })

  it.each([
    ["processed in the twelfth attempt", 11, { status: "processed", reason: "published", attempts: 12 }, 1],
    ["given up in the thirteenth attempt", 12, { status: "failed", reason: "given_up", attempts: 13 }, 0],
  ])("is %s", async (_, attempts, expected, notifications) => {
    await selectRows("UPDATE signal_events SET attempts = ?", attempts)
    vi.setSystemTime(NOON + LEASE)
    await runCron()
    await drain()
    expect(await events()).toEqual([{ ...expected, due_at: null }])
    expect(await inboxOf(alice)).toHaveLength(notifications)
    await runCron()
    expect(signals()).toEqual([])
  })
})

describe("a batch of messages", () => {
  // An id that the database refuses stands for a bug.
  const broken = { kind: "prefect", eventId: {} } as unknown as SignalMessage

  it("is processed message by message: one that fails is retried and does not hold up the others", async () => {
    for (const n of [1, 2]) await postPrefectWebhook(runStateBody("Failed", runId(n)))
    const result = await consume("dalgo-signals", [message, broken, { kind: "prefect", eventId: 2 }])
    expect(result.explicitAcks.toSorted()).toEqual(["m0", "m2"])
    expect(result.retryMessages).toMatchObject([{ msgId: "m1" }])
    expect(result.delays).toEqual([30])
    expect(await inboxOf(alice)).toHaveLength(2)
  })

  it("retries a message after a longer wait each time", async () => {
    expect((await consume("dalgo-signals", [broken], { attempts: 3 })).delays).toEqual([90])
  })

  it("acknowledges messages whose rows do not exist", async () => {
    const result = await consume("dalgo-signals", [
      { kind: "prefect", eventId: 404 },
      { kind: "summary", flowRunId: runId(404) },
      { kind: "fan_out", notificationId: 404 },
    ])
    expect(result.explicitAcks).toHaveLength(3)
    expect(sent).toEqual([])
  })
})

describe("an attempt that throws", () => {
  it("is repeated after 30 seconds, and the event keeps the error's name as its reason", async () => {
    await postPrefectWebhook(runStateBody("Failed"))
    vi.spyOn(env.DB, "batch").mockRejectedValueOnce(new TypeError("the database is not there"))
    const { retryMessages, delays } = await consume("dalgo-signals", [message])
    expect(retryMessages).toHaveLength(1)
    expect(delays).toEqual([30])
    expect(await events()).toEqual([
      { status: "received", reason: "TypeError", attempts: 1, due_at: NOON + 30 * SECOND },
    ])
    vi.setSystemTime(NOON + 30 * SECOND)
    await consume("dalgo-signals", [message], { attempts: 2 })
    expect(await inboxOf(alice)).toHaveLength(1)
    expect(await events()).toMatchObject([{ status: "processed", reason: "published", attempts: 2 }])
  })
})

describe("attempts that throw again and again", () => {
  const insertEvent = (source: string, body: string) =>
    selectRows(
      "INSERT INTO signal_events (id, source, body, status, received_at, updated_at, due_at) VALUES (1, ?, ?, 'received', 1, 1, 1)",
      source,
      body,
    )

  it.each([
    ["prefect", JSON.stringify(runStateBody("Failed"))],
    ["mail_event", JSON.stringify(bounceEvent(alice.email))],
    ["room_gone", JSON.stringify({ orgId: ACME, product: "slack" })],
    ["room_gone", JSON.stringify({ orgId: ACME, product: "slack", kind: "wrong_setting" })],
  ] as const)("are postponed for longer each time, for almost two days in all: %s", async (source, body) => {
    await insertEvent(source, body)
    const real = Object.getPrototypeOf(env.DB)
    const prepare = (sql: string) => {
      if (sql.startsWith("update")) return real.prepare.call(env.DB, sql)
      throw new TypeError("the database is not there")
    }
    const batch = () => Promise.reject(new TypeError("the database is not there"))
    const waits: number[] = []
    for (let i = 0; i < 12; i += 1) {
      await consume("dalgo-signals", [{ kind: source, eventId: 1 }], { changes: { DB: { prepare, batch } } })
      const [{ reason, due_at: dueAt }] = await events()
      expect(reason).toBe("TypeError")
      waits.push((dueAt - Date.now()) / MINUTE)
      vi.setSystemTime(dueAt)
    }
    expect(waits).toEqual([0.5, 2, 10, 30, 120, ...Array(7).fill(360)])
    await consume("dalgo-signals", [{ kind: source, eventId: 1 }])
    expect(await events()).toMatchObject([{ status: "failed", reason: "given_up", attempts: 13 }])
  })
})

describe("a message in the dead-letter queue", () => {
  it("loses no event: the sweep enqueues it again", async () => {
    await postPrefectWebhook(runStateBody("Failed"))
    sent.length = 0
    const result = await consume("dalgo-signals-dead", [message])
    expect(result.ackAll).toBe(true)
    vi.setSystemTime(NOON + MINUTE)
    await runCron()
    await drain()
    expect(await inboxOf(alice)).toHaveLength(1)
  })

  it("changes nothing about a finished event", async () => {
    await postPrefectWebhook(runStateBody("Failed"))
    await drain()
    const before = await events()
    await consume("dalgo-signals-dead", [message, { kind: "summary", flowRunId: runId(1) }])
    expect(await events()).toEqual(before)
  })
})
