import type * as z from "zod/mini"

/** Whom a route lets in. */
export type Access =
  | "signed in"
  | "member"
  | "any admin"
  | "org member"
  | "org admin"
  | "platform only"
  | "webhook key"
  | "sns signature"

/** What a middleware demands of a request. */
export type RouteMeta = {
  access?: Access
  /** The header that carries the key of a webhook. */
  keyHeader?: string
  path?: z.ZodMiniType
  query?: z.ZodMiniType
  body?: z.ZodMiniType
  maxBodyBytes?: number
  /** Answers 304 to who has the same already. */
  conditional?: boolean
  /** Takes an `Idempotency-Key`. */
  idempotent?: boolean
  /** May answer 429. */
  rateLimited?: boolean
}

const metaByMiddleware = new WeakMap<object, RouteMeta>()

/**
 * Says what a middleware demands. The description of the API reads it off the registered routes, so that it cannot
 * say anything else than what is checked.
 */
export function withMeta<M extends object>(demand: RouteMeta, middleware: M): M {
  metaByMiddleware.set(middleware, demand)
  return middleware
}

export const metaOf = (middleware: object): RouteMeta => metaByMiddleware.get(middleware) ?? {}
