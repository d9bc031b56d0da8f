import { env } from "cloudflare:workers"
import type { Category } from "../../src/domain/categories"
import { ACME, alice } from "./people"

/** The numbers from one to the other, as a parameter for `json_each`. */
export const sequence = (from: number, to: number) =>
  JSON.stringify(Array.from({ length: to - from + 1 }, (_, i) => from + i))

/** Alice, Bob and as many others as an organisation of that size has. */
export const growAcmeTo = (size: number) =>
  env.DB.prepare(
    `INSERT INTO org_users (id, org_id, user_id, email, role)
     SELECT 100 + value, ?, 'm' || value, 'm' || value || '@acme.test', 'member' FROM json_each(?)`,
  )
    .bind(ACME, sequence(3, size))
    .run()

type Said = {
  message?: string
  author?: string
  category?: Category
  urgent?: boolean
  at?: number
  orgId?: number | null
  to?: number[]
  read?: boolean
}

/** Puts a notification into inboxes as if it had been sent at that time, and answers its id. */
export async function said({
  message = "hello",
  author = "alice@acme.test",
  category = "system",
  urgent = false,
  at = Date.now(),
  orgId = ACME,
  to = [alice.orgUserId],
  read = false,
}: Said): Promise<number> {
  const row = await env.DB.prepare(
    `INSERT INTO notifications (org_id, author, message, category, urgent, created_at, sent_at, publication_id)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
  )
    .bind(orgId, author, message, category, Number(urgent), at, at, crypto.randomUUID())
    .first<{ id: number }>()
  const id = row?.id ?? 0
  await env.DB.prepare(
    `INSERT INTO notification_recipients (org_user_id, is_read, sent_at, notification_id, category, urgent)
     SELECT value, ?, ?, ?, ?, ? FROM json_each(?)`,
  )
    .bind(Number(read), at, id, category, Number(urgent), JSON.stringify(to))
    .run()
  return id
}
