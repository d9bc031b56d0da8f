import { createMiddleware } from "hono/factory"
import { AppError } from "../runtime/errors"
import { callerKey } from "../auth/caller"
import { withMeta } from "./route-meta"
import type { AppEnv } from "./router"

const WINDOW_SECONDS = 60

/** Limits how often one caller may search; `SEARCH_LIMIT` in wrangler.toml has the number. Other requests pass. */
export const searchRateLimit = withMeta(
  { rateLimited: true },
  createMiddleware<AppEnv>(async (c, next) => {
    if (c.req.query("q") !== undefined) {
      const { success } = await c.var.deps.searchRateLimit.limit({ key: callerKey(c.var.caller) })
      if (!success) throw new AppError("rate_limited", "too many searches", { retryAfterSeconds: WINDOW_SECONDS })
    }
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
