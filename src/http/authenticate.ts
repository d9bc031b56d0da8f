import type { Context } from "hono"
import { getCookie } from "hono/cookie"
import { createMiddleware } from "hono/factory"
import { AppError, notAllowed } from "../runtime/errors"
import { log } from "../runtime/log"
import { resolveOrg } from "../auth/authority"
import { type Caller, isPlatformCaller } from "../auth/caller"
import { requireMembership, loadMemberships } from "../auth/membership"
import { isAtLeast, type Role } from "../domain/roles"
import { type Access, withMeta } from "./route-meta"
import { matchesAnyKey } from "../auth/compare-keys"
import { isAllowedOrigin } from "./cors"
import type { AppEnv } from "./router"
import { verifyAccessToken } from "../auth/access-token"

const cookieToken = (c: Context<AppEnv>) => getCookie(c, "access_token")
const bearerToken = (c: Context<AppEnv>) => c.req.header("authorization")?.match(/^Bearer +(\S+)$/i)?.[1]

/** The token of a request: the cookie, and where there is none the header. */
export const requestToken = (c: Context<AppEnv>) => cookieToken(c) || bearerToken(c)

/** The organisation that the caller chose for this request; an empty header chooses none. */
export const chosenSlug = (c: Context<AppEnv>) => c.req.header("x-dalgo-org") || undefined

/** Knows who is asking, or refuses. Every refusal reads the same; the log has the reason. */
export const signedIn = withMeta(
  { access: "signed in" },
  createMiddleware<AppEnv>(async (c, next) => {
    c.set("caller", await authenticate(c))
    await next()
  }),
)

/** The caller must be a person; their own inbox in the organisation they chose is `me`. */
export const member = withMeta(
  { access: "member" },
  createMiddleware<AppEnv>(async (c, next) => {
    const caller = await authenticate(c)
    if (caller.kind !== "person") throw notAllowed()
    c.set("caller", caller)
    c.set("me", requireMembership(caller.memberships, chosenSlug(c)))
    c.set("signedInUntil", caller.expiresAt)
    await next()
  }),
)

/** The caller must be an admin somewhere, or a server. What exactly they may touch is the verb's question. */
export const anyAdmin = withMeta(
  { access: "any admin" },
  createMiddleware<AppEnv>(async (c, next) => {
    const caller = await authenticate(c)
    if (caller.kind === "person" && !caller.memberships.some((m) => isAtLeast(m.role, "admin"))) throw notAllowed()
    c.set("caller", caller)
    await next()
  }),
)

const orgAccess = (door: Access, needed: Role) =>
  withMeta(
    { access: door },
    createMiddleware<AppEnv>(async (c, next) => {
      const caller = await authenticate(c)
      c.set("caller", caller)
      c.set("org", await resolveOrg(c.var.deps, { caller, slug: chosenSlug(c), needed }))
      await next()
    }),
  )

/** The caller must belong to the organisation that they chose, or look after all: it is `org`. */
export const orgMember = orgAccess("org member", "member")

/** The same, and they must run it. */
export const orgAdmin = orgAccess("org admin", "admin")

/** The caller must be a super-admin or a server. */
export const platformOnly = withMeta(
  { access: "platform only" },
  createMiddleware<AppEnv>(async (c, next) => {
    const caller = await authenticate(c)
    if (!isPlatformCaller(caller)) throw notAllowed()
    c.set("caller", caller)
    await next()
  }),
)

/** A page elsewhere makes a browser send its cookies along; it must not make it do anything. */
function isForeignOrigin(c: Context<AppEnv>): boolean {
  const origin = c.req.header("origin")
  return !["GET", "HEAD"].includes(c.req.method) && origin !== undefined && !isAllowedOrigin(c, origin)
}

async function authenticate(c: Context<AppEnv>): Promise<Caller> {
  const { db, config, now } = c.var.deps
  const token = requestToken(c)
  if (cookieToken(c) && isForeignOrigin(c)) throw notAllowed()
  if (!token) throw new AppError("unauthenticated", "Not signed in")
  // A key is a server's, and servers send no cookies.
  if (!cookieToken(c) && (await matchesAnyKey(config.SERVICE_KEYS, token))) return { kind: "service" }

  const read = await verifyAccessToken(token, config, now())
  if (read.kind === "expired") throw new AppError("token_expired", "Token expired")
  if (read.kind === "invalid") {
    log({ event: "access_token_rejected", request_id: c.var.requestId, reason: read.reason })
    throw new AppError("unauthenticated", "Not signed in")
  }
  const memberships = await loadMemberships(db, { userId: read.userId, now: now() })
  return {
    kind: "person",
    userId: read.userId,
    expiresAt: read.expiresAt,
    memberships,
    isSuperAdmin: memberships.some((m) => m.role === "super-admin"),
  }
}
