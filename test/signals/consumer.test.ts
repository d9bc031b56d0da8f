import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it, vi } from "vitest"
import type { SignalMessage } from "../../src/runtime/queue-messages"
import { MINUTE, NOON, SECOND } from "../support/clock"
import { entered, runId, tell } from "../support/failures"
import { ai, failedRun, outside, prefect, ses } from "../support/outside"
import { ACME, alice, type Speaker } from "../support/people"
import { consume, cron, queues } from "../support/queues"
import { rows } from "../support/rows"
import { bounceOf } from "../support/sns"

let sent: ReturnType<typeof queues>["sent"]
let drain: ReturnType<typeof queues>["drain"]
let lose: ReturnType<typeof queues>["lose"]

beforeEach(() => {
  vi.setSystemTime(NOON)
  outside(prefect({ run: (id) => failedRun({ id }) }), ses().handler)
  ai({ response: "What failed: the sync." })
  ;({ sent, drain, lose } = queues())
})

const inboxOf = async (person: Speaker) => (await (await person.get("/api/notifications/v1")).json<any>()).res
const events = () => rows("SELECT status, reason, attempts, due_at FROM signal_events ORDER BY id")
const signals = () => sent.filter((message) => message.queue === "dalgo-signals").map((message) => message.body)
const hint: SignalMessage = { kind: "prefect", eventId: 1 }

describe("a hint that is lost", () => {
  let answer: Response

  beforeEach(async () => {
    lose("dalgo-signals")
    answer = await tell(entered("Failed"))
  })

  it("leaves the event, which is due a minute later", async () => {
    expect(answer.status).toBe(200)
    expect(sent).toEqual([])
    expect(await events()).toEqual([{ status: "received", reason: null, attempts: 0, due_at: NOON + MINUTE }])
  })

  it("is given again by the cron, not before", async () => {
    vi.setSystemTime(NOON + 59 * SECOND)
    await cron()
    expect(sent).toEqual([])
    vi.setSystemTime(NOON + MINUTE)
    await cron()
    expect(signals()).toEqual([hint])
  })

  it("makes one notification however often the cron gives it", async () => {
    vi.setSystemTime(NOON + MINUTE)
    await cron()
    await cron()
    await drain()
    await cron()
    await drain()
    expect(await inboxOf(alice)).toHaveLength(1)
    expect(await events()).toMatchObject([{ status: "processed", reason: "published", attempts: 1, due_at: null }])
  })
})

describe("a worker that dies after it took an event", () => {
  const LEASE = 2 * MINUTE

  beforeEach(async () => {
    await tell(entered("Failed"))
    sent.length = 0
    // As the claim leaves it.
    await rows("UPDATE signal_events SET attempts = 1, due_at = ?", NOON + LEASE)
  })

  it("holds it until its lease ends", async () => {
    vi.setSystemTime(NOON + LEASE - 1)
    await consume("dalgo-signals", [hint])
    await cron()
    expect(signals()).toEqual([])
    expect(await inboxOf(alice)).toEqual([])
  })

  it("is followed by another", async () => {
    vi.setSystemTime(NOON + LEASE)
    await cron()
    expect(signals()).toEqual([hint])
    await drain()
    expect(await inboxOf(alice)).toHaveLength(1)
    expect(await events()).toMatchObject([{ status: "processed", attempts: 2, due_at: null }])
  })

  it.each([
    ["tried a twelfth time", 11, { status: "processed", reason: "published", attempts: 12 }, 1],
    ["given up then", 12, { status: "failed", reason: "given_up", attempts: 13 }, 0],
  ])("is not replaced for ever: the event is %s", async (_, attempts, expected, said) => {
    await rows("UPDATE signal_events SET attempts = ?", attempts)
    vi.setSystemTime(NOON + LEASE)
    await cron()
    await drain()
    expect(await events()).toEqual([{ ...expected, due_at: null }])
    expect(await inboxOf(alice)).toHaveLength(said)
    await cron()
    expect(signals()).toEqual([])
  })
})

describe("a batch", () => {
  // The database refuses it, as it would any bug of ours.
  const broken = { kind: "prefect", eventId: {} } as unknown as SignalMessage

  it("is taken message by message: one that fails comes again and holds up no other", async () => {
    for (const n of [1, 2]) await tell(entered("Failed", runId(n)))
    const result = await consume("dalgo-signals", [hint, broken, { kind: "prefect", eventId: 2 }])
    expect(result.explicitAcks.toSorted()).toEqual(["m0", "m2"])
    expect(result.retryMessages).toMatchObject([{ msgId: "m1" }])
    expect(result.delays).toEqual([30])
    expect(await inboxOf(alice)).toHaveLength(2)
  })

  it("waits longer with every failure", async () => {
    expect((await consume("dalgo-signals", [broken], { attempts: 3 })).delays).toEqual([90])
  })

  it("leaves out what is not there", async () => {
    const result = await consume("dalgo-signals", [
      { kind: "prefect", eventId: 404 },
      { kind: "summary", flowRunId: runId(404) },
      { kind: "fan_out", notificationId: 404 },
    ])
    expect(result.explicitAcks).toHaveLength(3)
    expect(sent).toEqual([])
  })
})

describe("a try that throws", () => {
  it("is repeated soon, and leaves word of what it was", async () => {
    await tell(entered("Failed"))
    vi.spyOn(env.DB, "batch").mockRejectedValueOnce(new TypeError("the database is not there"))
    const { retryMessages, delays } = await consume("dalgo-signals", [hint])
    expect(retryMessages).toHaveLength(1)
    expect(delays).toEqual([30])
    expect(await events()).toEqual([
      { status: "received", reason: "TypeError", attempts: 1, due_at: NOON + 30 * SECOND },
    ])
    vi.setSystemTime(NOON + 30 * SECOND)
    await consume("dalgo-signals", [hint], { attempts: 2 })
    expect(await inboxOf(alice)).toHaveLength(1)
    expect(await events()).toMatchObject([{ status: "processed", reason: "published", attempts: 2 }])
  })
})

describe("a try that throws again and again", () => {
  const leave = (source: string, body: string) =>
    rows(
      "INSERT INTO signal_events (id, source, body, status, received_at, updated_at, due_at) VALUES (1, ?, ?, 'received', 1, 1, 1)",
      source,
      body,
    )

  it.each([
    ["prefect", JSON.stringify(entered("Failed"))],
    ["mail_event", JSON.stringify(bounceOf(alice.email))],
    ["room_gone", JSON.stringify({ orgId: ACME, room: "slack" })],
  ] as const)("waits longer each time, for almost two days: %s", async (source, body) => {
    await leave(source, body)
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

describe("a message that was given up on", () => {
  it("loses no event: the sweep hints at it again", async () => {
    await tell(entered("Failed"))
    sent.length = 0
    const result = await consume("dalgo-signals-dead", [hint])
    expect(result.ackAll).toBe(true)
    vi.setSystemTime(NOON + MINUTE)
    await cron()
    await drain()
    expect(await inboxOf(alice)).toHaveLength(1)
  })

  it("changes nothing about an event that is over", async () => {
    await tell(entered("Failed"))
    await drain()
    const before = await events()
    await consume("dalgo-signals-dead", [hint, { kind: "summary", flowRunId: runId(1) }])
    expect(await events()).toEqual(before)
  })
})
