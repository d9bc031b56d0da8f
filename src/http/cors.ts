import type { Context } from "hono"
import { cors } from "hono/cors"
import type { App } from "./router"

/** Exact origins only; our own pages count as allowed. */
export const isAllowed = (c: Context<App>, origin: string) =>
  origin === new URL(c.req.url).origin || c.var.deps.settings.ALLOWED_ORIGINS.includes(origin)

export const crossOrigin = cors({
  origin: (origin, c: Context<App>) => (isAllowed(c, origin) ? origin : null),
  credentials: true,
  allowMethods: ["GET", "POST", "PUT", "PATCH", "DELETE"],
  allowHeaders: ["content-type", "x-dalgo-org", "authorization", "idempotency-key", "x-csrftoken"],
  exposeHeaders: ["x-request-id", "retry-after"],
  maxAge: 600,
})
