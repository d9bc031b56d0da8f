import { Hono } from "hono/quick"
import type { Deps } from "../deps"
import type { Caller } from "../auth/caller"
import type { ChosenOrg } from "../auth/authority"
import type { Membership } from "../auth/membership"
import type { Idempotency } from "./idempotency"

/**
 * What middleware sets for handlers: `me` and `signedInUntil` behind `member`, `org` behind `orgMember` and `orgAdmin`,
 * `caller` behind everything that signs somebody in. Middleware of one room adds its own variables to its type.
 */
export type AppEnv = {
  Bindings: Env
  Variables: {
    requestId: string
    deps: Deps
    caller: Caller
    me: Membership
    signedInUntil: number
    org: ChosenOrg
    idempotency?: Idempotency
  }
}

/** A router that takes every path with and without its trailing slash. */
export const router = () => new Hono<AppEnv>({ strict: false })
