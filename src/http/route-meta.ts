import type * as z from "zod/mini"

/** Whom a route lets in. */
export type Door =
  | "signed in"
  | "own inbox"
  | "admins"
  | "organisation"
  | "own organisation"
  | "operators"
  | "webhook key"
  | "signed by Amazon"

/** What a middleware demands of a request. */
export type Demand = {
  door?: Door
  /** The header that carries the key of a webhook. */
  keyHeader?: string
  path?: z.ZodMiniType
  query?: z.ZodMiniType
  body?: z.ZodMiniType
  largestBodyBytes?: number
  /** Answers 304 to who has the same already. */
  conditional?: boolean
  /** Takes an `Idempotency-Key`. */
  idempotent?: boolean
  /** May answer 429. */
  limited?: boolean
}

const demands = new WeakMap<object, Demand>()

/**
 * Says what a middleware demands. The description of the API reads it off the registered routes, so that it cannot
 * say anything else than what is checked.
 */
export function demanding<M extends object>(demand: Demand, middleware: M): M {
  demands.set(middleware, demand)
  return middleware
}

export const demandOf = (middleware: object): Demand => demands.get(middleware) ?? {}
