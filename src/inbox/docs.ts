import * as z from "zod/mini"
import { CATEGORIES } from "../domain/categories"
import { CHANNELS } from "../domain/channels"
import type { DocsByRoute } from "../http/route-docs"
import { withSchemaName } from "../http/schema-name"
import { Category, MarkRead } from "./schemas"

withSchemaName("Category", Category)
withSchemaName("ReadState", MarkRead)

// The parts of an answer that lists notifications, for the inbox and for the history -----------------------

export const Id = z.int().check(z.positive())
export const Count = z.int().check(z.nonnegative())
export const Time = z.iso.datetime()
export const SUCCESS = { success: z.literal(true) }

const notification = {
  id: Id,
  author: z.string(),
  message: z.string(),
  timestamp: Time.check(z.describe("when it was created")),
  urgent: z.boolean(),
  category: Category,
  scheduled_time: z.nullable(Time),
  sent_time: z.nullable(Time),
}
const Sender = z.strictObject({
  kind: z.enum(["person", "server", "system"]),
  email: z.nullable(z.string()).check(z.describe("of a person who is or was a member of its organisation")),
})
export const HistoryItem = withSchemaName(
  "HistoryItem",
  z.strictObject({
    ...notification,
    created_by: z.optional(
      z.nullable(Sender).check(z.describe("who sent it; null where that was not recorded; not with `read_status`")),
    ),
  }),
)
export type HistoryItem = z.infer<typeof HistoryItem>

const Link = z.strictObject({ url: z.string(), label: z.string() })
export const InboxItem = withSchemaName(
  "InboxItem",
  z.strictObject({
    ...notification,
    read_status: z.boolean(),
    link: z.optional(Link.check(z.describe("a page of the web app, where its sender gave one"))),
  }),
)
export type InboxItem = z.infer<typeof InboxItem>

const pageOf = (item: z.ZodMiniType) => ({
  ...SUCCESS,
  res: z.array(item),
  page: Id,
  total_pages: Id,
  total_notifications: Count,
  total_is_lower_bound: z.optional(z.literal(true)),
})

export const NextCursor = z.nullable(z.string()).check(z.describe("null on the last page"))

export const cursorPageOf = (item: z.ZodMiniType) =>
  z.strictObject({ ...pageOf(item), limit: Id, next_cursor: NextCursor })

export const PAGE_DOCS = {
  page: "starts at 1; a page beyond the last returns the last",
  limit: "notifications per page, at most 100",
}
export const FILTER_DOCS = {
  category: "one category, or several: separated by commas, or as a repeated parameter",
  urgent_only: "`true` returns urgent notifications only",
  read_status: "`0` returns unread notifications only, `1` read ones only",
  from: "a date or a time, inclusive; UTC if it has no offset",
  to: "a date (the whole day counts) or a time, inclusive; UTC if it has no offset",
}
export const CURSOR_DOCS = { cursor: "the `next_cursor` of the previous page; `page` is then ignored" }
export const SEARCH_DOCS = {
  q:
    "text in the author or in the first 4,000 characters of the message; 3 to 50 characters, upper and lower case are " +
    "the same",
}

// The routes -----------------------------------------------------------------------------------------------

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
    reason: z.string().check(z.describe("a sentence that can be shown to the person")),
    at: Time,
  }),
)
export type TraceEntry = z.infer<typeof TraceEntry>

export const inboxDocs = {
  "GET /api/notifications/v1": {
    summary: "List my inbox, one page at a time, newest first",
    description:
      "With `from`, `to` or `q`, the total is counted up to a limit. `total_is_lower_bound` is there if there may be more. " +
      "Only `filtered` has a cursor that leads to the rest.",
    fields: { ...PAGE_DOCS, ...FILTER_DOCS, ...SEARCH_DOCS },
    response: z.strictObject(pageOf(InboxItem)),
    example: { query: { page: "1", limit: "10", read_status: "0" } },
  },

  "GET /api/notifications/filtered": {
    summary: "List my inbox by page or by cursor, newest first",
    description:
      "With a cursor, every page takes the same time to read, and no notification appears twice when new ones arrive. " +
      "With `q`, a request searches a part of a large inbox. A page may have fewer results than `limit`, or none: " +
      "continue as long as there is a `next_cursor`.",
    fields: { ...PAGE_DOCS, ...FILTER_DOCS, ...SEARCH_DOCS, ...CURSOR_DOCS },
    response: cursorPageOf(InboxItem),
    example: { query: { category: "incident,system", urgent_only: "true", from: "2023-11-01", limit: "20" } },
  },

  "GET /api/notifications/unread_count": {
    summary: "Count my unread notifications",
    response: z.strictObject({ ...SUCCESS, res: Count }),
  },

  "PUT /api/notifications/v1": {
    summary: "Mark notifications in my inbox as read or unread",
    description: "Ids of notifications that are not in my inbox are ignored.",
    response: z.strictObject({ ...SUCCESS, message: z.literal("Notifications updated successfully") }),
    example: { body: { notification_ids: [1], read_status: true } },
  },

  "PUT /api/notifications/mark_all_as_read": {
    summary: "Mark all notifications in my inbox as read",
    response: z.strictObject({ ...SUCCESS, updated_count: Count.check(z.describe("how many were unread")) }),
  },

  "GET /api/notifications/urgent-bar": {
    summary: "List my urgent unread notifications, newest first",
    response: z.strictObject({
      ...SUCCESS,
      res: z.array(BarItem).check(z.maxLength(50)),
      total: Count.check(z.describe("how many there are; `res` has at most 50 of them")),
    }),
  },

  "GET /api/notifications/:id/trace": {
    summary: "Explain, for each channel, why I did or did not get a notification",
    response: z.strictObject({ ...SUCCESS, res: z.array(TraceEntry) }),
    example: { path: { id: "1" } },
  },

  "GET /api/notifications/categories": {
    summary: "List the categories in display order",
    response: z.strictObject({
      ...SUCCESS,
      res: z
        .array(z.strictObject({ value: Category, label: z.string(), description: z.string() }))
        .check(z.length(CATEGORIES.length)),
    }),
  },
} satisfies DocsByRoute
