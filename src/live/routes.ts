import type { Context } from "hono"
import * as z from "zod/mini"
import { AppError, notAllowed } from "../runtime/errors"
import { member, requestToken } from "../http/authenticate"
import { query } from "../http/validate"
import { isAllowedOrigin } from "../http/cors"
import { type AppEnv, router } from "../http/router"
import { verifyAccessToken } from "../auth/access-token"
import { loadMemberships } from "../auth/membership"
import { type Handshake, toHandshakeRequest } from "./handshake"
import { closedSocket, CLOSE_INVALID_TOKEN, CLOSE_NO_TOKEN } from "./close-codes"
import { issueTicket, verifyTicket } from "./ticket"

const HandshakeQuery = z.object({
  orgslug: z.optional(z.string().check(z.maxLength(100))),
  ticket: z.optional(z.string().check(z.maxLength(2_000))),
})
type HandshakeQuery = z.infer<typeof HandshakeQuery>

/** Hands out what opens a socket where a page cannot send the cookie along. */
export const ticketRoutes = router().post("/", member, async (c) => {
  const { deps, me, signedInUntil: until } = c.var
  return c.json({ success: true, res: await issueTicket(deps, { me, until }) })
})

/**
 * Opens a socket to the organisation's urgent bar. A browser cannot read the status of a refused handshake, so
 * that a missing or bad token is told by a close code; a page of another origin is refused before all that.
 */
export const liveRoutes = router().get("/notifications", query(HandshakeQuery), async (c) => {
  if (c.req.header("upgrade")?.toLowerCase() !== "websocket") throw new AppError("rejected", "this is a WebSocket")
  const origin = c.req.header("origin")
  if (origin && !isAllowedOrigin(c, origin)) throw notAllowed()

  const judged = await authorizeHandshake(c, c.req.valid("query"))
  if (judged.kind === "refused") return closedSocket(judged.code, judged.reason)
  return c.var.deps.bar(judged.orgId).fetch(toHandshakeRequest(judged))
})

type HandshakeDecision =
  | ({ kind: "admitted"; orgId: number } & Handshake)
  | { kind: "refused"; code: number; reason: string }

const authorizeHandshake = (
  c: Context<AppEnv>,
  { ticket, orgslug: slug }: HandshakeQuery,
): Promise<HandshakeDecision> => (ticket ? authorizeTicket(c, ticket, slug) : authorizeToken(c, slug))

/** Asks the database nothing: who was removed since the ticket was issued is found by the bar's next alarm. */
async function authorizeTicket(
  c: Context<AppEnv>,
  ticket: string,
  slug: string | undefined,
): Promise<HandshakeDecision> {
  const read = await verifyTicket(c.var.deps, ticket)
  if (!read) return { kind: "refused", code: CLOSE_INVALID_TOKEN, reason: "the ticket is invalid or expired" }
  if (slug && slug !== read.orgSlug)
    return { kind: "refused", code: CLOSE_INVALID_TOKEN, reason: "no such organisation" }
  return { kind: "admitted", ...read }
}

async function authorizeToken(c: Context<AppEnv>, slug: string | undefined): Promise<HandshakeDecision> {
  const { db, config, now } = c.var.deps
  const token = requestToken(c)
  if (!token) return { kind: "refused", code: CLOSE_NO_TOKEN, reason: "not signed in" }
  const read = await verifyAccessToken(token, config, now())
  if (read.kind !== "valid")
    return { kind: "refused", code: CLOSE_INVALID_TOKEN, reason: "the token is invalid or expired" }
  const memberships = await loadMemberships(db, { userId: read.userId, now: now() })
  const membership = slug ? memberships.find((m) => m.orgSlug === slug) : memberships[0]
  if (!membership) return { kind: "refused", code: CLOSE_INVALID_TOKEN, reason: "no such organisation" }
  const { orgId, orgUserId } = membership
  return { kind: "admitted", orgId, connection: { orgUserId, until: read.expiresAt } }
}
