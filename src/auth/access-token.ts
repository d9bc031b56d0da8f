import { decode, verify } from "hono/jwt"
import * as z from "zod/mini"
import { AppError, MisconfiguredError } from "../runtime/errors"
import type { Config } from "../runtime/config"
import { verifyWithIssuer } from "./jwks"

export type VerifiedToken =
  | { kind: "valid"; userId: string; expiresAt: number }
  | { kind: "expired" }
  | { kind: "invalid"; reason: string }

const Claims = z.object({
  exp: z.number(),
  nbf: z.optional(z.number()),
  iat: z.optional(z.number()),
  user_id: z.pipe(z.union([z.string().check(z.minLength(1)), z.int()]), z.transform(String)),
  token_type: z.optional(z.literal("access")),
})

/** How far the issuer's clock may be from ours. */
const CLOCK_SKEW_MS = 60_000
/** RFC 9068 has `at+jwt`. Compared without case and without `application/`. */
const TOKEN_TYPES = ["JWT", "at+jwt"]

/**
 * Verifies a JWT. Our settings choose the algorithms, never the token's header. The signature is checked before the
 * times, so that `expired` is only said of a token that was once valid. Throws `unavailable` when no key is configured
 * or the token's key cannot be fetched now, and `MisconfiguredError` when a variable is not usable: none of these makes a
 * token invalid.
 *
 * `expiresAt` is in milliseconds: the token's expiry, or, where that has just passed, the end of the clock skew.
 */
export async function verifyAccessToken(token: string, config: Config, now: number): Promise<VerifiedToken> {
  let payload: unknown
  try {
    payload = await verifySignature(token, config, now)
  } catch (error) {
    if (error instanceof AppError || error instanceof MisconfiguredError) throw error
    return { kind: "invalid", reason: error instanceof Error ? error.name : "unreadable" }
  }
  const claims = Claims.safeParse(payload)
  if (!claims.success) return { kind: "invalid", reason: "claims" }
  const { exp, nbf = 0, iat = 0, user_id: userId } = claims.data
  if (Math.max(nbf, iat) * 1000 > now + CLOCK_SKEW_MS) return { kind: "invalid", reason: "not valid yet" }
  const end = Math.min(exp * 1000, Number.MAX_SAFE_INTEGER)
  const expiresAt = end > now ? end : end + CLOCK_SKEW_MS
  return expiresAt > now ? { kind: "valid", userId, expiresAt } : { kind: "expired" }
}

/** Returns the claims of a token whose signature, issuer and audience are right, and throws for any other. */
function verifySignature(token: string, config: Config, now: number): Promise<unknown> {
  const { JWT_JWKS_URL: jwksUrl, JWT_ISSUER: iss, JWT_AUDIENCE: aud } = config
  const secret = jwksUrl ? undefined : config.JWT_SECRET
  const { header } = decode(token)
  const options = {
    exp: false,
    nbf: false,
    iat: false,
    ...(iss && { iss }),
    ...(aud && { aud }),
    // With this option, Hono refuses a header without `typ`; without it, any `typ` but JWT.
    ...(typeof header?.typ === "string" && { typ: TOKEN_TYPES }),
  }
  if (jwksUrl) return verifyWithIssuer({ url: jwksUrl, token, header, options, now })
  if (secret) return verify(token, secret, { alg: "HS256", ...options })
  throw new AppError("unavailable", "sign-in is not configured")
}
