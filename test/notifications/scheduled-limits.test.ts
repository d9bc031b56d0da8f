import { beforeEach, describe, expect, it, vi } from "vitest"
import { DAY, NOON, SECOND } from "../support/clock"
import { metered } from "../support/d1-meter"
import { env } from "cloudflare:workers"
import { ACME, alice, charlie, dora, server, type ApiClient } from "../support/people"
import { captureQueues, runCron } from "../support/queues"
import { selectRows } from "../support/select-rows"
import { workerWithEnv } from "../support/worker-with-env"

const MAX = 1_000
const TOO_MANY = {
  status: 400,
  body: { detail: "1,000 notifications are scheduled already. Cancel some, or wait until some have been sent." },
}

beforeEach(() => {
  vi.setSystemTime(NOON)
  captureQueues()
})

const inMs = (ms: number) => new Date(NOON + ms).toISOString()
const schedule = async (caller: ApiClient, change: object = {}, headers: Record<string, string> = {}) => {
  const toAcme = { author: "a", message: "m", sent_to: "all_org_users", org_slug: "acme", scheduled_time: inMs(DAY) }
  const answer = await caller.post("/api/notifications/", { ...toAcme, ...change }, headers)
  return { status: answer.status, body: await answer.json<any>() }
}
const fill = (orgId: number | null, count: number) =>
  selectRows(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
     INSERT INTO notifications (org_id, author, message, audience, created_at, scheduled_at, due_at, publication_id)
     SELECT ?, 'a', 'm', '{"kind":"org","orgId":1,"adminsOnly":false}', 1, ?, ?, 'filled ' || i FROM n`,
    count,
    orgId,
    NOON + DAY,
    NOON + DAY,
  )
const scheduledCount = async () =>
  (await selectRows("SELECT count(*) AS n FROM notifications WHERE sent_at IS NULL"))[0].n

describe("more than 1,000 scheduled notifications", () => {
  it("are refused for one organisation, whoever asks, and not for another", async () => {
    await fill(ACME, MAX - 1)
    expect((await schedule(alice)).status).toBe(200)
    for (const caller of [alice, dora, server]) expect(await schedule(caller)).toEqual(TOO_MANY)
    expect((await schedule(charlie, { org_slug: "globex" })).status).toBe(200)
    expect((await schedule(server, { sent_to: "all_users", org_slug: undefined })).status).toBe(200)
    expect(await scheduledCount()).toBe(MAX + 2)
  })

  it("are refused for what spans organisations too", async () => {
    await fill(null, MAX)
    expect(await schedule(server, { sent_to: "all_users", org_slug: undefined })).toEqual(TOO_MANY)
    expect((await schedule(alice)).status).toBe(200)
  })

  it("are not made by concurrent requests", async () => {
    await fill(ACME, MAX - 1)
    const answers = await Promise.all(Array.from({ length: 4 }, () => schedule(alice)))
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 400, 400, 400])
    expect(await scheduledCount()).toBe(MAX)
  })

  it("does not count what has been sent, was cancelled, or is sent at once", async () => {
    await fill(ACME, MAX)
    expect((await schedule(alice, { scheduled_time: undefined })).status).toBe(200)
    const [{ id }] = await selectRows("SELECT max(id) AS id FROM notifications WHERE sent_at IS NULL")
    expect((await alice.delete(`/api/notifications/?notification_id=${id}`)).status).toBe(200)
    expect((await schedule(alice)).status).toBe(200)
    expect(await schedule(alice)).toEqual(TOO_MANY)
    await selectRows("UPDATE notifications SET due_at = ? WHERE id = (SELECT min(id) FROM notifications)", NOON)
    await selectRows("UPDATE notifications SET scheduled_at = due_at")
    await runCron()
    expect((await schedule(alice)).status).toBe(200)
    expect(await schedule(alice)).toEqual(TOO_MANY)
  })

  it("answers a repeated request with the notification that it made", async () => {
    await fill(ACME, MAX - 1)
    const key = { "idempotency-key": "the last one" }
    const first = await schedule(alice, {}, key)
    expect(first.status).toBe(200)
    expect(await schedule(alice, {}, key)).toEqual(first)
    expect(await schedule(alice, {}, { "idempotency-key": "one more" })).toEqual(TOO_MANY)
  })

  it("are counted in an index, in the same round trips", async () => {
    await fill(ACME, 5 * MAX)
    const { db, spent } = metered(env.DB)
    const body = JSON.stringify({ author: "a", message: "m", sent_to: "all_users", scheduled_time: inMs(DAY) })
    const headers = { authorization: "Bearer service-key-new", "content-type": "application/json" }
    const send = workerWithEnv({ DB: db })
    expect((await send("/api/notifications/", { method: "POST", headers, body })).status).toBe(200)
    expect(spent.roundTrips).toBe(2)
    expect(spent.rowsRead).toBeLessThanOrEqual(60)
  })
})

describe("a time ahead", () => {
  it.each([
    ["a year", 366 * DAY, 200],
    ["more than a year", 366 * DAY + SECOND, 400],
    ["eight thousand years", 8_000 * 365 * DAY - 60 * 365 * DAY, 400],
  ])("of %s", async (_, ms, status) => {
    for (const caller of [alice, server]) {
      const answer = await schedule(caller, { scheduled_time: inMs(ms) })
      expect(answer.status).toBe(status)
      if (status === 400)
        expect(answer.body).toEqual({ detail: "A notification can be scheduled at most a year ahead." })
    }
  })
})
