import * as z from "zod/mini"
import type { DocsByRoute } from "../http/route-docs"

const Ticket = z.strictObject({ ticket: z.string(), expires_in: z.literal(30) })
export type Ticket = z.infer<typeof Ticket>

export const liveDocs = {
  "POST /api/notifications/ticket": {
    summary: "Get a ticket for one WebSocket",
    description:
      "For a page of another site, whose WebSocket carries no cookie. The ticket opens the urgent bar of the chosen " +
      "organisation once, within 30 seconds. The socket closes when the access token expires that the ticket was issued for.",
    response: z.strictObject({ success: z.literal(true), res: Ticket }),
  },
  "GET /wss/notifications": {
    summary: "Follow the urgent bar live",
    description:
      "Upgrades to a WebSocket. The request is signed in by a ticket in the query, else by the cookie, else by a Bearer " +
      "token. orgslug chooses the organisation. The first frame is a snapshot. It is followed by urgent_added, " +
      'urgent_removed, unread_count and item_updated, each as {"message":"","status":"success","data":{"type":…,"seq":…}}. ' +
      'The client may send {"type":"hello","last_seq":…}, {"type":"dismiss","ids":[…]} and ping. An Origin that is not ' +
      "allowed gets 403. A handshake without a valid token is accepted and closed: 4001 means no token; 4003 means an " +
      "invalid or expired token, a used ticket, or a person who is no longer a member. A person may have 10 sockets: " +
      "the next one closes the oldest with 4008. Do not reconnect by yourself after 4001, 4003 and 4008. A person may " +
      "send 60 messages at once over all their sockets, pings not counted, and one more every five seconds; a further one " +
      "closes its socket with 1008. A message of more than 16 kB closes it with 1009. Reconnect after these with a growing " +
      "delay.",
    fields: { orgslug: "the organisation; the person's first one if absent", ticket: "instead of the cookie" },
    response: z.void(),
    badRequests: ["this is a WebSocket"],
    errors: {
      not_allowed: "A page of another origin.",
      rate_limited: "Too many sockets or tickets of this person within a minute.",
      unavailable: "Tickets, or sign-in, are not configured.",
    },
  },
} satisfies DocsByRoute
