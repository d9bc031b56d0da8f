import { env } from "cloudflare:workers"
import { expect, it, vi } from "vitest"
import type { DeliveryMessage } from "../../src/runtime/queue-messages"
import { DAY } from "../support/clock"
import { metered } from "../support/d1-meter"
import { growAcmeTo } from "../support/inbox"
import { fakeFetch } from "../support/fake-fetch"
import { fakeSes } from "../support/fake-ses"
import { server } from "../support/people"
import { captureQueues, consume, runCron } from "../support/queues"
import { selectRows } from "../support/select-rows"

const RECIPIENTS = 120
const MAX_PER_SWEEP = 5_000

it("120 e-mails take three messages with three round trips each, and at most four rows written per e-mail", async () => {
  const provider = fakeSes()
  fakeFetch(provider.handler)
  const { sent } = captureQueues()
  await growAcmeTo(RECIPIENTS)
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
  expect(rowsWritten).toBeLessThanOrEqual(4 * RECIPIENTS)
  // A message reads only the rows that it names, so that this does not grow with the notification.
  expect(rowsRead).toBeLessThanOrEqual(16 * RECIPIENTS)
  expect(new Set(provider.mails.map((mail) => mail.to)).size).toBe(RECIPIENTS)
  expect(provider.mails).toHaveLength(RECIPIENTS)
  expect(await selectRows("SELECT status, count(*) AS count FROM deliveries GROUP BY status")).toEqual([
    { status: "sent", count: RECIPIENTS },
  ])

  vi.setSystemTime(Date.now() + DAY)
  await runCron()
  expect(sent).toEqual([])
})

it("120 e-mails to people of two organisations take as many round trips, and few rows more", async () => {
  const provider = fakeSes()
  fakeFetch(provider.handler)
  const { sent } = captureQueues()
  await growAcmeTo(RECIPIENTS)
  await selectRows(
    `INSERT INTO org_users (id, org_id, user_id, email, role)
     SELECT 1000 + id, 2, user_id, email, 'member' FROM org_users WHERE org_id = 1`,
  )
  await server.post("/api/notifications/", { author: "Dalgo", message: "Dalgo is down", sent_to: "all_users" })
  const isEmail = ({ body }: { body: object }) => "channel" in body && body.channel === "email"
  await vi.waitFor(() => expect(sent.filter(isEmail)).toHaveLength(5))

  let rowsRead = 0
  let rowsWritten = 0
  for (const { body } of sent.splice(0).filter(isEmail)) {
    const { db, spent } = metered(env.DB)
    await consume("dalgo-deliveries", [body], { changes: { DB: db } })
    expect(spent.roundTrips).toBeLessThanOrEqual(3)
    rowsRead += spent.rowsRead
    rowsWritten += spent.rowsWritten
  }
  expect(provider.mails).toHaveLength(RECIPIENTS + 2)
  const deliveries = 2 * RECIPIENTS + 2
  expect(rowsWritten).toBeLessThanOrEqual(4 * deliveries)
  expect(rowsRead).toBeLessThanOrEqual(26 * deliveries)
})

it.each([
  ["to be retried", 1, { pending: 4 * MAX_PER_SWEEP }],
  ["out of attempts", 8, { dead: MAX_PER_SWEEP, pending: 3 * MAX_PER_SWEEP }],
])("one sweep takes at most 5,000 overdue rows that are %s", async (_, attempts, expected) => {
  captureQueues()
  await selectRows(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
     INSERT INTO deliveries (notification_id, channel, recipient_id, status, attempts, created_at, updated_at, due_at)
     SELECT 1, 'email', i, 'pending', ?, 1, 1, i FROM n`,
    4 * MAX_PER_SWEEP,
    attempts,
  )
  const { db, spent } = metered(env.DB)
  await runCron({ DB: db })
  // 100 for the other tasks of the cron, and for the organisations that have work pending.
  expect(spent.rowsRead).toBeLessThanOrEqual(7 * MAX_PER_SWEEP + 100)
  const states = await selectRows("SELECT status, count(*) AS count FROM deliveries GROUP BY status ORDER BY status")
  expect(Object.fromEntries(states.map(({ status, count }) => [status, count]))).toEqual(expected)
})
