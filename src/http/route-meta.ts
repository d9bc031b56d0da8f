import type * as z from "zod/mini"

/** The callers that a route accepts. */
export type Access =
  | "signed in"
  | "member"
  | "member in person"
  | "any admin"
  | "org member"
  | "org admin"
  | "platform only"
  | "server only"
  | "webhook key"
  | "sns signature"

/** A middleware's requirements of requests, and its additions to responses. */
export type RouteMeta = {
  access?: Access
  /** The header with the webhook key. */
  keyHeader?: string
  path?: z.ZodMiniType
  query?: z.ZodMiniType
  body?: z.ZodMiniType
  maxBodyBytes?: number
  /** Takes JSON as `text/plain` too, with a Bearer token. */
  takesText?: boolean
  /** Sends an `ETag`, and 304 if `If-None-Match` has it. */
  conditional?: boolean
  /** Accepts an `Idempotency-Key`. */
  idempotent?: boolean
  /** May answer 429. */
  rateLimited?: boolean
}

const metaByMiddleware = new WeakMap<object, RouteMeta>()

/**
 * Attaches to a middleware what it checks. `scripts/openapi` reads this from the registered routes, so that the API
 * description always agrees with the checks.
 */
export function withMeta<M extends object>(meta: RouteMeta, middleware: M): M {
  metaByMiddleware.set(middleware, meta)
  return middleware
}

export const metaOf = (middleware: object): RouteMeta => metaByMiddleware.get(middleware) ?? {}
