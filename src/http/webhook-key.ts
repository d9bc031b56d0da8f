import { createMiddleware } from "hono/factory"
import { AppError } from "../runtime/errors"
import type { Settings } from "../runtime/config"
import { demanding } from "./route-meta"
import { isOneOf } from "../auth/compare-keys"
import type { App } from "./router"

/**
 * Lets in who knows one of the keys in `setting`. Where none is configured the door is closed, and never open to
 * all.
 */
export const webhookKey = (header: string, setting: "PREFECT_NOTIFICATIONS_WEBHOOK_KEY" & keyof Settings) =>
  demanding(
    { door: "webhook key", keyHeader: header },
    createMiddleware<App>(async (c, next) => {
      const keys = c.var.deps.settings[setting]
      if (keys.length === 0) throw new AppError("unavailable", `${setting} is not configured`)
      if (!(await isOneOf(keys, c.req.header(header) ?? ""))) throw new AppError("unauthenticated", "wrong key")
      await next()
    }),
  )
