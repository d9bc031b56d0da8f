import { sign } from "hono/jwt"
import { decodeBase64Url, encodeBase64Url } from "hono/utils/encode"
import { MisconfiguredError } from "../../../runtime/errors"
import type { Vapid } from "../../../destinations/devices/vapid"

/** RFC 8292 permits at most 24 hours. */
const LIFETIME_SECONDS = 12 * 60 * 60

/**
 * Returns a function from an endpoint to the `Authorization` header for its push service (RFC 8292). It signs once for
 * each push service. The function rejects with `MisconfiguredError` without a usable VAPID key.
 */
export function vapidHeaders(vapid: Vapid | undefined, now: number): (endpoint: string) => Promise<string> {
  const signed = new Map<string, Promise<string>>()
  return async (endpoint) => {
    if (!vapid) throw new MisconfiguredError("VAPID_PUBLIC_KEY, VAPID_PRIVATE_KEY or VAPID_SUBJECT is not set")
    const { origin } = new URL(endpoint)
    const header = signed.get(origin) ?? vapidHeader(origin, vapid, now)
    signed.set(origin, header)
    return header
  }
}

async function vapidHeader(origin: string, vapid: Vapid, now: number): Promise<string> {
  const claims = { aud: origin, exp: Math.floor(now / 1000) + LIFETIME_SECONDS, sub: vapid.subject }
  try {
    return `vapid t=${await sign(claims, toJwk(vapid), "ES256")}, k=${vapid.publicKey}`
  } catch {
    throw new MisconfiguredError("VAPID_PUBLIC_KEY and VAPID_PRIVATE_KEY are not a pair")
  }
}

/** The public key is the byte 4, then x and y, 32 bytes each. */
function toJwk({ publicKey, privateKey: d }: Vapid): JsonWebKey {
  const point = decodeBase64Url(publicKey)
  const half = (from: number) => encodeBase64Url(point.slice(from, from + 32).buffer).replace(/=+$/, "")
  return { kty: "EC", crv: "P-256", x: half(1), y: half(33), d }
}
