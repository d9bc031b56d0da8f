import { sha256 } from "hono/utils/crypto"
import * as z from "zod/mini"

export const MAX_KEY_LENGTH = 255

/** A key that makes a repeated request recognisable. An empty one is none. */
export const IdempotencyKey = z.pipe(
  z.nullish(z.string().check(z.trim(), z.maxLength(MAX_KEY_LENGTH))),
  z.transform((key: string | null | undefined) => key || undefined),
)

/** What tells two requests under one key apart. */
export const hashRequest = async (request: object) => (await sha256(JSON.stringify(request))) ?? ""
