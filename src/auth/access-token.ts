import { verify, verifyWithJwks } from "hono/jwt"
import * as z from "zod/mini"
import { AppError } from "../runtime/errors"
import type { Config } from "../runtime/config"
import { fetchJwks } from "./jwks"

export type VerifiedToken =
  | { kind: "valid"; userId: string; expiresAt: number }
  | { kind: "expired" }
  | { kind: "invalid"; reason: string }

const Claims = z.object({
  exp: z.number(),
  user_id: z.pipe(z.union([z.string().check(z.minLength(1)), z.int()]), z.transform(String)),
  token_type: z.optional(z.literal("access")),
})

const ASYMMETRIC_ALGORITHMS = ["RS256", "ES256", "EdDSA"] as const

/**
 * Verifies a JWT. Our settings choose the algorithm, never the token's header. The signature is checked before the
 * expiry, so that `expired` is only said of a token that was once valid. Throws `unavailable` when no key is configured
 * or the issuer does not answer, and `MisconfiguredError` when a variable is not usable: none of these makes a token
 * invalid. `expiresAt` is in milliseconds.
 */
export async function verifyAccessToken(token: string, config: Config, now: number): Promise<VerifiedToken> {
  const { JWT_JWKS_URL: jwksUrl, JWT_ISSUER: iss, JWT_AUDIENCE: aud } = config
  const secret = jwksUrl ? undefined : config.JWT_SECRET
  const verification = { exp: false, iat: false, ...(iss && { iss }), ...(aud && { aud }) }
  let payload: unknown
  try {
    if (jwksUrl) {
      const keys = await fetchJwks(jwksUrl, token, now)
      payload = await verifyWithJwks(token, { keys, allowedAlgorithms: ASYMMETRIC_ALGORITHMS, verification })
    } else if (secret) {
      payload = await verify(token, secret, { alg: "HS256", ...verification })
    } else {
      throw new AppError("unavailable", "sign-in is not configured")
    }
  } catch (error) {
    if (error instanceof AppError) throw error
    return { kind: "invalid", reason: error instanceof Error ? error.name : "unreadable" }
  }
  const claims = Claims.safeParse(payload)
  if (!claims.success) return { kind: "invalid", reason: "claims" }
  const expiresAt = claims.data.exp * 1000
  if (expiresAt <= now) return { kind: "expired" }
  return { kind: "valid", userId: claims.data.user_id, expiresAt }
}
