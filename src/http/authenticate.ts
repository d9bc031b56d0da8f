import type { Context } from "hono"
import { createMiddleware } from "hono/factory"
import { AppError, notAllowed, notFound } from "../runtime/errors"
import { log } from "../runtime/log"
import { resolveOrg } from "../auth/authority"
import { type Caller, callerKey, isPlatformCaller } from "../auth/caller"
import { requireMembership, loadMemberships } from "../auth/membership"
import { isAtLeast, type Role } from "../domain/roles"
import { type Access, withMeta } from "./route-meta"
import { matchesAnyKey, shortHash } from "../auth/compare-keys"
import { isAllowedOrigin } from "./cors"
import { membershipsOf } from "./memberships"
import { requestIds } from "./request-id"
import type { AppEnv } from "./router"
import { verifyAccessToken } from "../auth/access-token"

/** Of several cookies of this name the last one counts, as in Django. An empty one counts as none. */
export function cookieToken(c: Context<AppEnv>): string | undefined {
  const pairs = (c.req.header("cookie") ?? "").split(";")
  const value = pairs
    .findLast((pair) => /^\s*access_token\s*=/.test(pair))
    ?.replace(/^[^=]*=/, "")
    .trim()
  return value?.replace(/^"(.*)"$/, "$1") || undefined
}

export const bearerToken = (c: Context<AppEnv>) => c.req.header("authorization")?.match(/^Bearer +(\S+)$/i)?.[1]

/** The access token or service key of a request. The cookie takes precedence over the header. */
export const requestToken = (c: Context<AppEnv>) => cookieToken(c) || bearerToken(c)

/** The slug in `x-dalgo-org`. An empty header counts as none. */
export const chosenSlug = (c: Context<AppEnv>) => c.req.header("x-dalgo-org") || undefined

/** Requires a person or a server. Every rejected token gets the same 401; the log has the reason. */
export const signedIn = withMeta(
  { access: "signed in" },
  createMiddleware<AppEnv>(async (c, next) => {
    c.set("caller", await authenticate(c))
    await next()
  }),
)

/**
 * Requires a person who belongs to the chosen organisation: `me`. A server may act for one whom it names in
 * `x-dalgo-user`.
 */
export const member = withMeta(
  { access: "member" },
  createMiddleware<AppEnv>(async (c, next) => {
    const caller = await authenticate(c, { mayNameUser: true })
    setMember(c, caller.kind === "service" ? await personNamedBy(c, caller) : caller)
    await next()
  }),
)

/** As `member`, without servers: for what belongs to a browser, or needs the person's own token. */
export const memberInPerson = withMeta(
  { access: "member in person" },
  createMiddleware<AppEnv>(async (c, next) => {
    const caller = await authenticate(c)
    if (caller.kind !== "person") throw notAllowed()
    setMember(c, caller)
    await next()
  }),
)

function setMember(c: Context<AppEnv>, caller: Extract<Caller, { kind: "person" }>): void {
  c.set("caller", caller)
  c.set("me", requireMembership(caller.memberships, chosenSlug(c)))
  c.set("signedInUntil", caller.expiresAt)
}

/** The person for whom a server acts, with the rights of a member only. */
async function personNamedBy(c: Context<AppEnv>, server: Extract<Caller, { kind: "service" }>) {
  const { db, now } = c.var.deps
  const userId = namedUser(c)
  if (!userId) throw notAllowed()
  const memberships = await loadMemberships(db, { userId, now: now() })
  if (memberships.length === 0) throw notFound("person")
  const { orgUserId } = requireMembership(memberships, chosenSlug(c))
  log({ event: "acted_for_member", request_id: c.var.requestId, caller: callerKey(server), org_user_id: orgUserId })
  return { kind: "person" as const, userId, expiresAt: now(), memberships, isSuperAdmin: false }
}

/** Requires an admin of any organisation, or a server. The handler must check which organisation they may act on. */
export const anyAdmin = withMeta(
  { access: "any admin" },
  createMiddleware<AppEnv>(async (c, next) => {
    const caller = await authenticate(c)
    if (caller.kind === "person" && !caller.memberships.some((m) => isAtLeast(m.role, "admin"))) throw notAllowed()
    c.set("caller", caller)
    await next()
  }),
)

const orgAccess = (access: Access, needed: Role) =>
  withMeta(
    { access },
    createMiddleware<AppEnv>(async (c, next) => {
      const caller = await authenticate(c)
      c.set("caller", caller)
      c.set("org", await resolveOrg(c.var.deps, { caller, slug: chosenSlug(c), needed }))
      await next()
    }),
  )

/** Requires a member of the chosen organisation, or a platform caller. Sets `org`. */
export const orgMember = orgAccess("org member", "member")

/** Requires an admin of the chosen organisation, or a platform caller. Sets `org`. */
export const orgAdmin = orgAccess("org admin", "admin")

/** Requires a platform caller: a super-admin or a server. */
export const platformOnly = withMeta(
  { access: "platform only" },
  createMiddleware<AppEnv>(async (c, next) => {
    const caller = await authenticate(c)
    if (!isPlatformCaller(caller)) throw notAllowed()
    c.set("caller", caller)
    await next()
  }),
)

/** Requires a server. */
export const serverOnly = withMeta(
  { access: "server only" },
  createMiddleware<AppEnv>(async (c, next) => {
    const caller = await authenticate(c)
    if (caller.kind !== "service") throw notAllowed()
    c.set("caller", caller)
    await next()
  }),
)

/** Against CSRF: browsers also send the cookie with requests that pages of other origins make. */
export function isForeignOrigin(c: Context<AppEnv>): boolean {
  const origin = c.req.header("origin")
  return !["GET", "HEAD"].includes(c.req.method) && origin !== undefined && !isAllowedOrigin(c, origin)
}

/** Whether a server calls with its key. Servers send no cookies, so a cookie is never compared with the service keys. */
export async function isServiceCall(c: Context<AppEnv>): Promise<boolean> {
  const token = cookieToken(c) ? undefined : bearerToken(c)
  return token !== undefined && matchesAnyKey(c.var.deps.config.SERVICE_KEYS, token)
}

/** The `user_id` in `x-dalgo-user`. An empty header counts as none. */
const namedUser = (c: Context<AppEnv>) => c.req.header("x-dalgo-user") || undefined

/**
 * Who sends the request. `x-dalgo-user` is refused where it would not count, so that no caller takes an answer with their
 * own rights for one with the rights of that person.
 */
async function authenticate(c: Context<AppEnv>, { mayNameUser = false } = {}): Promise<Caller> {
  const caller = await identify(c)
  if (!namedUser(c)) return caller
  if (caller.kind === "person") throw new AppError("not_allowed", "only a server may send x-dalgo-user")
  if (!mayNameUser) throw new AppError("not_allowed", "x-dalgo-user does not apply to this route")
  return caller
}

async function identify(c: Context<AppEnv>): Promise<Caller> {
  const { config, now } = c.var.deps
  const token = requestToken(c)
  if (cookieToken(c) && isForeignOrigin(c)) throw notAllowed()
  if (!token) throw new AppError("unauthenticated", "Not signed in")
  if (await isServiceCall(c)) return { kind: "service", keyHash: await shortHash(token) }

  const verified = await verifyAccessToken(token, config, now())
  // The web app refreshes its cookie on 498. A Bearer token is another program's, which expects 401.
  if (verified.kind === "expired") {
    throw new AppError(cookieToken(c) ? "token_expired" : "unauthenticated", "Token expired")
  }
  if (verified.kind === "invalid") {
    log({ event: "access_token_rejected", ...requestIds(c), reason: verified.reason })
    throw new AppError("unauthenticated", "Not signed in")
  }
  const memberships = await membershipsOf(c, { userId: verified.userId, slug: chosenSlug(c) })
  return {
    kind: "person",
    userId: verified.userId,
    expiresAt: verified.expiresAt,
    memberships,
    isSuperAdmin: memberships.some((m) => m.role === "super-admin"),
  }
}
