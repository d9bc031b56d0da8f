import { createMiddleware } from "hono/factory"
import type { AppEnv } from "./router"

/**
 * For every answer of the worker. Our pages are plain HTML with one style sheet and at most a form; an asset has a policy
 * of its own, from web/pages/_headers.
 */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

/** Nothing is stored by a browser or a proxy, and no page may do more than it needs, unless the answer says otherwise. */
export const defaultHeaders = createMiddleware<AppEnv>(async (c, next) => {
  await next()
  // The headers of a WebSocket's handshake cannot be changed.
  if (c.res.status === 101) return
  if (!c.res.headers.has("Cache-Control")) c.header("Cache-Control", "private, no-store")
  if (!c.res.headers.has("Content-Security-Policy")) c.header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
})
