import type { Notification } from "../db/schema"
import { isoOrNull } from "../inbox/responses"
import type { SentNotification } from "./docs"

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
