import * as z from "zod/mini"
import type { DocsByRoute } from "../http/route-docs"

const Ticket = z.strictObject({ ticket: z.string(), expires_in: z.literal(30) })
export type Ticket = z.infer<typeof Ticket>

export const liveDocs = {
  "POST /api/notifications/ticket": {
    summary: "Get a ticket for one WebSocket",
    description:
      "For a page of another site, whose WebSocket carries no cookie. It opens the urgent bar of the chosen " +
      "organisation once, within 30 seconds; the socket ends when the access token does that paid for it.",
    response: z.strictObject({ success: z.literal(true), res: Ticket }),
  },
  "GET /wss/notifications": {
    summary: "Follow the urgent bar live",
    description:
      "Upgrades to a WebSocket, for who has the cookie, a Bearer token or, in the query, a ticket (which counts before " +
      "the others). orgslug chooses the organisation. The first frame is a snapshot; then urgent_added, urgent_removed, " +
      'unread_count and item_updated, each as {"message":"","status":"success","data":{"type":…,"seq":…}}. The client may ' +
      'say {"type":"hello","last_seq":…}, {"type":"dismiss","ids":[…]} and ping. An Origin that is not allowed is ' +
      "answered 403. A handshake without a good token is accepted and closed: 4001 no token; 4003 a bad or expired one, a " +
      "ticket that was used, or somebody who is no longer a member.",
    fields: { orgslug: "the organisation; without it, the person's first one", ticket: "instead of a cookie" },
    response: z.void(),
    badRequests: ["this is a WebSocket"],
    errors: { not_allowed: "A page of another origin.", unavailable: "Tickets, or sign-in, are not configured." },
  },
} satisfies DocsByRoute
