import * as z from "zod/mini"
import type { DocsByRoute } from "../http/route-docs"
import { withSchemaName } from "../http/schema-name"
import {
  CURSOR_DOCS,
  cursorPageOf,
  FILTER_DOCS,
  HistoryItem,
  Id,
  PAGE_DOCS,
  SEARCH_DOCS,
  SUCCESS,
  Time,
} from "../inbox/docs"
import { Category } from "../inbox/schemas"
import { CreateNotification } from "./schemas"

withSchemaName("NewNotification", CreateNotification)

export const SentNotification = withSchemaName(
  "SentNotification",
  z.strictObject({
    notification_id: Id,
    message: z.string(),
    urgent: z.boolean(),
    category: Category,
    sent_time: z.nullable(Time).check(z.describe("null until a scheduled notification is sent")),
    scheduled_time: z.nullable(Time),
    author: z.string(),
  }),
)
export type SentNotification = z.infer<typeof SentNotification>

const Recipient = withSchemaName("Recipient", z.strictObject({ username: z.string(), read_status: z.boolean() }))

const DOES_NOT_EXIST = "Notification does not exist."
/** For the routes that take `org_slug`. */
export const ORG_SLUG = "an organisation other than the chosen one"
export const SCOPE =
  "An admin sees their own organisation. A super-admin or a service key sees all organisations, or the one of `org_slug`."

export const notificationDocs = {
  "POST /api/notifications": {
    summary: "Send a notification, now or at a scheduled time",
    description:
      "Admins may send to their own organisation, super-admins and service keys to any. People who turned the category " +
      "off are not notified. With `scheduled_time`, the notification is hidden until then, and its recipients are " +
      "chosen then. Unknown fields are ignored.\n\n" +
      "Only servers may send `recipients`, `skip_email` and `link`, in a body of up to 1.5 MiB. Only servers, and the " +
      "service itself, may send as Dalgo.",
    fields: {
      author:
        "the sender, as readers see it. From a person, the word Dalgo is refused (422), however it is written, except in " +
        "their own address",
      sent_to:
        "required, unless there are `recipients`; `all_org_users` needs `org_slug`, `single_user` needs `user_email`",
      recipients:
        "in place of `sent_to`, up to 10,000 members, each once. Those that there are not are named in `errors`, and the " +
        "others are notified. Of several organisations, the notification is in the history of none",
      skip_email: "`true`: the caller sends the e-mail itself, so the service sends none",
      link:
        "the button of the e-mail, and a link in the inbox and in chat: a URL below `FRONTEND_URL`, or a path that begins " +
        "with `/`; 503 if `FRONTEND_URL` is not set",
      urgent: "shows it in the urgent bar until it is read",
      scheduled_time: "when to send it, at most a year ahead; UTC if it has no offset; a time in the past means now",
      org_slug: "the organisation; with `single_user`, the organisation in which the person is looked up",
      manager_or_above: "notifies admins only",
      email_subject: "default: the organisation, the category and the first line of the message",
    },
    response: z.strictObject({
      res: SentNotification,
      errors: z.array(z.string()).check(z.describe("a sentence for each of `recipients` that there is not")),
    }),
    badRequests: [
      "org_slug is required to sent notification to all org users.",
      "user email is required to sent notification to a user.",
      "No users found for the given information",
      "A notification can be scheduled at most a year ahead.",
      "1,000 notifications are scheduled already. Cancel some, or wait until some have been sent.",
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
    summary: "List sent and scheduled notifications, newest first",
    description:
      `${SCOPE} With \`read_status\`, the list is the caller's own inbox. At most 1,000 notifications are counted; ` +
      "`total_is_lower_bound` is there if there may be more. With `q`, a request searches 300 notifications at most. A page " +
      "may have fewer results than `limit`, or none: continue as long as there is a `next_cursor`.",
    fields: { ...PAGE_DOCS, ...FILTER_DOCS, ...SEARCH_DOCS, ...CURSOR_DOCS, org_slug: ORG_SLUG },
    response: cursorPageOf(HistoryItem),
    badRequests: ["A service key has no inbox, so it cannot filter by read_status."],
    example: { query: { page: "1", limit: "10", category: "system" } },
  },

  "GET /api/notifications/recipients": {
    summary: "List the recipients of a notification and whether each has read it",
    description:
      "The list is empty while the notification is scheduled. An answer has at most 10,000 recipients; `next` is there " +
      "if there are more.",
    fields: { notification_id: "of my organisation", after: "the `next` of the previous answer" },
    response: z.strictObject({ ...SUCCESS, res: z.array(Recipient), next: z.optional(Id) }),
    badRequests: [DOES_NOT_EXIST],
    example: { query: { notification_id: "1" } },
  },

  "DELETE /api/notifications": {
    summary: "Cancel a scheduled notification",
    fields: { notification_id: "of my organisation" },
    response: z.strictObject({ ...SUCCESS, message: z.string() }),
    badRequests: [DOES_NOT_EXIST, "Notification has already been sent and cannot be deleted."],
    example: { query: { notification_id: "2" } },
  },
} satisfies DocsByRoute
