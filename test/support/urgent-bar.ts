import { env } from "cloudflare:workers"
import { expect, vi } from "vitest"
import type { UrgentBar } from "../../src/live/urgent-bar"
import { insertNotification } from "./inbox"
import { ACME } from "./people"

/** The Durable Object with acme's urgent bars. */
export const acmeBar = (): DurableObjectStub<UrgentBar> => env.URGENT_BAR.getByName(String(ACME))

type Arrival = { to: number[]; urgent?: boolean; message?: string; sentAt?: number; createdAt?: number }

/** Inserts an urgent incident of acme and its inbox rows. The bar is not told. Returns its id. */
export const insertUrgent = ({
  message = "The warehouse is down",
  urgent = true,
  sentAt = Date.now(),
  ...rest
}: Arrival) => insertNotification({ author: "Dalgo", category: "incident", message, urgent, at: sentAt, ...rest })

/** Updates `is_read` of inbox rows. The bar is not told. */
export const setRead = (orgUserId: number, ids: number[], isRead: boolean) =>
  env.DB.prepare(
    `UPDATE notification_recipients SET is_read = ?
     WHERE org_user_id = ? AND notification_id IN (SELECT value FROM json_each(?))`,
  )
    .bind(Number(isRead), orgUserId, JSON.stringify(ids))
    .run()

/** The bar (newest first) and the unread count that follow from a person's inbox rows. It uses no counters and no code of src. */
export async function expectedBar(orgUserId: number) {
  const { results } = await env.DB.prepare(
    `SELECT notification_id AS id, urgent FROM notification_recipients
     WHERE org_user_id = ? AND is_read = 0 ORDER BY sent_at DESC, notification_id DESC`,
  )
    .bind(orgUserId)
    .all<{ id: number; urgent: number }>()
  const urgent = results.filter((row) => row.urgent === 1).map((row) => row.id)
  return { ids: urgent.slice(0, 50), total: urgent.length, unreadCount: results.length }
}

/** Adds members to acme, with ids from 101 on. */
export async function addMembersToAcme(count: number): Promise<{ userId: string; orgUserId: number }[]> {
  const people = Array.from({ length: count }, (_, i) => ({ userId: String(101 + i), orgUserId: 101 + i }))
  await env.DB.prepare(
    `INSERT INTO org_users (id, org_id, user_id, email, role)
     SELECT value, 1, value, 'person' || value || '@acme.test', 'member' FROM json_each(?)`,
  )
    .bind(JSON.stringify(people.map((person) => person.orgUserId)))
    .run()
  return people
}

/** Counts database statements and batches from now on, of the worker and of its objects. Each batch is one round trip. */
export function countQueries() {
  const [prepare, batch] = [vi.spyOn(env.DB, "prepare"), vi.spyOn(env.DB, "batch")]
  prepare.mockClear()
  batch.mockClear()
  return { statements: () => prepare.mock.calls.length, batches: () => batch.mock.calls.length }
}

/** Appends a summary to a notification. The bar is not told. */
export const appendSummary = (id: number, text = "The source was down") =>
  env.DB.prepare("UPDATE notifications SET message = message || char(10, 10) || ?, summarised_at = ? WHERE id = ?")
    .bind(text, Date.now(), id)
    .run()

/**
 * Runs the next database query at once, and holds its answer back. `asked` waits until there is an answer to hold;
 * `give` returns it.
 */
export function holdNextAnswer() {
  let isNext = true
  const hold = { isHeld: false, isGiven: false }
  const late = async (answer: Promise<unknown>): Promise<any> => {
    const isLate = isNext
    isNext = false
    const read = await answer
    if (!isLate) return read
    hold.isHeld = true
    // A timer in the caller's context: a promise of the test would resume the object in the wrong context.
    while (!hold.isGiven) await scheduler.wait(1)
    return read
  }
  const batch = env.DB.batch.bind(env.DB)
  vi.spyOn(env.DB, "batch").mockImplementation((statements) => late(batch(statements)))
  const statement: D1PreparedStatement = Object.getPrototypeOf(env.DB.prepare("SELECT 1"))
  const raw: (...options: any[]) => Promise<unknown> = Reflect.get(statement, "raw")
  vi.spyOn(statement, "raw").mockImplementation(function (this: D1PreparedStatement, ...options: unknown[]) {
    return late(raw.apply(this, options))
  })
  return {
    asked: () => vi.waitFor(() => expect(hold.isHeld).toBe(true), { timeout: 10_000, interval: 1 }),
    give: () => void (hold.isGiven = true),
  }
}
