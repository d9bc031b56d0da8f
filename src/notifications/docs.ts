import * as z from "zod/mini"
import { CATEGORIES } from "../domain/categories"
import { CHANNELS, DELIVERY_CHANNELS } from "../domain/channels"
import type { DocsByRoute } from "../http/route-docs"
import { withSchemaName } from "../http/schema-name"
import { DELIVERY_ID_PATTERN } from "./undelivered/id"
import { Category, CreateNotification, UndeliveredStatus, MarkRead } from "./schemas"

withSchemaName("Category", Category)
withSchemaName("NewNotification", CreateNotification)
withSchemaName("ReadState", MarkRead)

const Id = z.int().check(z.positive())
const Count = z.int().check(z.nonnegative())
const Time = z.iso.datetime()
const done = { success: z.literal(true) }

export const SentNotification = withSchemaName(
  "SentNotification",
  z.strictObject({
    notification_id: Id,
    message: z.string(),
    urgent: z.boolean(),
    category: Category,
    sent_time: z.nullable(Time).check(z.describe("null while it waits for its time")),
    scheduled_time: z.nullable(Time),
    author: z.string(),
  }),
)
export type SentNotification = z.infer<typeof SentNotification>

const notification = {
  id: Id,
  author: z.string(),
  message: z.string(),
  timestamp: Time.check(z.describe("when it was written")),
  urgent: z.boolean(),
  category: Category,
  scheduled_time: z.nullable(Time),
  sent_time: z.nullable(Time),
}
export const HistoryItem = withSchemaName("HistoryItem", z.strictObject(notification))
export type HistoryItem = z.infer<typeof HistoryItem>

export const InboxItem = withSchemaName("InboxItem", z.strictObject({ ...notification, read_status: z.boolean() }))
export type InboxItem = z.infer<typeof InboxItem>

const BarItem = withSchemaName(
  "BarItem",
  z.strictObject({
    id: Id,
    author: z.string(),
    message: z.string(),
    category: Category,
    timestamp: Time,
    urgent: z.literal(true),
    read_status: z.literal(false),
  }),
)

export const TraceEntry = withSchemaName(
  "TraceEntry",
  z.strictObject({
    channel: z.enum(CHANNELS),
    outcome: z.enum(["pending", "sent", "failed", "suppressed", "dead"]),
    reason: z.string().check(z.describe("a sentence for the person")),
    at: Time,
  }),
)
export type TraceEntry = z.infer<typeof TraceEntry>

export const FailedDelivery = withSchemaName(
  "FailedDelivery",
  z.strictObject({
    id: z.string().check(z.regex(DELIVERY_ID_PATTERN)),
    notification_id: Id,
    channel: z.enum(DELIVERY_CHANNELS),
    recipient: z.string().check(z.describe("an address; of a room, its organisation")),
    status: UndeliveredStatus.check(z.describe("`failed`: refused for good; `dead`: tried as often as we try")),
    attempts: Count,
    reason: z.nullable(z.string()),
    updated_at: Time.check(z.describe("when it was given up on")),
  }),
)
export type FailedDelivery = z.infer<typeof FailedDelivery>

const Recipient = withSchemaName("Recipient", z.strictObject({ username: z.string(), read_status: z.boolean() }))

const pageOf = (item: z.ZodMiniType) => ({
  ...done,
  res: z.array(item),
  page: Id,
  total_pages: Id,
  total_notifications: Count,
  total_is_lower_bound: z.optional(z.literal(true)),
})
const cursorPageOf = (item: z.ZodMiniType) =>
  z.strictObject({
    ...pageOf(item),
    limit: Id,
    next_cursor: z.nullable(z.string()).check(z.describe("null: there is no more")),
  })

const PAGE = { page: "from 1; one beyond the last is the last", limit: "rows of a page" }
const FILTER = {
  category: "one, or several with commas between, or given several times",
  urgent_only: "only what is urgent",
  read_status: "`0` only what is unread, `1` only what is read",
  from: "a date or a time, inclusive; without an offset it is UTC",
  to: "a date (its whole day) or a time, inclusive",
}
const TEXT = { q: "three characters or more, anywhere in message or author, in any case" }
const CURSOR = { cursor: "the `next_cursor` of the page before; then `page` does not count" }

const DOES_NOT_EXIST = "Notification does not exist."

export const notificationDocs = {
  "GET /api/notifications/v1": {
    summary: "One page of my inbox, newest first",
    description:
      "Where dates or a text narrow an inbox of thousands, `total_is_lower_bound` says that not all were counted.",
    fields: { ...PAGE, ...FILTER, ...TEXT },
    response: z.strictObject(pageOf(InboxItem)),
    example: { query: { page: "1", limit: "10", read_status: "0" } },
  },

  "GET /api/notifications/filtered": {
    summary: "My inbox, page by page or by cursor",
    description:
      "By cursor a page costs the same at any depth, and shows nothing twice though something arrives meanwhile. A " +
      "page of a search may be short before there is no next one: go on while there is a `next_cursor`.",
    fields: { ...PAGE, ...FILTER, ...TEXT, ...CURSOR },
    response: cursorPageOf(InboxItem),
    example: { query: { category: "incident,system", urgent_only: "true", from: "2023-11-01", limit: "20" } },
  },

  "GET /api/notifications/unread_count": {
    summary: "How many of mine are unread",
    response: z.strictObject({ ...done, res: Count }),
  },

  "PUT /api/notifications/v1": {
    summary: "Mark as read or unread",
    description: "Ids that are not in my inbox change nothing.",
    response: z.strictObject({ ...done, message: z.literal("Notifications updated successfully") }),
    example: { body: { notification_ids: [1], read_status: true } },
  },

  "PUT /api/notifications/mark_all_as_read": {
    summary: "Mark all of mine as read",
    response: z.strictObject({ ...done, updated_count: Count.check(z.describe("how many were unread")) }),
  },

  "GET /api/notifications/urgent-bar": {
    summary: "What is urgent and unread, newest first",
    response: z.strictObject({
      ...done,
      res: z.array(BarItem).check(z.maxLength(50)),
      total: Count.check(z.describe("how many there are, shown or not")),
    }),
  },

  "GET /api/notifications/:id/trace": {
    summary: "Why I did or did not get it, on each channel",
    response: z.strictObject({ ...done, res: z.array(TraceEntry) }),
    example: { path: { id: "1" } },
  },

  "GET /api/notifications/categories": {
    summary: "The categories, in the order in which people see them",
    response: z.strictObject({
      ...done,
      res: z
        .array(z.strictObject({ value: Category, label: z.string(), description: z.string() }))
        .check(z.length(CATEGORIES.length)),
    }),
  },

  "POST /api/notifications": {
    summary: "Tell people something, now or later",
    description:
      "Admins address their own organisation, super-admins and servers anybody. Who has switched the category off is " +
      "not a recipient. With `scheduled_time` it is invisible until then, and who gets it is decided then.",
    fields: {
      author: "who says it, as readers see it",
      sent_to: "`all_org_users` needs `org_slug`, `single_user` needs `user_email`",
      urgent: "shows it on the urgent bar until it is read",
      scheduled_time: "when to send it; without an offset it is UTC, and what is past is sent now",
      org_slug: "the organisation; for one person, where they are looked for",
      manager_or_above: "only its admins",
      email_subject: "else the organisation, the category and the first line of the message",
    },
    response: z.strictObject({ res: SentNotification, errors: z.array(z.string()).check(z.maxLength(0)) }),
    badRequests: [
      "org_slug is required to sent notification to all org users.",
      "user email is required to sent notification to a user.",
      "No users found for the given information",
    ],
    example: {
      body: {
        author: "alice@acme.test",
        message: "Dashboards are being repaired",
        sent_to: "all_org_users",
        org_slug: "acme",
        category: "incident",
      },
    },
  },

  "GET /api/notifications/history": {
    summary: "What was sent and what is scheduled, newest first",
    description:
      "Of the organisation that I run; super-admins and servers see all, and `org_slug` narrows that. With " +
      "`read_status` it is what my own inbox has of it. At most a thousand are counted; `total_is_lower_bound` says " +
      "that there may be more.",
    fields: { ...PAGE, ...FILTER, ...CURSOR, org_slug: "another organisation than the chosen one" },
    response: cursorPageOf(HistoryItem),
    badRequests: ["A server has no inbox, so nothing is read or unread by it."],
    example: { query: { page: "1", limit: "10", category: "system" } },
  },

  "GET /api/notifications/recipients": {
    summary: "Who was told, and who has read it",
    description: "Nobody yet, while it is scheduled. Beyond ten thousand, `next` says where to go on.",
    fields: { notification_id: "of my organisation", after: "the `next` of the answer before" },
    response: z.strictObject({ ...done, res: z.array(Recipient), next: z.optional(Id) }),
    badRequests: [DOES_NOT_EXIST],
    example: { query: { notification_id: "1" } },
  },

  "DELETE /api/notifications": {
    summary: "Take back what is not sent yet",
    fields: { notification_id: "of my organisation" },
    response: z.strictObject({ ...done, message: z.string() }),
    badRequests: [DOES_NOT_EXIST, "Notification has already been sent and cannot be deleted."],
    example: { query: { notification_id: "2" } },
  },

  "GET /api/notifications/deliveries": {
    summary: "What could not be delivered, newest first",
    description: "Of the organisation that I run; super-admins and servers see all, and `org_slug` narrows that.",
    fields: {
      status: "one, or both with a comma between, which is the default",
      limit: PAGE.limit,
      cursor: "the `next_cursor` of the page before",
      org_slug: "another organisation than the chosen one",
    },
    response: z.strictObject({
      ...done,
      res: z.array(FailedDelivery),
      limit: Id,
      next_cursor: z.nullable(z.string()).check(z.describe("null: there is no more")),
    }),
    example: { query: { status: "failed,dead", limit: "10" } },
  },

  "POST /api/notifications/deliveries/:id/resend": {
    summary: "Send again what could not be delivered",
    description: "It begins anew, with all its tries. Who is no longer a member is still not written to.",
    fields: { id: "as the list of what could not be delivered has it" },
    response: z.strictObject({ ...done, message: z.string() }),
    badRequests: ["Only what failed can be sent again."],
    example: { path: { id: "1-email-2" } },
  },
} satisfies DocsByRoute
