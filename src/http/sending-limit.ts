import { createMiddleware } from "hono/factory"
import { AppError } from "../errors"
import { demanding } from "./demands"
import type { App } from "./router"

const WINDOW_SECONDS = 60

/** How often one caller may send; wrangler.toml says the number. Comes after the caller is known. */
export const sendingLimit = demanding(
  { limited: true },
  createMiddleware<App>(async (c, next) => {
    const { caller } = c.var
    const key = caller.kind === "person" ? `person:${caller.userId}` : "service"
    const { success } = await c.env.SEND_LIMIT.limit({ key })
    if (!success) throw new AppError("rate_limited", "too many at once", { retryAfterSeconds: WINDOW_SECONDS })
    await next()
  }),
)
