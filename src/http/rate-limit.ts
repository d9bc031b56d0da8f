import { createMiddleware } from "hono/factory"
import type { Deps } from "../deps"
import { requireWithinLimit, searchKey } from "../runtime/rate-limit"
import { callerKey } from "../auth/caller"
import type { Membership } from "../auth/membership"
import { withMeta } from "./route-meta"
import type { AppEnv } from "./router"

/** Limits how often one person may search, by `SEARCH_LIMIT` in wrangler.toml. Must come after authentication. */
export const searchRateLimit = withMeta(
  { rateLimited: true },
  createMiddleware<AppEnv>(async (c, next) => {
    const { caller, deps } = c.var
    const isSearch = c.req.query("q") !== undefined
    if (isSearch && caller.kind === "person") await requireWithinLimit(deps.searchRateLimit, searchKey(caller))
    await next()
  }),
)

/** Limits how often one caller may send; `SEND_LIMIT` in wrangler.toml has the number. Must come after authentication. */
export const sendRateLimit = withMeta(
  { rateLimited: true },
  createMiddleware<AppEnv>(async (c, next) => {
    await requireWithinLimit(c.var.deps.sendRateLimit, callerKey(c.var.caller))
    await next()
  }),
)

/** Limits how often one person may open a socket or get a ticket for one, by `CONNECT_LIMIT` in wrangler.toml. */
export const limitConnects = ({ connectRateLimit: limit }: Deps, { orgUserId }: { orgUserId: number }): Promise<void> =>
  requireWithinLimit(limit, String(orgUserId))

/** The same for a route. Must come after `member`. */
export const connectRateLimit = withMeta(
  { rateLimited: true },
  createMiddleware<AppEnv & { Variables: { me: Membership } }>(async (c, next) => {
    await limitConnects(c.var.deps, c.var.me)
    await next()
  }),
)
