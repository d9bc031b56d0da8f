import { createMiddleware } from "hono/factory"
import { AppError } from "../runtime/errors"
import { log } from "../runtime/log"
import { PLATFORM_MARK } from "../runtime/platform"
import type { AppEnv } from "./router"

const REASON =
  "PLATFORM_ORIGIN leads back to this service: it must be an address at which Dalgo's backend itself answers"

/** Ends the circle of a request that this service sent to Dalgo's backend and that came back. */
export const refuseLoop = createMiddleware<AppEnv>(async (c, next) => {
  if (c.req.header(PLATFORM_MARK) !== undefined) {
    log({ event: "misconfigured", request_id: c.var.requestId, reason: REASON })
    throw new AppError("loop", REASON)
  }
  await next()
})
