import * as z from "zod/mini"
import { Category } from "./schemas"

const Id = z.int().check(z.positive())
const Time = z.iso.datetime()
const Success = { success: z.literal(true) }

export const CreatedNotification = z.strictObject({
  notification_id: Id,
  message: z.string(),
  urgent: z.boolean(),
  category: Category,
  sent_time: z.nullable(Time),
  scheduled_time: z.nullable(Time),
  author: z.string(),
})
export type CreatedNotification = z.infer<typeof CreatedNotification>

export const HistoryItem = z.strictObject({
  id: Id,
  author: z.string(),
  message: z.string(),
  timestamp: Time,
  urgent: z.boolean(),
  category: Category,
  scheduled_time: z.nullable(Time),
  sent_time: z.nullable(Time),
})
export type HistoryItem = z.infer<typeof HistoryItem>

export const InboxItem = z.extend(HistoryItem, { read_status: z.boolean() })
export type InboxItem = z.infer<typeof InboxItem>

const pageOf = <T extends z.ZodMiniType>(item: T) =>
  z.strictObject({
    ...Success,
    res: z.array(item),
    page: z.int(),
    total_pages: z.int(),
    total_notifications: z.int(),
    total_is_lower_bound: z.optional(z.literal(true)),
  })
const cursorPageOf = <T extends z.ZodMiniType>(item: T) =>
  z.extend(pageOf(item), { limit: z.int(), next_cursor: z.nullable(z.string()) })

export const InboxPage = pageOf(InboxItem)
export const FilteredPage = cursorPageOf(InboxItem)
export const HistoryPage = cursorPageOf(HistoryItem)

export const TraceEntry = z.strictObject({
  channel: z.enum(["inbox", "email", "push"]),
  outcome: z.enum(["pending", "sent", "failed", "suppressed", "dead"]),
  /** A sentence for the person. */
  reason: z.string(),
  at: Time,
})
export type TraceEntry = z.infer<typeof TraceEntry>
