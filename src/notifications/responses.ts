import type { Notification } from "../db/schema"
import { isoOrNull } from "../inbox/responses"
import type { FailedDelivery, SentNotification } from "./docs"
import type { UndeliveredStatus } from "./schemas"
import { type DeliveryKey, toDeliveryCursor, toDeliveryId } from "./undelivered/id"

/** A notification in the answer to its sender. */
export const toSentNotification = (row: Notification): SentNotification => ({
  notification_id: row.id,
  message: row.message,
  urgent: row.urgent,
  category: row.category,
  sent_time: isoOrNull(row.sentAt),
  scheduled_time: isoOrNull(row.scheduledAt),
  author: row.author,
})

type RecipientRow = { username: string; isRead: boolean }

/** `next` is there if there are more recipients than one answer holds. */
export const toRecipientsResponse = ({ recipients, next }: { recipients: RecipientRow[]; next: number | null }) => ({
  success: true as const,
  res: recipients.map(({ username, isRead }) => ({ username, read_status: isRead })),
  ...(next === null ? {} : { next }),
})

type UndeliveredRow = DeliveryKey & {
  recipient: string
  status: UndeliveredStatus
  attempts: number
  reason: string | null
  updatedAt: number
}

/** A page of undelivered messages with the cursor of the next page; `null` if there is none. */
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
  updated_at: new Date(row.updatedAt).toISOString(),
})
