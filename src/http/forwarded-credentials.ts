import type { Context } from "hono"
import { matchesAnyKey } from "../auth/compare-keys"
import type { ForwardedCredentials } from "../runtime/platform"
import type { AppEnv } from "./router"

/**
 * The credentials of a person, for requests to Dalgo's backend in their name. A service key beside a person's cookie is
 * left out: the backend knows people only.
 */
export async function forwardedCredentials(
  c: Context<AppEnv>,
  { orgSlug }: { orgSlug: string | undefined },
): Promise<ForwardedCredentials> {
  return {
    cookie: c.req.header("cookie"),
    authorization: (await hasServiceKey(c)) ? undefined : c.req.header("authorization"),
    orgSlug,
  }
}

/** Whether the `Authorization` header has one of our service keys, in whatever form. */
export async function hasServiceKey(c: Context<AppEnv>): Promise<boolean> {
  for (const word of (c.req.header("authorization") ?? "").split(/\s+/)) {
    if (await matchesAnyKey(c.var.deps.config.SERVICE_KEYS, word)) return true
  }
  return false
}
