import type { FailedDelivery } from "./docs"
import { type DeliveryKey, toDeliveryCursor, toDeliveryId } from "./id"
import type { UndeliveredStatus } from "./schemas"

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
