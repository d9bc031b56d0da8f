import { decode, type verifyWithJwks } from "hono/jwt"
import * as z from "zod/mini"
import { AppError } from "../runtime/errors"

const Jwks = z.object({ keys: z.array(z.looseObject({ kid: z.exactOptional(z.string()), kty: z.string() })) })
type Keys = NonNullable<Parameters<typeof verifyWithJwks>[1]["keys"]>

/** An unknown key id asks again, but a stranger's tokens must not make us call the issuer more often than this. */
const REFRESH_MS = 60_000
/** The same, while the issuer does not answer. */
const RETRY_MS = 5_000

/** `isCurrent: false`: the issuer was asked again and has not answered, so that it may have other keys by now. */
const jwksCache = new Map<string, { keys: Keys; askAgainAt: number; isCurrent: boolean }>()

/**
 * The issuer's public keys, from memory while they know the token's key. Throws `unavailable` if the issuer does
 * not answer, since the person may well be who they say.
 */
export async function fetchJwks(url: string, token: string, now: number): Promise<Keys> {
  const known = jwksCache.get(url)
  const kid = decode(token).header.kid
  if (known?.keys.some((key) => key.kid === kid)) return known.keys
  if (known && known.askAgainAt > now) {
    if (known.isCurrent) return known.keys
    throw unavailable()
  }
  if (known) jwksCache.set(url, { keys: known.keys, askAgainAt: now + RETRY_MS, isCurrent: false })
  try {
    const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(5_000) })
    const { keys } = Jwks.parse(await response.json())
    jwksCache.set(url, { keys, askAgainAt: now + REFRESH_MS, isCurrent: true })
    return keys
  } catch {
    jwksCache.set(url, { keys: jwksCache.get(url)?.keys ?? [], askAgainAt: now + RETRY_MS, isCurrent: false })
    throw unavailable()
  }
}

const unavailable = () =>
  new AppError("unavailable", "sign-in cannot be checked right now", { retryAfterSeconds: RETRY_MS / 1000 })
