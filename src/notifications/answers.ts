import * as z from "zod/mini"
import { CATEGORIES } from "../categories"
import type { DescribedRoutes } from "../openapi/described"
import { named } from "../openapi/named"
import { Category, CreateNotification, MarkRead } from "./schemas"

named("Category", Category)
named("NewNotification", CreateNotification)
named("ReadState", MarkRead)

const Id = z.int().check(z.positive())
const Time = z.iso.datetime()
const done = { success: z.literal(true) }

const InboxItem = named(
  "InboxItem",
  z.object({
    id: Id,
    author: z.string(),
    message: z.string(),
    timestamp: Time.check(z.describe("when it was written")),
    urgent: z.boolean(),
    category: Category,
    scheduled_time: z.nullable(Time),
    sent_time: z.nullable(Time),
    read_status: z.boolean(),
  }),
)

const BarItem = named(
  "BarItem",
  z.object({
    id: Id,
    author: z.string(),
    message: z.string(),
    category: Category,
    timestamp: Time,
    urgent: z.literal(true),
    read_status: z.literal(false),
  }),
)

const SentNotification = named(
  "SentNotification",
  z.object({
    notification_id: Id,
    message: z.string(),
    urgent: z.boolean(),
    category: Category,
    sent_time: z.nullable(Time).check(z.describe("null while it waits for its time")),
    scheduled_time: z.nullable(Time),
    author: z.string(),
  }),
)

export const notificationAnswers: DescribedRoutes = {
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
    answer: z.object({ res: SentNotification, errors: z.array(z.string()).check(z.maxLength(0)) }),
    rejects: [
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

  "GET /api/notifications/v1": {
    summary: "One page of my inbox, newest first",
    description: "A page beyond the last is the last.",
    fields: { page: "from 1", limit: "rows of a page", read_status: "`0` only what is unread, `1` only what is read" },
    answer: z.object({
      ...done,
      res: z.array(InboxItem),
      page: z.int().check(z.positive()),
      total_pages: z.int().check(z.positive()),
      total_notifications: z.int().check(z.nonnegative()),
    }),
    example: { query: { page: "1", limit: "10" } },
  },

  "PUT /api/notifications/v1": {
    summary: "Mark as read or unread",
    description: "Ids that are not in my inbox change nothing.",
    answer: z.object({ ...done, message: z.literal("Notifications updated successfully") }),
    example: { body: { notification_ids: [1], read_status: true } },
  },

  "GET /api/notifications/unread_count": {
    summary: "How many of mine are unread",
    answer: z.object({ ...done, res: z.int().check(z.nonnegative()) }),
  },

  "PUT /api/notifications/mark_all_as_read": {
    summary: "Mark all of mine as read",
    answer: z.object({
      ...done,
      updated_count: z.int().check(z.nonnegative(), z.describe("how many were unread")),
    }),
  },

  "GET /api/notifications/categories": {
    summary: "The categories, in the order in which people see them",
    answer: z.object({
      ...done,
      res: z
        .array(z.object({ value: Category, label: z.string(), description: z.string() }))
        .check(z.length(CATEGORIES.length)),
    }),
  },

  "GET /api/notifications/urgent-bar": {
    summary: "What is urgent and unread, newest first",
    answer: z.object({
      ...done,
      res: z.array(BarItem).check(z.maxLength(50)),
      total: z.int().check(z.nonnegative(), z.describe("how many there are, shown or not")),
    }),
  },
}
