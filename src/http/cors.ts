import type { Context } from "hono"
import { cors } from "hono/cors"
import type { AppEnv } from "./router"

/** Whether this exact origin may send cookies: a configured one, or our own. */
export const isAllowedOrigin = (c: Context<AppEnv>, origin: string) =>
  origin === new URL(c.req.url).origin || c.var.deps.config.ALLOWED_ORIGINS.includes(origin)

export const corsPolicy = cors({
  origin: (origin, c: Context<AppEnv>) => (isAllowedOrigin(c, origin) ? origin : null),
  credentials: true,
  allowMethods: ["GET", "POST", "PUT", "PATCH", "DELETE"],
  allowHeaders: ["content-type", "x-dalgo-org", "authorization", "idempotency-key", "x-csrftoken"],
  exposeHeaders: ["x-request-id", "retry-after"],
  maxAge: 600,
})
