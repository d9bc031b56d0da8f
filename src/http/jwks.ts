import { decode, type verifyWithJwks } from "hono/jwt"
import * as z from "zod"
import { AppError } from "../errors"

const KeySet = z.object({ keys: z.array(z.looseObject({ kid: z.string(), kty: z.string() })) })
type Keys = NonNullable<Parameters<typeof verifyWithJwks>[1]["keys"]>

/** An unknown key id asks again, but a stranger's tokens must not make us call the issuer more often than this. */
const REFETCH_MS = 60_000

const cache = new Map<string, { keys: Keys; askedAt: number }>()

/**
 * The issuer's public keys, from memory while they know the token's key. Throws `unavailable` if the issuer does
 * not answer, since the person may well be who they say.
 */
export async function keysOf(url: string, token: string, now: number): Promise<Keys> {
  const known = cache.get(url)
  const kid = decode(token).header.kid
  if (known && (known.keys.some((key) => key.kid === kid) || known.askedAt + REFETCH_MS > now)) return known.keys
  if (known) known.askedAt = now
  try {
    const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(5_000) })
    const { keys } = KeySet.parse(await response.json())
    cache.set(url, { keys, askedAt: now })
    return keys
  } catch {
    throw new AppError("unavailable", "sign-in cannot be checked right now", { retryAfterSeconds: 5 })
  }
}
