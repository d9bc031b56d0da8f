import { decode, type verifyWithJwks } from "hono/jwt"
import * as z from "zod/mini"
import { AppError } from "../runtime/errors"

const Jwks = z.object({ keys: z.array(z.looseObject({ kid: z.exactOptional(z.string()), kty: z.string() })) })
type Keys = NonNullable<Parameters<typeof verifyWithJwks>[1]["keys"]>

/** An unknown `kid` fetches the keys again, at most this often: forged tokens must not make us flood the issuer. */
const MIN_REFRESH_MS = 60_000
/** The same interval while the issuer does not answer. */
const MIN_RETRY_MS = 5_000
const TIMEOUT_MS = 5_000

/** `isCurrent` is false after a failed refresh: the issuer may have new keys by now. */
const jwksCache = new Map<string, { keys: Keys; refreshAt: number; isCurrent: boolean }>()

/**
 * The issuer's public keys (RFC 7517), cached until a token has a `kid` that the cache lacks. Throws `unavailable` if
 * the issuer does not answer, since the token may be valid.
 */
export async function fetchJwks(url: string, token: string, now: number): Promise<Keys> {
  const known = jwksCache.get(url)
  const kid = decode(token).header.kid
  if (known?.keys.some((key) => key.kid === kid)) return known.keys
  if (known && known.refreshAt > now) {
    if (known.isCurrent) return known.keys
    throw unavailable()
  }
  if (known) jwksCache.set(url, { keys: known.keys, refreshAt: now + MIN_RETRY_MS, isCurrent: false })
  try {
    const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) })
    const { keys } = Jwks.parse(await response.json())
    jwksCache.set(url, { keys, refreshAt: now + MIN_REFRESH_MS, isCurrent: true })
    return keys
  } catch {
    jwksCache.set(url, { keys: jwksCache.get(url)?.keys ?? [], refreshAt: now + MIN_RETRY_MS, isCurrent: false })
    throw unavailable()
  }
}

const unavailable = () =>
  new AppError("unavailable", "sign-in cannot be checked right now", { retryAfterSeconds: MIN_RETRY_MS / 1000 })
