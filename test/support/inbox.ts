import { env } from "cloudflare:workers"
import type { Category } from "../../src/domain/categories"
import type { InboxItem } from "../../src/inbox/docs"
import { ACME, alice, type ApiClient } from "./people"

/** A JSON array of the integers from `from` to `to`, both included, for `json_each`. */
export const jsonRange = (from: number, to: number) =>
  JSON.stringify(Array.from({ length: to - from + 1 }, (_, i) => from + i))

/** Adds members until acme has `size`, Alice and Bob included. Their ids start at 103. */
export const growAcmeTo = (size: number) =>
  env.DB.prepare(
    `INSERT INTO org_users (id, org_id, user_id, email, role)
     SELECT 100 + value, ?, 'm' || value, 'm' || value || '@acme.test', 'member' FROM json_each(?)`,
  )
    .bind(ACME, jsonRange(3, size))
    .run()

type InsertedNotification = {
  message?: string
  author?: string
  category?: Category
  urgent?: boolean
  at?: number
  createdAt?: number
  orgId?: number | null
  to?: number[]
  read?: boolean
}

/** Inserts a notification and its inbox rows as if it had been sent at `at`. No queue and no bar hears of it. Returns its id. */
export async function insertNotification({
  message = "hello",
  author = "alice@acme.test",
  category = "system",
  urgent = false,
  at = Date.now(),
  createdAt = at,
  orgId = ACME,
  to = [alice.orgUserId],
  read = false,
}: InsertedNotification): Promise<number> {
  const publicationId = crypto.randomUUID()
  const results = await env.DB.batch<{ id: number }>([
    env.DB.prepare(
      `INSERT INTO notifications (org_id, author, message, category, urgent, created_at, sent_at, publication_id)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
    ).bind(orgId, author, message, category, Number(urgent), createdAt, at, publicationId),
    env.DB.prepare(
      `INSERT INTO notification_recipients (org_user_id, is_read, sent_at, notification_id, category, urgent)
       SELECT person.value, ?, n.sent_at, n.id, n.category, n.urgent
       FROM notifications n, json_each(?) person WHERE n.publication_id = ?`,
    ).bind(Number(read), JSON.stringify(to), publicationId),
  ])
  return results[0]?.results[0]?.id ?? 0
}

/** The first page of a person's inbox, newest first. */
export const inboxOf = async (client: ApiClient): Promise<InboxItem[]> =>
  (await (await client.get("/api/notifications/v1")).json<{ res: InboxItem[] }>()).res

/** The messages on the first page of a person's inbox, newest first. */
export const messagesOf = async (client: ApiClient): Promise<string[]> =>
  (await inboxOf(client)).map(({ message }) => message)

export const unreadCountOf = async (client: ApiClient): Promise<number> =>
  (await (await client.get("/api/notifications/unread_count")).json<{ res: number }>()).res

/** The ids in a person's urgent bar, newest first, and the number of all that are urgent and unread. */
export async function urgentBarOf(client: ApiClient): Promise<{ ids: number[]; total: number }> {
  const answer = await client.get("/api/notifications/urgent-bar")
  const { res, total } = await answer.json<{ res: InboxItem[]; total: number }>()
  return { ids: res.map((item) => item.id), total }
}
