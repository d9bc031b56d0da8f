import * as z from "zod/mini"
import { DELIVERY_CHANNELS } from "../../domain/channels"
import type { DocsByRoute } from "../../http/route-docs"
import { withSchemaName } from "../../http/schema-name"
import { Count, Id, NextCursor, PAGE_DOCS, SUCCESS, Time } from "../../inbox/docs"
import { ORG_SLUG, SCOPE } from "../docs"
import { DELIVERY_ID_PATTERN } from "./id"
import { UndeliveredStatus } from "./schemas"

export const FailedDelivery = withSchemaName(
  "FailedDelivery",
  z.strictObject({
    id: z.string().check(z.regex(DELIVERY_ID_PATTERN)),
    notification_id: Id,
    channel: z.enum(DELIVERY_CHANNELS),
    recipient: z.string().check(z.describe("an e-mail address; for Discord and Slack, the name of the organisation")),
    status: UndeliveredStatus.check(z.describe("`failed`: refused for good; `dead`: every attempt failed")),
    attempts: Count,
    reason: z.nullable(z.string()),
    updated_at: Time.check(z.describe("when the last attempt ended")),
  }),
)
export type FailedDelivery = z.infer<typeof FailedDelivery>

export const undeliveredDocs = {
  "GET /api/notifications/deliveries": {
    summary: "List messages that could not be delivered, newest first",
    description: SCOPE,
    fields: {
      status: "`failed`, `dead`, or both separated by a comma; default: both",
      limit: PAGE_DOCS.limit,
      cursor: "the `next_cursor` of the previous page",
      org_slug: ORG_SLUG,
    },
    response: z.strictObject({ ...SUCCESS, res: z.array(FailedDelivery), limit: Id, next_cursor: NextCursor }),
    example: { query: { status: "failed,dead", limit: "10" } },
  },

  "POST /api/notifications/deliveries/:id/resend": {
    summary: "Send a message again that could not be delivered",
    description: "It gets the full number of attempts again. People who left the organisation still get nothing.",
    fields: { id: "as in the list of messages that could not be delivered" },
    response: z.strictObject({ ...SUCCESS, message: z.string() }),
    badRequests: ["Only a failed delivery can be sent again."],
    example: { path: { id: "1-email-2" } },
  },
} satisfies DocsByRoute
