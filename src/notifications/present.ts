import type { Notification } from "../db/schema"
import type { Category } from "../categories"

const iso = (at: number) => new Date(at).toISOString()
const isoOrNull = (at: number | null) => (at === null ? null : iso(at))

export type InboxRow = Pick<
  Notification,
  "id" | "author" | "message" | "urgent" | "category" | "createdAt" | "scheduledAt" | "sentAt"
> & { isRead: boolean }

/** A notification as its reader sees it. */
export const toInboxItem = (row: InboxRow) => ({
  id: row.id,
  author: row.author,
  message: row.message,
  timestamp: iso(row.createdAt),
  urgent: row.urgent,
  category: row.category,
  scheduled_time: isoOrNull(row.scheduledAt),
  sent_time: isoOrNull(row.sentAt),
  read_status: row.isRead,
})

/** A notification as its sender sees it. */
export const toCreated = (row: Notification) => ({
  notification_id: row.id,
  message: row.message,
  urgent: row.urgent,
  category: row.category satisfies Category,
  sent_time: isoOrNull(row.sentAt),
  scheduled_time: isoOrNull(row.scheduledAt),
  author: row.author,
})
