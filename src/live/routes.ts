import type { Context } from "hono"
import * as z from "zod/mini"
import { AppError, notAllowed } from "../runtime/errors"
import { memberInPerson, requestToken } from "../http/authenticate"
import { query } from "../http/validate"
import { isAllowedOrigin } from "../http/cors"
import { membershipsOf } from "../http/memberships"
import { connectRateLimit, limitConnects } from "../http/rate-limit"
import { type AppEnv, router } from "../http/router"
import { verifyAccessToken } from "../auth/access-token"
import { closedSocket, type Handshake, toHandshakeRequest } from "./handshake"
import { CLOSE_INVALID_TOKEN, CLOSE_NO_TOKEN } from "../domain/close-codes"
import { issueTicket, verifyTicket } from "./ticket"

const HandshakeQuery = z.object({
  orgslug: z.optional(z.string().check(z.maxLength(100))),
  ticket: z.optional(z.string().check(z.maxLength(2_000))),
})
type HandshakeQuery = z.infer<typeof HandshakeQuery>

/** Issues tickets for pages whose WebSocket cannot carry the cookie. */
export const ticketRoutes = router().post("/", memberInPerson, connectRateLimit, async (c) => {
  const { deps, me, signedInUntil: until } = c.var
  return c.json({ success: true, res: await issueTicket(deps, { me, until }) })
})

/**
 * Opens a socket to the organisation's urgent bar. A missing or invalid token is reported by a close code, since a
 * browser cannot read the status of a refused handshake. An origin that is not allowed gets 403 before anything else.
 */
export const liveRoutes = router().get("/notifications", query(HandshakeQuery), async (c) => {
  if (c.req.header("upgrade")?.toLowerCase() !== "websocket") throw new AppError("rejected", "this is a WebSocket")
  const origin = c.req.header("origin")
  if (origin && !isAllowedOrigin(c, origin)) throw notAllowed()

  const decision = await authorizeHandshake(c, c.req.valid("query"))
  if (decision.kind === "refused") return closedSocket(decision.code, decision.reason)
  await limitConnects(c.var.deps, decision.connection)
  return c.var.deps.bar(decision.orgId).fetch(toHandshakeRequest(decision))
})

type HandshakeDecision =
  | ({ kind: "accepted"; orgId: number } & Handshake)
  | { kind: "refused"; code: number; reason: string }

const authorizeHandshake = (
  c: Context<AppEnv>,
  { ticket, orgslug: slug }: HandshakeQuery,
): Promise<HandshakeDecision> => (ticket ? authorizeTicket(c, ticket, slug) : authorizeToken(c, slug))

/** Does not ask the database: the next alarm closes the socket of a person who was removed after the ticket was issued. */
async function authorizeTicket(
  c: Context<AppEnv>,
  ticket: string,
  slug: string | undefined,
): Promise<HandshakeDecision> {
  const verified = await verifyTicket(c.var.deps, ticket)
  if (!verified) return { kind: "refused", code: CLOSE_INVALID_TOKEN, reason: "the ticket is invalid or expired" }
  if (slug && slug !== verified.orgSlug)
    return { kind: "refused", code: CLOSE_INVALID_TOKEN, reason: "no such organisation" }
  return { kind: "accepted", ...verified }
}

async function authorizeToken(c: Context<AppEnv>, slug: string | undefined): Promise<HandshakeDecision> {
  const { config, now } = c.var.deps
  const token = requestToken(c)
  if (!token) return { kind: "refused", code: CLOSE_NO_TOKEN, reason: "not signed in" }
  const verified = await verifyAccessToken(token, config, now())
  if (verified.kind !== "valid")
    return { kind: "refused", code: CLOSE_INVALID_TOKEN, reason: "the token is invalid or expired" }
  const memberships = await membershipsOf(c, { userId: verified.userId, slug })
  const membership = slug ? memberships.find((m) => m.orgSlug === slug) : memberships[0]
  if (!membership) return { kind: "refused", code: CLOSE_INVALID_TOKEN, reason: "no such organisation" }
  const { orgId, orgUserId } = membership
  return { kind: "accepted", orgId, connection: { orgUserId, until: verified.expiresAt } }
}
