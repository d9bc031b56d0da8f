import type { Context } from "hono"
import type { ForwardedCredentials } from "../runtime/platform"
import type { AppEnv } from "./router"

/** The credentials of a person, for requests to Dalgo's backend in their name. */
export const forwardedCredentials = (
  c: Context<AppEnv>,
  { orgSlug }: { orgSlug: string | undefined },
): ForwardedCredentials => ({
  cookie: c.req.header("cookie"),
  authorization: c.req.header("authorization"),
  orgSlug,
})
