import type { Context } from "hono"
import { createMiddleware } from "hono/factory"
import { redact } from "../domain/redact"
import type { AppEnv } from "./router"

const HEADER = "X-Request-Id"
const MAX_CLIENT_ID_LENGTH = 64

/** Gives every request an id of ours, so that two requests never share one. */
export const requestId = createMiddleware<AppEnv>(async (c, next) => {
  const id = crypto.randomUUID()
  c.set("requestId", id)
  c.header(HEADER, id)
  await next()
})

/** The ids of a request for a log line: ours, and the caller's own where one was sent. */
export function requestIds(c: Pick<Context<AppEnv>, "req" | "var">): {
  request_id: string
  client_request_id?: string
} {
  const clientId = cleanClientId(c.req.header(HEADER) ?? "")
  return { request_id: c.var.requestId, ...(clientId && { client_request_id: clientId }) }
}

/** Anybody may send anything as an id: secrets are hidden, and no character can imitate another field or line. */
export const cleanClientId = (text: string): string =>
  redact(text.slice(0, 1_000))
    .replace(/[^\w.:=-]/g, "")
    .slice(0, MAX_CLIENT_ID_LENGTH)
