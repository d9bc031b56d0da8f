import type { Context } from "hono"
import { getCookie } from "hono/cookie"
import { createMiddleware } from "hono/factory"
import { AppError, notAllowed } from "../runtime/errors"
import { log } from "../runtime/log"
import { orgFor } from "../auth/authority"
import { type Caller, mayAddressAnybody } from "../auth/caller"
import { membershipIn, membershipsOf } from "../auth/membership"
import { isAtLeast, type Role } from "../domain/roles"
import { type Door, demanding } from "./route-meta"
import { isOneOf } from "../auth/compare-keys"
import { isAllowed } from "./cors"
import type { App } from "./router"
import { readToken } from "../auth/access-token"

const cookieOf = (c: Context<App>) => getCookie(c, "access_token")
const bearerOf = (c: Context<App>) => c.req.header("authorization")?.match(/^Bearer +(\S+)$/i)?.[1]

/** The token of a request: the cookie, and where there is none the header. */
export const tokenOf = (c: Context<App>) => cookieOf(c) || bearerOf(c)

/** The organisation that the caller chose for this request; an empty header chooses none. */
export const chosenSlug = (c: Context<App>) => c.req.header("x-dalgo-org") || undefined

/** Knows who is asking, or refuses. Every refusal reads the same; the log has the reason. */
export const signedIn = demanding(
  { door: "signed in" },
  createMiddleware<App>(async (c, next) => {
    c.set("caller", await callerOf(c))
    await next()
  }),
)

/** The caller must be a person; their own inbox in the organisation they chose is `me`. */
export const ownInbox = demanding(
  { door: "own inbox" },
  createMiddleware<App>(async (c, next) => {
    const caller = await callerOf(c)
    if (caller.kind !== "person") throw notAllowed()
    c.set("caller", caller)
    c.set("me", membershipIn(caller.memberships, chosenSlug(c)))
    c.set("signedInUntil", caller.expiresAt)
    await next()
  }),
)

/** The caller must be an admin somewhere, or a server. What exactly they may touch is the verb's question. */
export const admins = demanding(
  { door: "admins" },
  createMiddleware<App>(async (c, next) => {
    const caller = await callerOf(c)
    if (caller.kind === "person" && !caller.memberships.some((m) => isAtLeast(m.role, "admin"))) throw notAllowed()
    c.set("caller", caller)
    await next()
  }),
)

const orgDoor = (door: Door, needed: Role) =>
  demanding(
    { door },
    createMiddleware<App>(async (c, next) => {
      const caller = await callerOf(c)
      c.set("caller", caller)
      c.set("org", await orgFor(c.var.deps, { caller, slug: chosenSlug(c), needed }))
      await next()
    }),
  )

/** The caller must belong to the organisation that they chose, or look after all: it is `org`. */
export const anyOrg = orgDoor("organisation", "member")

/** The same, and they must run it. */
export const ownOrg = orgDoor("own organisation", "admin")

/** The caller must be a super-admin or a server. */
export const operators = demanding(
  { door: "operators" },
  createMiddleware<App>(async (c, next) => {
    const caller = await callerOf(c)
    if (!mayAddressAnybody(caller)) throw notAllowed()
    c.set("caller", caller)
    await next()
  }),
)

/** A page elsewhere makes a browser send its cookies along; it must not make it do anything. */
function isForeign(c: Context<App>): boolean {
  const origin = c.req.header("origin")
  return !["GET", "HEAD"].includes(c.req.method) && origin !== undefined && !isAllowed(c, origin)
}

async function callerOf(c: Context<App>): Promise<Caller> {
  const { db, settings, now } = c.var.deps
  const token = tokenOf(c)
  if (cookieOf(c) && isForeign(c)) throw notAllowed()
  if (!token) throw new AppError("unauthenticated", "Not signed in")
  // A key is a server's, and servers send no cookies.
  if (!cookieOf(c) && (await isOneOf(settings.SERVICE_KEYS, token))) return { kind: "service" }

  const read = await readToken(token, settings, now())
  if (read.kind === "expired") throw new AppError("token_expired", "Token expired")
  if (read.kind === "invalid") {
    log({ event: "sign_in_refused", request_id: c.var.requestId, reason: read.reason })
    throw new AppError("unauthenticated", "Not signed in")
  }
  const memberships = await membershipsOf(db, { userId: read.userId, now: now() })
  return {
    kind: "person",
    userId: read.userId,
    expiresAt: read.expiresAt,
    memberships,
    isSuperAdmin: memberships.some((m) => m.role === "super-admin"),
  }
}
