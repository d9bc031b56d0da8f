import { expect, it, vi } from "vitest"
import { DAY, NOON } from "./support/clock"
import { consume, cron } from "./support/queues"
import { rows } from "./support/rows"

const mails = { channel: "email" as const, notificationId: 7, recipientIds: [1, 2] }

it("keeps what a queue gave up on, once, however often it comes", async () => {
  vi.setSystemTime(NOON)
  for (let i = 0; i < 2; i += 1) {
    const result = await consume("dalgo-deliveries-dead", [mails, { ...mails, notificationId: 8 }])
    expect(result.ackAll).toBe(true)
  }
  expect(await rows("SELECT * FROM dead_letters ORDER BY message_id")).toEqual([
    { message_id: "m0", queue: "dalgo-deliveries-dead", body: JSON.stringify(mails), died_at: NOON },
    {
      message_id: "m1",
      queue: "dalgo-deliveries-dead",
      body: JSON.stringify({ ...mails, notificationId: 8 }),
      died_at: NOON,
    },
  ])
})

it("forgets it after as long as notifications are kept", async () => {
  vi.setSystemTime(NOON)
  await consume("dalgo-signals-dead", [{ kind: "fan_out", notificationId: 1 }])
  vi.setSystemTime(NOON + 179 * DAY)
  await cron()
  expect(await rows("SELECT queue FROM dead_letters")).toEqual([{ queue: "dalgo-signals-dead" }])
  vi.setSystemTime(NOON + 181 * DAY)
  await cron()
  expect(await rows("SELECT queue FROM dead_letters")).toEqual([])
})
