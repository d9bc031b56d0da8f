import { createMiddleware } from "hono/factory"
import { AppError } from "../runtime/errors"
import { nameOf } from "../auth/caller"
import { demanding } from "./route-meta"
import type { App } from "./router"

const WINDOW_SECONDS = 60

/** How often one caller may send; wrangler.toml says the number. Comes after the caller is known. */
export const sendingLimit = demanding(
  { limited: true },
  createMiddleware<App>(async (c, next) => {
    const { success } = await c.var.deps.sendingLimit.limit({ key: nameOf(c.var.caller) })
    if (!success) throw new AppError("rate_limited", "too many at once", { retryAfterSeconds: WINDOW_SECONDS })
    await next()
  }),
)
