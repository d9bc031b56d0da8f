import { sha256 } from "hono/utils/crypto"
import type { Context } from "hono"
import { AppError } from "../errors"
import type { App } from "./router"

const LONGEST_KEY = 255

/** What makes a repeated request recognisable: its `Idempotency-Key` and a hash of its body. */
export async function idempotencyOf(c: Context<App>): Promise<{ key: string; requestHash: string } | undefined> {
  const key = c.req.header("idempotency-key")
  if (!key) return undefined
  if (key.length > LONGEST_KEY) {
    const flaw = { loc: ["header", "idempotency-key"], msg: `at most ${LONGEST_KEY} characters`, type: "too_big" }
    throw new AppError("invalid", "the input does not fit", { flaws: [flaw] })
  }
  const requestHash = await sha256(await c.req.arrayBuffer())
  return { key, requestHash: requestHash ?? "" }
}
