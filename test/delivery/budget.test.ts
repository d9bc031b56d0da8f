import { env } from "cloudflare:workers"
import { expect, it, vi } from "vitest"
import type { DeliveryMessage } from "../../src/runtime/queue-messages"
import { DAY } from "../support/clock"
import { metered } from "../support/d1-meter"
import { growAcmeTo } from "../support/inbox"
import { outside, ses } from "../support/outside"
import { server } from "../support/people"
import { consume, cron, queues } from "../support/queues"
import { rows } from "../support/rows"

const EVERYBODY = 120
const PER_SWEEP = 5_000

it("sends 120 mails with three messages, each of three round trips, and at most four rows written per mail", async () => {
  const post = ses()
  outside(post.handler)
  const { sent } = queues()
  await growAcmeTo(EVERYBODY)
  const news = { author: "Dalgo", message: "The warehouse is down", sent_to: "all_org_users", org_slug: "acme" }
  await server.post("/api/notifications/", news)
  await vi.waitFor(() => expect(sent).toHaveLength(3))
  expect(sent.map(({ body }) => (body as DeliveryMessage).recipientIds.length)).toEqual([50, 50, 20])

  let rowsRead = 0
  let rowsWritten = 0
  for (const { body } of sent.splice(0)) {
    const { db, spent } = metered(env.DB)
    const { explicitAcks } = await consume("dalgo-deliveries", [body], { changes: { DB: db } })
    expect(explicitAcks).toEqual(["m0"])
    expect(spent.roundTrips).toBeLessThanOrEqual(3)
    rowsRead += spent.rowsRead
    rowsWritten += spent.rowsWritten
  }
  expect(rowsWritten).toBeLessThanOrEqual(4 * EVERYBODY)
  // However many others the notification has: a message reads the rows that it names.
  expect(rowsRead).toBeLessThanOrEqual(16 * EVERYBODY)
  expect(new Set(post.mails.map((mail) => mail.to)).size).toBe(EVERYBODY)
  expect(post.mails).toHaveLength(EVERYBODY)
  expect(await rows("SELECT status, count(*) AS count FROM deliveries GROUP BY status")).toEqual([
    { status: "sent", count: EVERYBODY },
  ])

  vi.setSystemTime(Date.now() + DAY)
  await cron()
  expect(sent).toEqual([])
})

it.each([
  ["to be tried again", 1, { pending: 4 * PER_SWEEP }],
  ["never finished", 8, { dead: PER_SWEEP, pending: 3 * PER_SWEEP }],
])("takes up no more in a minute than it can, however much is overdue and %s", async (_, attempts, expected) => {
  queues()
  await rows(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
     INSERT INTO deliveries (notification_id, channel, recipient_id, status, attempts, created_at, updated_at, due_at)
     SELECT 1, 'email', i, 'pending', ?, 1, 1, i FROM n`,
    4 * PER_SWEEP,
    attempts,
  )
  const { db, spent } = metered(env.DB)
  await cron({ DB: db })
  expect(spent.rowsRead).toBeLessThanOrEqual(7 * PER_SWEEP)
  const states = await rows("SELECT status, count(*) AS count FROM deliveries GROUP BY status ORDER BY status")
  expect(Object.fromEntries(states.map(({ status, count }) => [status, count]))).toEqual(expected)
})
