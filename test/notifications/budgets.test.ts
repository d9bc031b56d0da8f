import { createExecutionContext, reset, waitOnExecutionContext } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest"
import { app } from "../../src/app"
import { CATEGORIES } from "../../src/domain/categories"
import { toCursor } from "../../src/inbox/cursor"
import { metered } from "../support/d1-meter"
import { ACME, bob, tokenFor } from "../support/people"
import { captureQueues } from "../support/queues"
import { growAcmeTo, jsonRange } from "../support/inbox"

beforeEach(() => {
  captureQueues()
})

/** Fills Bob's inbox with notifications of every bucket, one per millisecond. Every second one is read. */
const fillInboxTo = (size: number) =>
  env.DB.batch([
    env.DB.prepare(
      `INSERT INTO notifications (id, org_id, author, message, category, urgent, created_at, sent_at, publication_id)
       SELECT value, ?1, 'a', 'the pipeline number ' || value || ' failed', ?3 ->> (value / 4 % 6), value / 2 % 2,
         value, value, 'p' || value
       FROM json_each(?2)`,
    ).bind(ACME, jsonRange(1, size), JSON.stringify(CATEGORIES)),
    env.DB.prepare(
      `INSERT INTO notification_recipients (org_user_id, is_read, sent_at, notification_id, category, urgent)
       SELECT ?, id % 2, sent_at, id, category, urgent FROM notifications`,
    ).bind(bob.orgUserId),
  ])

/** What one request costs until its response, once the membership is cached. */
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

  it.each([10, 1_000, 10_000])(
    "of %i people costs rows in proportion, and a fixed number of statements",
    async (size) => {
      await growAcmeTo(size)
      const cost = await costOf("1", "POST", "/api/notifications/", toAll, key)
      expect(cost.roundTrips).toBeLessThanOrEqual(2)
      expect(cost.statements).toBe(12)
      // Three rows for an inbox, two for an e-mail. One of the others is in the index by sender.
      expect(cost.rowsWritten).toBeLessThanOrEqual(3 * size + 11 + 2 * size)
      expect(cost.rowsRead).toBeLessThanOrEqual(6 * size + 20)

      const again = await costOf("1", "POST", "/api/notifications/", toAll, key)
      expect(again).toMatchObject({ rowsWritten: 0, answer: cost.answer })
      expect(again.roundTrips).toBeLessThanOrEqual(2)
    },
  )

  it("costs no more for a service key, and little for one person by e-mail address", async () => {
    await growAcmeTo(1_000)
    const asServer = { authorization: "Bearer service-key-new" }
    await costOf("1", "POST", "/api/notifications/", toAll, asServer)
    const cost = await costOf("1", "POST", "/api/notifications/", toAll, asServer)
    expect(cost.roundTrips).toBeLessThanOrEqual(2)
    expect(cost.statements).toBe(11)

    const toBob = { ...toAll, sent_to: "single_user", user_email: "bob@acme.test" }
    const one = await costOf("1", "POST", "/api/notifications/", toBob)
    expect(one.roundTrips).toBeLessThanOrEqual(2)
    expect(one.rowsWritten).toBeLessThanOrEqual(3 + 10 + 2)
    expect(one.rowsRead).toBeLessThanOrEqual(6 + 20)
  })

  it("costs nothing for e-mails that are turned off", async () => {
    await growAcmeTo(100)
    await env.DB.prepare(
      `INSERT INTO user_notification_preferences SELECT id, 'all', 'email', 0, 1, NULL FROM org_users WHERE org_id = ?`,
    )
      .bind(ACME)
      .run()
    const cost = await costOf("1", "POST", "/api/notifications/", toAll)
    expect(cost.rowsWritten).toBeLessThanOrEqual(3 * 100 + 10)
    expect(cost.rowsRead).toBeLessThanOrEqual(6 * 100 + 20)
  })

  it("continues in the queue after 10,000 people, and reaches each person once", async () => {
    const { sent, drain } = captureQueues()
    await growAcmeTo(10_005)
    await costOf("1", "POST", "/api/notifications/", toAll)
    expect(sent.filter(({ queue }) => queue === "dalgo-signals")).toHaveLength(1)
    sent.splice(0, sent.length, ...sent.filter(({ queue }) => queue === "dalgo-signals"))
    const again = structuredClone(sent)
    await drain()
    sent.push(...again)
    await drain()
    const reached = await env.DB.prepare("SELECT count(*) AS n, sum(total) AS total FROM inbox_counters").first()
    expect(reached).toEqual({ n: 10_005, total: 10_005 })
    expect(await env.DB.prepare("SELECT count(*) AS n FROM deliveries").first()).toEqual({ n: 10_005 })
  })
})

// 100 among all tests; 100,000 by `npm run test:rows`.
describe.each(inject("inboxSizes"))("an inbox of %i", (size) => {
  beforeEach(async () => {
    await fillInboxTo(size)
  })

  // To migrate anew takes less time than to delete 100,000 rows that have triggers.
  afterEach(reset)

  const P = 20
  const CURSOR = `cursor=${toCursor({ at: size / 2, id: size / 2 })}`
  const BY_BUCKET = [
    "category=incident",
    "category=incident,system&read_status=0",
    "urgent_only=true",
    "urgent_only=true&read_status=1",
  ]
  const BY_DATE_OR_TEXT = [
    "from=1970-01-01",
    "to=1970-01-02&category=incident",
    "q=pipeline",
    "q=number 77&urgent_only=true",
    "q=nothing like it",
  ]
  const costOfPage = async (query: string) => {
    const cost = await costOf("2", "GET", `/api/notifications/filtered?limit=${P}&${query}`)
    expect(cost, query).toMatchObject({ roundTrips: 1, rowsWritten: 0 })
    return cost
  }

  it("reads a page in one round trip and in proportion to its rows, whatever the filter", async () => {
    for (const filter of ["", "read_status=0", "read_status=1"]) {
      const v1 = await costOf("2", "GET", `/api/notifications/v1?limit=${P}&${filter}`)
      expect(v1, filter).toMatchObject({ roundTrips: 1, rowsWritten: 0 })
      expect(v1.rowsRead, filter).toBeLessThanOrEqual(2 * P + 8)
      for (const place of ["page=1", CURSOR]) {
        const cost = await costOfPage(`${filter}&${place}`)
        expect(cost.rowsRead, `${filter} ${place}`).toBeLessThanOrEqual(2 * P + 8)
        expect(cost.answer).toMatchObject({ total_notifications: filter ? size / 2 : size, res: { length: P } })
      }
    }
    for (const filter of BY_BUCKET) {
      for (const place of ["page=1", CURSOR]) {
        const cost = await costOfPage(`${filter}&${place}`)
        expect(cost.rowsRead, `${filter} ${place}`).toBeLessThanOrEqual(4 * P + 30)
      }
    }
    for (const filter of BY_DATE_OR_TEXT) {
      for (const place of ["page=1", "page=5", "page=1000", CURSOR]) {
        const cost = await costOfPage(`${filter}&${place}`)
        expect(cost.rowsRead, `${filter} ${place}`).toBeLessThanOrEqual(5_000)
      }
      const { answer } = await costOfPage(filter)
      const isMany = size > 100 && filter !== "q=nothing like it"
      expect(answer.total_is_lower_bound === true, `${filter} says that there may be more`).toBe(isMany)
    }
  })

  it("costs the same for every page by cursor", async () => {
    const costs = []
    for (const page of [1, Math.floor(size / P / 2), size / P - 1]) {
      const at = size - (page - 1) * P
      costs.push((await costOfPage(`cursor=${toCursor({ at, id: at })}`)).rowsRead)
    }
    expect(new Set(costs).size).toBe(1)
  })

  it("counts unread notifications in one row, and marks them in proportion to their number", async () => {
    const unread = await costOf("2", "GET", "/api/notifications/unread_count")
    expect(unread).toMatchObject({ roundTrips: 1, rowsRead: 1, rowsWritten: 0, answer: { res: size / 2 } })

    const ids = Array.from({ length: 10 }, (_, i) => 2 * (i + 1))
    const ten = await costOf("2", "PUT", "/api/notifications/v1", { notification_ids: ids, read_status: true })
    expect(ten.roundTrips).toBe(1)
    expect(ten.rowsWritten).toBeLessThanOrEqual(4 * 10 + 4)
    expect(ten.rowsRead).toBeLessThanOrEqual(100)

    const all = await costOf("2", "PUT", "/api/notifications/mark_all_as_read")
    expect(all).toMatchObject({ roundTrips: 1, answer: { updated_count: size / 2 - 10 } })
    expect(all.rowsWritten).toBeLessThanOrEqual(3 * (size / 2 - 10) + 4)
  })
})
