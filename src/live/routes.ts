import type { Context } from "hono"
import * as z from "zod/mini"
import { AppError, notAllowed } from "../runtime/errors"
import { ownInbox, tokenOf } from "../http/authenticate"
import { query } from "../http/validate"
import { isAllowed } from "../http/cors"
import { type App, router } from "../http/router"
import { readToken } from "../auth/access-token"
import { membershipsOf } from "../auth/membership"
import { type Admission, toRequest } from "./handshake"
import { closedSocket, NO_LONGER_GOOD, NO_TOKEN } from "./close-codes"
import { issueTicket, readTicket } from "./ticket"

const Handshake = z.object({
  orgslug: z.optional(z.string().check(z.maxLength(100))),
  ticket: z.optional(z.string().check(z.maxLength(2_000))),
})
type Handshake = z.infer<typeof Handshake>

/** Hands out what opens a socket where a page cannot send the cookie along. */
export const ticketRoutes = router().post("/", ownInbox, async (c) => {
  const { deps, me, signedInUntil: until } = c.var
  return c.json({ success: true, res: await issueTicket(deps, { me, until }) })
})

/**
 * Opens a socket to the organisation's urgent bar. A browser cannot read the status of a refused handshake, so
 * that a missing or bad token is told by a close code; a page of another origin is refused before all that.
 */
export const liveRoutes = router().get("/notifications", query(Handshake), async (c) => {
  if (c.req.header("upgrade")?.toLowerCase() !== "websocket") throw new AppError("rejected", "this is a WebSocket")
  const origin = c.req.header("origin")
  if (origin && !isAllowed(c, origin)) throw notAllowed()

  const judged = await judge(c, c.req.valid("query"))
  if (judged.kind === "refused") return closedSocket(judged.code, judged.reason)
  return c.var.deps.bar(judged.orgId).fetch(toRequest(judged))
})

type Judged = ({ kind: "admitted"; orgId: number } & Admission) | { kind: "refused"; code: number; reason: string }

const judge = (c: Context<App>, { ticket, orgslug: slug }: Handshake): Promise<Judged> =>
  ticket ? judgeTicket(c, ticket, slug) : judgeToken(c, slug)

/** Asks the database nothing: who was removed since the ticket was issued is found by the bar's next alarm. */
async function judgeTicket(c: Context<App>, ticket: string, slug: string | undefined): Promise<Judged> {
  const read = await readTicket(c.var.deps, ticket)
  if (!read) return { kind: "refused", code: NO_LONGER_GOOD, reason: "the ticket is invalid or expired" }
  if (slug && slug !== read.orgSlug) return { kind: "refused", code: NO_LONGER_GOOD, reason: "no such organisation" }
  return { kind: "admitted", ...read }
}

async function judgeToken(c: Context<App>, slug: string | undefined): Promise<Judged> {
  const { db, settings, now } = c.var.deps
  const token = tokenOf(c)
  if (!token) return { kind: "refused", code: NO_TOKEN, reason: "not signed in" }
  const read = await readToken(token, settings, now())
  if (read.kind !== "valid") return { kind: "refused", code: NO_LONGER_GOOD, reason: "the token is invalid or expired" }
  const memberships = await membershipsOf(db, { userId: read.userId, now: now() })
  const membership = slug ? memberships.find((m) => m.orgSlug === slug) : memberships[0]
  if (!membership) return { kind: "refused", code: NO_LONGER_GOOD, reason: "no such organisation" }
  const { orgId, orgUserId } = membership
  return { kind: "admitted", orgId, seat: { orgUserId, until: read.expiresAt } }
}
