import { createMiddleware } from "hono/factory"
import type { Deps } from "../deps"
import { AppError } from "../runtime/errors"
import { callerKey } from "../auth/caller"
import { countSearch } from "../auth/search-limit"
import type { Membership } from "../auth/membership"
import { withMeta } from "./route-meta"
import type { AppEnv } from "./router"

const WINDOW_SECONDS = 60

/** Limits how often one person may search; `SEARCH_LIMIT` in wrangler.toml has the number. Must come after authentication. */
export const searchRateLimit = withMeta(
  { rateLimited: true },
  createMiddleware<AppEnv>(async (c, next) => {
    const { caller, deps } = c.var
    if (c.req.query("q") !== undefined && caller.kind === "person") await countSearch(deps, caller)
    await next()
  }),
)

/** Limits how often one caller may send; `SEND_LIMIT` in wrangler.toml has the number. Must come after authentication. */
export const sendRateLimit = withMeta(
  { rateLimited: true },
  createMiddleware<AppEnv>(async (c, next) => {
    const { success } = await c.var.deps.sendRateLimit.limit({ key: callerKey(c.var.caller) })
    if (!success) throw new AppError("rate_limited", "too many at once", { retryAfterSeconds: WINDOW_SECONDS })
    await next()
  }),
)

/** Limits how often one person may open a socket, or get a ticket for one; `CONNECT_LIMIT` in wrangler.toml has the number. */
export async function limitConnects(deps: Deps, { orgUserId }: { orgUserId: number }): Promise<void> {
  const { success } = await deps.connectRateLimit.limit({ key: String(orgUserId) })
  if (!success) throw new AppError("rate_limited", "too many at once", { retryAfterSeconds: WINDOW_SECONDS })
}

/** The same for a route. Must come after `member`. */
export const connectRateLimit = withMeta(
  { rateLimited: true },
  createMiddleware<AppEnv & { Variables: { me: Membership } }>(async (c, next) => {
    await limitConnects(c.var.deps, c.var.me)
    await next()
  }),
)
