import { Hono } from "hono"
import type { Deps } from "../deps"
import type { Caller } from "../orgs/caller"
import type { Membership } from "../orgs/membership"

/** What middleware leaves for handlers. `me` is there behind `ownInbox`, `caller` behind `signedIn`. */
export type App = {
  Bindings: Env
  Variables: { requestId: string; deps: Deps; caller: Caller; me: Membership }
}

/** A router that takes every path with and without its trailing slash. */
export const router = () => new Hono<App>({ strict: false })
