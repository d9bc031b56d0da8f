import { sha256 } from "hono/utils/crypto"
import * as z from "zod/mini"

export const MAX_KEY_LENGTH = 255

/** A request's `Idempotency-Key` and the hash of its body. The same key with another hash is a conflict. */
export type Idempotency = { key: string; requestHash: string }

/** An optional `Idempotency-Key`. An empty one counts as none. */
export const IdempotencyKey = z.pipe(
  z.nullish(z.string().check(z.trim(), z.maxLength(MAX_KEY_LENGTH))),
  z.transform((key: string | null | undefined) => key || undefined),
)

/** SHA-256 of the request as JSON, in hex. */
export const hashRequest = async (request: object) => (await sha256(JSON.stringify(request))) ?? ""
