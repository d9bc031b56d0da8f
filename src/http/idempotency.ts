import { createMiddleware } from "hono/factory"
import { sha256 } from "hono/utils/crypto"
import { AppError } from "../runtime/errors"
import { MAX_KEY_LENGTH } from "../runtime/idempotency-key"
import { withMeta } from "./route-meta"
import type { AppEnv } from "./router"

/** Sets `idempotency` from an optional `Idempotency-Key`. Must come after the body's validation. */
export const idempotent = withMeta(
  { idempotent: true },
  createMiddleware<AppEnv>(async (c, next) => {
    const key = c.req.header("idempotency-key")
    if (key && key.length > MAX_KEY_LENGTH) {
      const issue = { loc: ["header", "idempotency-key"], msg: `at most ${MAX_KEY_LENGTH} characters`, type: "too_big" }
      throw new AppError("invalid", "the input does not fit", { issues: [issue] })
    }
    if (key) c.set("idempotency", { key, requestHash: (await sha256(await c.req.arrayBuffer())) ?? "" })
    await next()
  }),
)
