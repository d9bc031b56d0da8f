import { Hono } from "hono/quick"
import type { Deps } from "../deps"
import type { Caller } from "../auth/caller"
import type { ChosenOrg } from "../auth/authority"
import type { Membership } from "../auth/membership"
import type { Idempotency } from "../runtime/idempotency-key"

/**
 * The variables that middleware sets for handlers. All access middleware sets `caller`; `member` also sets `me` and
 * `signedInUntil`; `orgMember` and `orgAdmin` also set `org`; `idempotent` may set `idempotency`.
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

/** A router that accepts every path with and without a trailing slash. */
export const router = () => new Hono<AppEnv>({ strict: false })
