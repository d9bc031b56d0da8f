import type { Context } from "hono"
import * as z from "zod/mini"
import { AppError, notAllowed } from "../errors"
import { tokenOf } from "../http/auth"
import { query } from "../http/contract"
import { isAllowed } from "../http/origins"
import { type App, router } from "../http/router"
import { readToken } from "../http/token"
import { membershipsOf } from "../orgs/membership"
import { closedSocket, NO_LONGER_GOOD, NO_TOKEN } from "./closing"

const Handshake = z.object({ orgslug: z.optional(z.string().check(z.maxLength(100))) })

/**
 * Opens a socket to the organisation's urgent bar. A browser cannot read the status of a refused handshake, so
 * that a missing or bad token is told by a close code; a page of another origin is refused before all that.
 */
export const liveRoutes = router().get("/notifications", query(Handshake), async (c) => {
  if (c.req.header("upgrade")?.toLowerCase() !== "websocket") throw new AppError("rejected", "this is a WebSocket")
  const origin = c.req.header("origin")
  if (origin && !isAllowed(c, origin)) throw notAllowed()

  const seat = await seatFor(c, c.req.valid("query").orgslug)
  if (seat.kind === "refused") return closedSocket(seat.code, seat.reason)
  const search = new URLSearchParams({ org_user_id: String(seat.orgUserId), until: String(seat.until) })
  return c.var.deps.bar(seat.orgId).fetch(`https://bar/?${search.toString()}`, { headers: { upgrade: "websocket" } })
})

type Seat =
  | { kind: "seat"; orgId: number; orgUserId: number; until: number }
  | { kind: "refused"; code: number; reason: string }

async function seatFor(c: Context<App>, slug: string | undefined): Promise<Seat> {
  const { db, settings, now } = c.var.deps
  const token = tokenOf(c)
  if (!token) return { kind: "refused", code: NO_TOKEN, reason: "not signed in" }
  const read = await readToken(token, settings, now())
  if (read.kind !== "valid") return { kind: "refused", code: NO_LONGER_GOOD, reason: "the token is invalid or expired" }
  const memberships = await membershipsOf(db, { userId: read.userId, now: now() })
  const membership = slug ? memberships.find((m) => m.orgSlug === slug) : memberships[0]
  if (!membership) return { kind: "refused", code: NO_LONGER_GOOD, reason: "no such organisation" }
  return { kind: "seat", orgId: membership.orgId, orgUserId: membership.orgUserId, until: read.expiresAt }
}
