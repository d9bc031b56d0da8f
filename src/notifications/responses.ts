import type { Notification } from "../db/schema"
import type { FailedDelivery, HistoryItem, InboxItem, SentNotification } from "./docs"
import { toCursor } from "../inbox/cursor"
import { type DeliveryKey, toDeliveryCursor, toDeliveryId } from "./undelivered/id"
import type { FilteredQuery, UndeliveredStatus } from "./schemas"
import type { Filter } from "../inbox/filter"
import type { ListPage, Page } from "../inbox/pagination"

const iso = (at: number) => new Date(at).toISOString()
const isoOrNull = (at: number | null) => (at === null ? null : iso(at))

export type HistoryRow = Pick<
  Notification,
  "id" | "author" | "message" | "urgent" | "category" | "createdAt" | "scheduledAt" | "sentAt"
>
export type InboxRow = HistoryRow & { isRead: boolean }

/** A notification as somebody sees it who told others. */
export const toHistoryItem = (row: HistoryRow): HistoryItem => ({
  id: row.id,
  author: row.author,
  message: row.message,
  timestamp: iso(row.createdAt),
  urgent: row.urgent,
  category: row.category,
  scheduled_time: isoOrNull(row.scheduledAt),
  sent_time: isoOrNull(row.sentAt),
})

/** A notification as its reader sees it. */
export const toInboxItem = (row: InboxRow): InboxItem => ({ ...toHistoryItem(row), read_status: row.isRead })

/** A notification as its sender sees it at once. */
export const toSentNotification = (row: Notification): SentNotification => ({
  notification_id: row.id,
  message: row.message,
  urgent: row.urgent,
  category: row.category,
  sent_time: isoOrNull(row.sentAt),
  scheduled_time: isoOrNull(row.scheduledAt),
  author: row.author,
})

/** What was asked for, in our own words. */
export const toFilter = ({ category, urgent_only, read_status, from, to, q }: Partial<FilteredQuery>): Filter => ({
  categories: category,
  urgent: urgent_only,
  isRead: read_status,
  from,
  to,
  text: q,
})

/** A page with its number, as the web app counts. */
export function toPage<Row, Item>(
  { rows, total, isLowerBound }: ListPage<Row>,
  { page, limit }: Page,
  toItem: (row: Row) => Item,
) {
  const totalPages = Math.max(1, Math.ceil(total / limit))
  return {
    success: true as const,
    res: rows.map(toItem),
    page: Math.min(page, totalPages),
    total_pages: totalPages,
    total_notifications: total,
    ...(isLowerBound ? { total_is_lower_bound: true as const } : {}),
  }
}

/** The same, and where the next begins. */
export const toCursorPage = <Row, Item>(listed: ListPage<Row>, page: Page, toItem: (row: Row) => Item) => ({
  ...toPage(listed, page, toItem),
  limit: page.limit,
  next_cursor: listed.next ? toCursor(listed.next) : null,
})

/** Who was told; more than one answer holds are asked for by `next`. */
export const toRecipientsResponse = ({ recipients, next }: { recipients: RecipientRow[]; next: number | null }) => ({
  success: true as const,
  res: recipients.map(({ username, isRead }) => ({ username, read_status: isRead })),
  ...(next === null ? {} : { next }),
})
type RecipientRow = { username: string; isRead: boolean }

type UndeliveredRow = DeliveryKey & {
  recipient: string
  status: UndeliveredStatus
  attempts: number
  reason: string | null
  updatedAt: number
}

/** What was given up on, and where the next page begins. */
export const toUndeliveredResponse = (
  { rows, next }: { rows: UndeliveredRow[]; next: UndeliveredRow | undefined },
  limit: number,
) => ({
  success: true as const,
  res: rows.map(toUndeliveredItem),
  limit,
  next_cursor: next ? toDeliveryCursor({ ...next, at: next.updatedAt }) : null,
})

const toUndeliveredItem = (row: UndeliveredRow): FailedDelivery => ({
  id: toDeliveryId(row),
  notification_id: row.notificationId,
  channel: row.channel,
  recipient: row.recipient,
  status: row.status,
  attempts: row.attempts,
  reason: row.reason,
  updated_at: iso(row.updatedAt),
})
