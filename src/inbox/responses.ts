import { inZoneOf } from "../domain/time"
import type { Notification } from "../db/schema"
import { toCursor } from "./cursor"
import type { HistoryItem, InboxItem } from "./docs"
import type { Filter } from "./filter"
import type { ListPage, Page } from "./pagination"
import type { FilteredQuery } from "./schemas"

const iso = (at: number) => new Date(at).toISOString()
export const isoOrNull = (at: number | null) => (at === null ? null : iso(at))

export type HistoryRow = Pick<
  Notification,
  "id" | "author" | "message" | "urgent" | "category" | "createdAt" | "scheduledAt" | "sentAt"
> & {
  /** Who sent it, for admins: `person:<user_id>`, `service:<hash of the key>` or `system`; null on older rows. */
  createdBy?: string | null
  senderEmail?: string | null
}
export type InboxRow = HistoryRow & Pick<Notification, "times" | "link"> & { isRead: boolean }

/** A notification in the history of an organisation. */
export const toHistoryItem = (row: HistoryRow): HistoryItem => ({
  id: row.id,
  author: row.author,
  message: row.message,
  timestamp: iso(row.createdAt),
  urgent: row.urgent,
  category: row.category,
  scheduled_time: isoOrNull(row.scheduledAt),
  sent_time: isoOrNull(row.sentAt),
  ...(row.createdBy !== undefined && { created_by: toSender(row) }),
})

function toSender({ createdBy, senderEmail }: HistoryRow): HistoryItem["created_by"] {
  if (!createdBy) return null
  const kind = createdBy.startsWith("person:") ? "person" : createdBy.startsWith("service:") ? "server" : "system"
  return { kind, email: senderEmail || null }
}

/** A notification in one person's inbox, with the times of its message in their zone. */
export const toInboxItem =
  ({ timeZone }: { timeZone: string }) =>
  (row: InboxRow): InboxItem => ({
    ...toHistoryItem(row),
    message: inZoneOf(row.message, { times: row.times, zone: timeZone, now: row.createdAt }),
    read_status: row.isRead,
    ...(row.link && { link: row.link }),
  })

/** The filter of a validated query. */
export const toFilter = ({ category, urgent_only, read_status, from, to, q }: Partial<FilteredQuery>): Filter => ({
  categories: category,
  urgent: urgent_only,
  isRead: read_status,
  from,
  to,
  text: q,
})

/** A page with its number. A page beyond the last has the number of the last. */
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

/** The same with the cursor of the next page; `null` if there is none. */
export const toCursorPage = <Row, Item>(list: ListPage<Row>, page: Page, toItem: (row: Row) => Item) => ({
  ...toPage(list, page, toItem),
  limit: page.limit,
  next_cursor: list.next ? toCursor(list.next) : null,
})
