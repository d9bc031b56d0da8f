import { beforeEach, describe, expect, it, vi } from "vitest"
import { DAY, MINUTE, NOON } from "../support/clock"
import { bob } from "../support/people"
import { captureQueues, consume, runCron } from "../support/queues"
import { selectRows } from "../support/select-rows"

const message = { channel: "email" as const, notificationId: 7, recipientIds: [1, 2] }

it("stores each dead letter once", async () => {
  vi.setSystemTime(NOON)
  for (let i = 0; i < 2; i += 1) {
    const result = await consume("dalgo-deliveries-dead", [message, { ...message, notificationId: 8 }])
    expect(result.ackAll).toBe(true)
  }
  expect(await selectRows("SELECT * FROM dead_letters ORDER BY message_id")).toEqual([
    { message_id: "m0", queue: "dalgo-deliveries-dead", body: JSON.stringify(message), died_at: NOON },
    {
      message_id: "m1",
      queue: "dalgo-deliveries-dead",
      body: JSON.stringify({ ...message, notificationId: 8 }),
      died_at: NOON,
    },
  ])
})

it("deletes dead letters after RETENTION_DAYS", async () => {
  vi.setSystemTime(NOON)
  await consume("dalgo-signals-dead", [{ kind: "fan_out", notificationId: 1 }])
  vi.setSystemTime(NOON + 179 * DAY)
  await runCron()
  expect(await selectRows("SELECT queue FROM dead_letters")).toEqual([{ queue: "dalgo-signals-dead" }])
  vi.setSystemTime(NOON + 181 * DAY)
  await runCron()
  expect(await selectRows("SELECT queue FROM dead_letters")).toEqual([])
})

describe("an event of Email Service that could not be stored", () => {
  const bounced = (payload: object = {}) => ({
    type: "cf.email.sending.message.bounced",
    payload: { recipient: bob.email, bounce: { type: "hard" }, ...payload },
  })
  const consumeDead = (...bodies: unknown[]) => consume("dalgo-signals-dead", bodies as never[])
  const events = () => selectRows("SELECT source, status, reason FROM signal_events ORDER BY id")

  let sent: ReturnType<typeof captureQueues>["sent"]
  let drain: ReturnType<typeof captureQueues>["drain"]
  let lose: ReturnType<typeof captureQueues>["lose"]
  beforeEach(() => {
    vi.setSystemTime(NOON)
    ;({ sent, drain, lose } = captureQueues())
  })

  it.each([
    ["with an id", bounced({ eventId: "event-1" })],
    ["with none", bounced()],
    ["as text", JSON.stringify(bounced())],
  ])("is stored and processed once: %s", async (_, body) => {
    for (let i = 0; i < 3; i += 1) expect((await consumeDead(body)).ackAll).toBe(true)
    expect(await selectRows("SELECT queue, body FROM dead_letters")).toEqual([
      { queue: "dalgo-signals-dead", body: JSON.stringify(body) },
    ])
    expect(sent).toHaveLength(1)
    await drain()
    expect(await events()).toEqual([{ source: "mail_event", status: "processed", reason: "bounced" }])
    expect(await selectRows("SELECT org_user_id, reason FROM user_notification_preferences")).toEqual([
      { org_user_id: bob.orgUserId, reason: "bounced" },
    ])
  })

  it("is found by the cron if its queue message is lost", async () => {
    lose("dalgo-signals")
    await consumeDead(bounced())
    expect(sent).toEqual([])
    vi.setSystemTime(NOON + MINUTE)
    await runCron()
    await drain()
    expect(await events()).toEqual([{ source: "mail_event", status: "processed", reason: "bounced" }])
  })

  it("is stored even if it cannot be understood", async () => {
    await consumeDead({ kind: "news" }, null, undefined)
    const row = { source: "mail_event", status: "not_understood", reason: null }
    expect(await events()).toEqual([row, row, row])
    expect(await selectRows("SELECT 1 FROM dead_letters")).toHaveLength(3)
  })

  it("is not confused with a message of this service", async () => {
    await consumeDead({ kind: "mail_event", eventId: 1 }, { kind: "summary", flowRunId: "x" }, { kind: "fan_out" })
    await consume("dalgo-deliveries-dead", [message])
    expect(await events()).toEqual([])
  })
})
