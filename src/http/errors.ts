import type { Context } from "hono"
import { HTTPException } from "hono/http-exception"
import { AppError, type ErrorCode, MisconfiguredError } from "../runtime/errors"
import { errorName, log, topFrames } from "../runtime/log"
import { requestIds } from "./request-id"
import type { AppEnv } from "./router"

/** On 498 Dalgo's web app refreshes its token once and tries again. On 401 it logs the person out. */
export const STATUS = {
  unauthenticated: 401,
  token_expired: 498,
  not_allowed: 403,
  not_found: 404,
  rejected: 400,
  conflict: 409,
  too_large: 413,
  not_json: 415,
  invalid: 422,
  rate_limited: 429,
  unavailable: 503,
  timed_out: 504,
  loop: 508,
} satisfies Record<ErrorCode, number>

/** Converts every error into a response. The message of an unexpected error is neither sent nor logged. */
export function onError(error: Error, c: Context<AppEnv>): Response {
  if (error instanceof AppError) {
    const { issues, retryAfterSeconds } = error.details
    if (retryAfterSeconds !== undefined) c.header("Retry-After", String(retryAfterSeconds))
    return respond(c, STATUS[error.code], { detail: issues ?? error.message })
  }
  if (error instanceof MisconfiguredError) {
    log({ event: "misconfigured", ...requestIds(c), reason: error.message })
    return respond(c, STATUS.unavailable, { detail: error.message })
  }
  if (error instanceof HTTPException && error.status < 500) {
    return respond(c, error.status, { detail: error.message || "bad request" })
  }
  const requestId = c.get("requestId")
  log({
    event: "request_failed",
    ...requestIds(c),
    reason: errorName(error),
    status: 500,
    stack: topFrames(error),
  })
  return respond(c, 500, { detail: "internal error", request_id: requestId })
}

export const onNotFound = (c: Context<AppEnv>) => respond(c, 404, { detail: "not found" })

const respond = (c: Context<AppEnv>, status: number, body: object) =>
  // Hono's type of statuses lacks 498.
  c.newResponse(JSON.stringify(body), status as 400, { "Content-Type": "application/json" })
