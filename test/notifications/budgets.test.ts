import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it } from "vitest"
import { app } from "../../src/app"
import { metered } from "../support/d1-meter"
import { ACME, bob, tokenFor } from "../support/people"
import { queues } from "../support/queues"

beforeEach(() => {
  queues()
})

const sequence = (from: number, to: number) => JSON.stringify(Array.from({ length: to - from + 1 }, (_, i) => from + i))

/** Alice and so many others: an organisation of that size. */
const growAcmeTo = (size: number) =>
  env.DB.prepare(
    `INSERT INTO org_users (id, org_id, user_id, email, role)
     SELECT 100 + value, ?, 'm' || value, 'm' || value || '@acme.test', 'member' FROM json_each(?)`,
  )
    .bind(ACME, sequence(3, size))
    .run()

/** An inbox of Bob's with so many in it, every second one read. */
const fillInboxTo = (size: number) =>
  env.DB.batch([
    env.DB.prepare(
      `INSERT INTO notifications (id, org_id, author, message, category, urgent, created_at, sent_at, publication_id)
       SELECT value, ?, 'a', 'm', 'system', 0, value, value, 'p' || value FROM json_each(?)`,
    ).bind(ACME, sequence(1, size)),
    env.DB.prepare(
      `INSERT INTO notification_recipients (org_user_id, is_read, sent_at, notification_id, category, urgent)
       SELECT ?, value % 2, value, value, 'system', 0 FROM json_each(?)`,
    ).bind(bob.orgUserId, sequence(1, size)),
  ])

/** What one request costs, up to its answer, once the isolate knows the person. */
async function costOf(
  userId: string,
  method: string,
  path: string,
  body?: object,
  headers: Record<string, string> = {},
) {
  const { db, spent } = metered(env.DB)
  const send = async (to: string, init: RequestInit) => {
    const ctx = createExecutionContext()
    const answer = await app.fetch(new Request(`https://notifications.dalgo.test${to}`, init), { ...env, DB: db }, ctx)
    const cost = { ...spent }
    await waitOnExecutionContext(ctx)
    return { answer, cost }
  }
  const authorization = `Bearer ${await tokenFor(userId)}`
  await send("/api/notifications/unread_count", { headers: { authorization } })
  const start = { ...spent }
  const { answer, cost } = await send(path, {
    method,
    headers: { authorization, "content-type": "application/json", ...headers },
    ...(body && { body: JSON.stringify(body) }),
  })
  expect(answer.status).toBe(200)
  return {
    roundTrips: cost.roundTrips - start.roundTrips,
    statements: cost.statements - start.statements,
    rowsRead: cost.rowsRead - start.rowsRead,
    rowsWritten: cost.rowsWritten - start.rowsWritten,
    answer: await answer.json<any>(),
  }
}

describe("sending to an organisation", () => {
  const toAll = { author: "a", message: "m", sent_to: "all_org_users", org_slug: "acme", urgent: true }
  const key = { "idempotency-key": "once" }

  it.each([10, 1_000, 10_000])("of %i costs rows in proportion, and always as many statements", async (size) => {
    await growAcmeTo(size)
    const cost = await costOf("1", "POST", "/api/notifications/", toAll, key)
    expect(cost.roundTrips).toBeLessThanOrEqual(2)
    expect(cost.statements).toBe(10)
    // Three rows for an inbox, two for an e-mail.
    expect(cost.rowsWritten).toBeLessThanOrEqual(3 * size + 10 + 2 * size)
    expect(cost.rowsRead).toBeLessThanOrEqual(6 * size + 20)

    const again = await costOf("1", "POST", "/api/notifications/", toAll, key)
    expect(again).toMatchObject({ rowsWritten: 0, answer: cost.answer })
    expect(again.roundTrips).toBeLessThanOrEqual(2)
  })

  it("costs nothing for e-mails that nobody wants", async () => {
    await growAcmeTo(100)
    await env.DB.prepare(
      `INSERT INTO user_notification_preferences SELECT id, 'all', 'email', 0, 1 FROM org_users WHERE org_id = ?`,
    )
      .bind(ACME)
      .run()
    const cost = await costOf("1", "POST", "/api/notifications/", toAll)
    expect(cost.rowsWritten).toBeLessThanOrEqual(3 * 100 + 10)
    expect(cost.rowsRead).toBeLessThanOrEqual(6 * 100 + 20)
  })

  it("goes on in the queue after ten thousand, and tells each person once", async () => {
    const { sent, drain } = queues()
    await growAcmeTo(10_005)
    await costOf("1", "POST", "/api/notifications/", toAll)
    expect(sent.filter(({ queue }) => queue === "dalgo-signals")).toHaveLength(1)
    sent.splice(0, sent.length, ...sent.filter(({ queue }) => queue === "dalgo-signals"))
    const again = structuredClone(sent)
    await drain()
    sent.push(...again)
    await drain()
    const told = await env.DB.prepare("SELECT count(*) AS n, sum(total) AS total FROM inbox_counters").first()
    expect(told).toEqual({ n: 10_005, total: 10_005 })
    expect(await env.DB.prepare("SELECT count(*) AS n FROM deliveries").first()).toEqual({ n: 10_005 })
  })
})

describe.each([100, 20_000])("an inbox of %i", (size) => {
  beforeEach(async () => {
    await fillInboxTo(size)
  })

  it.each(["", "&read_status=0", "&read_status=1"])(
    "shows a page%s in one round trip for its own rows",
    async (filter) => {
      const cost = await costOf("2", "GET", `/api/notifications/v1?limit=20${filter}`)
      expect(cost).toMatchObject({ roundTrips: 1, rowsWritten: 0 })
      expect(cost.rowsRead).toBeLessThanOrEqual(2 * 20 + 8)
      expect(cost.answer.total_notifications).toBe(filter ? size / 2 : size)
    },
  )

  it("counts what is unread in one row", async () => {
    const cost = await costOf("2", "GET", "/api/notifications/unread_count")
    expect(cost).toMatchObject({ roundTrips: 1, rowsRead: 1, rowsWritten: 0, answer: { res: size / 2 } })
  })

  it("marks ten as read for ten", async () => {
    const ids = Array.from({ length: 10 }, (_, i) => 2 * (i + 1))
    const cost = await costOf("2", "PUT", "/api/notifications/v1", { notification_ids: ids, read_status: true })
    expect(cost.roundTrips).toBe(1)
    expect(cost.rowsWritten).toBeLessThanOrEqual(4 * 10 + 4)
    expect(cost.rowsRead).toBeLessThanOrEqual(100)
  })

  it("marks all as read for what was unread", async () => {
    const cost = await costOf("2", "PUT", "/api/notifications/mark_all_as_read")
    expect(cost).toMatchObject({ roundTrips: 1, answer: { updated_count: size / 2 } })
    expect(cost.rowsWritten).toBeLessThanOrEqual(3 * (size / 2) + 4)
  })
})
