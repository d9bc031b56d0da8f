import { Hono } from "hono/quick"
import type { Deps } from "../deps"
import type { Caller } from "../auth/caller"
import type { ChosenOrg } from "../auth/authority"
import type { Membership } from "../auth/membership"
import type { Idempotency } from "./idempotency"
import type { SnsMessage } from "../signals/email-feedback/sns/message"

/**
 * What middleware leaves for handlers: `me` and `signedInUntil` behind `ownInbox`, `org` behind `anyOrg`, `sns` behind
 * `fromSns`, `caller` behind every other door.
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
    sns: SnsMessage
    idempotency?: Idempotency
  }
}

/** A router that takes every path with and without its trailing slash. */
export const router = () => new Hono<AppEnv>({ strict: false })
