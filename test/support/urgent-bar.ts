import { runInDurableObject } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { expect, vi } from "vitest"
import type { UrgentBar } from "../../src/live/urgent-bar"
import { ACME } from "./people"

/** The bars of acme, as other parts of the worker reach them. */
export const acmeBar = (): DurableObjectStub<UrgentBar> => env.URGENT_BAR.getByName(String(ACME))

/** An object that sleeps when a test ends would take what it has stored into the next: `reset` does not find it. */
export const wakeAcmeBar = () => runInDurableObject(acmeBar(), () => {})

type Arrival = { to: number[]; urgent?: boolean; message?: string; sentAt?: number; createdAt?: number }

/** Writes a notification and its inbox rows as `publish` commits them, and hints nobody. Answers its id. */
export async function write({ to, urgent = true, message = "The warehouse is down", sentAt, createdAt }: Arrival) {
  const publicationId = crypto.randomUUID()
  const at = sentAt ?? Date.now()
  const results = await env.DB.batch<{ id: number }>([
    env.DB.prepare(
      `INSERT INTO notifications (org_id, author, message, category, urgent, created_at, sent_at, publication_id)
       VALUES (1, 'Dalgo', ?, 'incident', ?, ?, ?, ?)`,
    ).bind(message, Number(urgent), createdAt ?? at, at, publicationId),
    env.DB.prepare(
      `INSERT INTO notification_recipients (org_user_id, is_read, sent_at, notification_id, category, urgent)
       SELECT person.value, 0, n.sent_at, n.id, n.category, n.urgent
       FROM notifications n, json_each(?) person WHERE n.publication_id = ?`,
    ).bind(JSON.stringify(to), publicationId),
    env.DB.prepare("SELECT id FROM notifications WHERE publication_id = ?").bind(publicationId),
  ])
  return results[2]?.results[0]?.id as number
}

/** Marks inbox rows, and hints nobody. */
export const markRows = (orgUserId: number, ids: number[], isRead: boolean) =>
  env.DB.prepare(
    `UPDATE notification_recipients SET is_read = ?
     WHERE org_user_id = ? AND notification_id IN (SELECT value FROM json_each(?))`,
  )
    .bind(Number(isRead), orgUserId, JSON.stringify(ids))
    .run()

/** What the database says a person's bar is, newest first, and the badge beside it. Asks no counter and no code of ours. */
export async function truthOf(orgUserId: number) {
  const { results } = await env.DB.prepare(
    `SELECT notification_id AS id, urgent FROM notification_recipients
     WHERE org_user_id = ? AND is_read = 0 ORDER BY sent_at DESC, notification_id DESC`,
  )
    .bind(orgUserId)
    .all<{ id: number; urgent: number }>()
  const urgent = results.filter((row) => row.urgent === 1).map((row) => row.id)
  return { ids: urgent.slice(0, 50), total: urgent.length, unreadCount: results.length }
}

/** More members of acme, with ids from 101 on. */
export async function hire(count: number): Promise<{ userId: string; orgUserId: number }[]> {
  const people = Array.from({ length: count }, (_, i) => ({ userId: String(101 + i), orgUserId: 101 + i }))
  await env.DB.prepare(
    `INSERT INTO org_users (id, org_id, user_id, email, role)
     SELECT value, 1, value, 'person' || value || '@acme.test', 'member' FROM json_each(?)`,
  )
    .bind(JSON.stringify(people.map((person) => person.orgUserId)))
    .run()
  return people
}

/** How often the database is asked from now on, by the worker and by its objects: each batch is one round trip. */
export function questions() {
  const [prepare, batch] = [vi.spyOn(env.DB, "prepare"), vi.spyOn(env.DB, "batch")]
  prepare.mockClear()
  batch.mockClear()
  return { statements: () => prepare.mock.calls.length, batches: () => batch.mock.calls.length }
}

/** Appends a summary to a notification as the queue does, and hints nobody. */
export const summariseRow = (id: number, text = "The source was down") =>
  env.DB.prepare("UPDATE notifications SET message = message || char(10, 10) || ?, summarised_at = ? WHERE id = ?")
    .bind(text, Date.now(), id)
    .run()

/**
 * Holds the next answer of the database back, with what was true when it was asked. `asked` waits until there is one
 * to hold, and `give` lets it go.
 */
export function holdNextAnswer() {
  let isNext = true
  let isHeld = false
  let isGiven = false
  const late = async (answer: Promise<unknown>): Promise<any> => {
    const isLate = isNext
    isNext = false
    const read = await answer
    isHeld ||= isLate
    // A timer of whoever asks: a promise of the test's would wake an object in the wrong context.
    while (isLate && !isGiven) await scheduler.wait(1)
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
    asked: () => vi.waitFor(() => expect(isHeld).toBe(true), { timeout: 10_000, interval: 1 }),
    give: () => void (isGiven = true),
  }
}
