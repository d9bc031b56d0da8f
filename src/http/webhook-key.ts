import { createMiddleware } from "hono/factory"
import { AppError } from "../runtime/errors"
import type { Config } from "../runtime/config"
import { withMeta } from "./route-meta"
import { matchesAnyKey } from "../auth/compare-keys"
import type { AppEnv } from "./router"

/** Requires one of the keys in `setting` in this header. Answers 503 while no key is configured, or none that is usable. */
export const webhookKey = (header: string, setting: "PREFECT_NOTIFICATIONS_WEBHOOK_KEY" & keyof Config) =>
  withMeta(
    { access: "webhook key", keyHeader: header },
    createMiddleware<AppEnv>(async (c, next) => {
      const keys = c.var.deps.config[setting]
      if (keys.length === 0) throw new AppError("unavailable", `${setting} is not configured`)
      if (!(await matchesAnyKey(keys, c.req.header(header) ?? ""))) throw new AppError("unauthenticated", "wrong key")
      await next()
    }),
  )
