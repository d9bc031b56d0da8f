import { type decode, verify } from "hono/jwt"
import * as z from "zod/mini"
import { AppError } from "../runtime/errors"
import { errorName, log } from "../runtime/log"

type VerifyOptions = Omit<Extract<Parameters<typeof verify>[2], object>, "alg">
type SignedToken = {
  url: string
  token: string
  header: ReturnType<typeof decode>["header"]
  options: VerifyOptions
  now: number
}

/** One algorithm for each type of key, so that a key cannot be used with another algorithm than its own. */
const KEY_TYPES = {
  RS256: { kty: "RSA", crv: undefined, algorithm: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } },
  ES256: { kty: "EC", crv: "P-256", algorithm: { name: "ECDSA", namedCurve: "P-256" } },
  EdDSA: { kty: "OKP", crv: "Ed25519", algorithm: { name: "Ed25519" } },
} as const
type Algorithm = keyof typeof KEY_TYPES
const ALGORITHMS = Object.keys(KEY_TYPES) as Algorithm[]

const Jwks = z.object({ keys: z.array(z.unknown()).check(z.maxLength(1_000)) })
/** RFC 7517. `alg` of Ed25519 is `EdDSA`, and `Ed25519` since RFC 9864. */
const Jwk = z.object({
  kid: z.nullish(z.string()),
  kty: z.string(),
  crv: z.nullish(z.string()),
  alg: z.nullish(z.string()),
  use: z.nullish(z.string()),
  key_ops: z.nullish(z.array(z.string())),
  n: z.optional(z.string()),
  e: z.optional(z.string()),
  x: z.optional(z.string()),
  y: z.optional(z.string()),
})
type Jwk = z.infer<typeof Jwk>

type IssuerKey = { kid: string | undefined; alg: Algorithm; key: CryptoKey }
/** `kids` also has the names of keys that sign no access tokens. `isCurrent` is false after a failed refresh. */
type KeySet = { keys: IssuerKey[]; kids: Set<string>; fetchedAt: number; askAgainAt: number; isCurrent: boolean }

/** A key that the issuer withdrew is good for at most this long. */
const MAX_AGE_MS = 15 * 60_000
/** The same while the issuer does not answer. */
const MAX_AGE_IN_OUTAGE_MS = 60 * 60_000
/** A token that no key verifies fetches the keys again, at most this often: forged tokens must not make us flood the issuer. */
const MIN_REFRESH_MS = 60_000
/** The same interval while the issuer does not answer. */
const MIN_RETRY_MS = 5_000
const TIMEOUT_MS = 5_000
/** A token without `kid`, or with one that several keys have, is tried with this many keys. */
const MAX_KEYS_TRIED = 10

const keySets = new Map<string, KeySet>()

/**
 * Returns the claims of a token that one of the issuer's public keys verifies, and throws for any other. Throws
 * `unavailable` where the token may be valid: its key is unknown, and the issuer does not answer or was asked less than a
 * minute ago.
 *
 * 1. Take the cached keys; fetch them if there are none, or if they are 15 minutes old.
 * 2. Try the keys that fit the token's `alg` and `kid`.
 * 3. If none verifies it, fetch the keys once more where that is allowed, and try again.
 */
export async function verifyWithIssuer(signed: SignedToken): Promise<unknown> {
  const { url, header, now } = signed
  if (!ALGORITHMS.some((alg) => alg === header.alg)) throw new InvalidSignatureError()
  const cached = freshKeys(url, now)
  const known = cached ?? (await fetchOrKeep(url, now))
  const payload = await verifyWithAnyKey(known.keys, signed)
  if (payload) return payload
  // Another request may have asked the issuer meanwhile.
  const latest = keySets.get(url) ?? known
  if (latest.fetchedAt !== known.fetchedAt) return verifyWithIssuer(signed)
  if (latest.askAgainAt > now) {
    const mayBeNew = !latest.isCurrent || latest.keys.length === 0 || (cached && isUnknownKey(latest, header.kid))
    throw mayBeNew ? unavailable(latest.askAgainAt - now) : new InvalidSignatureError()
  }
  const fetched = await fetchKeys(url, now)
  if (!fetched) throw unavailable(MIN_RETRY_MS)
  if (fetched.keys.length === 0) throw unavailable(MIN_REFRESH_MS)
  const verified = await verifyWithAnyKey(fetched.keys, signed)
  if (verified) return verified
  throw new InvalidSignatureError()
}

class InvalidSignatureError extends Error {
  override readonly name = "InvalidSignatureError"
}

/** The cached keys, if they are not too old. */
function freshKeys(url: string, now: number): KeySet | undefined {
  const known = keySets.get(url)
  return known && now - known.fetchedAt < MAX_AGE_MS ? known : undefined
}

const isUnknownKey = ({ kids }: KeySet, kid: unknown) => typeof kid === "string" && kid !== "" && !kids.has(kid)

async function verifyWithAnyKey(keys: IssuerKey[], { token, header, options }: SignedToken): Promise<unknown> {
  const { alg, kid } = header
  const fitting = keys.filter((key) => key.alg === alg && (!kid || key.kid === kid)).slice(0, MAX_KEYS_TRIED)
  for (const { key } of fitting) {
    try {
      return await verify(token, key, { ...options, alg })
    } catch (error) {
      if (errorName(error) !== "JwtTokenSignatureMismatched") throw error
    }
  }
  return undefined
}

/** Fetches the keys. While the issuer does not answer, the ones that are known go on. */
async function fetchOrKeep(url: string, now: number): Promise<KeySet> {
  const before = keySets.get(url)
  const mayAsk = !before || before.askAgainAt <= now
  const fetched = mayAsk ? await fetchKeys(url, now) : undefined
  const kept = fetched ?? keySets.get(url)
  if (kept && now - kept.fetchedAt < MAX_AGE_IN_OUTAGE_MS) return kept
  throw unavailable(before && !mayAsk ? before.askAgainAt - now : MIN_RETRY_MS)
}

/** Fetches and caches the keys; `undefined` if the issuer does not answer, which is logged. */
async function fetchKeys(url: string, now: number): Promise<KeySet | undefined> {
  // While this request asks the issuer, others go on with the keys that are known.
  if (keySets.has(url)) postpone(url, now)
  try {
    const response = await fetch(url, {
      redirect: "manual",
      cache: "no-store",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    if (!response.ok) {
      log({ event: "jwks_unavailable", reason: "unexpected answer", status: response.status })
      return postpone(url, now)
    }
    const { keys: listed } = Jwks.parse(await response.json())
    const keySet = { ...(await importKeys(listed)), fetchedAt: now, askAgainAt: now + MIN_REFRESH_MS, isCurrent: true }
    keySets.set(url, keySet)
    return keySet
  } catch (error) {
    log({ event: "jwks_unavailable", reason: errorName(error) })
    return postpone(url, now)
  }
}

const NO_KEYS = { keys: [], kids: new Set<string>(), fetchedAt: -Infinity }

/** The issuer is not asked again for some seconds. */
function postpone(url: string, now: number): undefined {
  keySets.set(url, { ...(keySets.get(url) ?? NO_KEYS), askAgainAt: now + MIN_RETRY_MS, isCurrent: false })
}

/** A key that is broken, or for another purpose, does not stop the others. */
async function importKeys(listed: unknown[]): Promise<Pick<KeySet, "keys" | "kids">> {
  const jwks = listed.flatMap((each) => Jwk.safeParse(each).data ?? [])
  const keys = await Promise.all(jwks.map(importKey))
  const broken = listed.length - jwks.length + keys.filter((key) => key === "broken").length
  if (broken > 0) log({ event: "jwks_key_skipped", reason: "a key cannot be read", count: broken })
  return {
    keys: keys.flatMap((key) => (key && key !== "broken" ? key : [])),
    kids: new Set(jwks.flatMap(({ kid }) => kid || [])),
  }
}

/** `undefined` for a key that verifies no access tokens. */
async function importKey({ kid, kty, n, e, x, y, ...jwk }: Jwk): Promise<IssuerKey | "broken" | undefined> {
  const alg = ALGORITHMS.find((name) => KEY_TYPES[name].kty === kty && KEY_TYPES[name].crv === (jwk.crv ?? undefined))
  const isForSigning = (jwk.use ?? "sig") === "sig" && (jwk.key_ops?.includes("verify") ?? true)
  const declared = jwk.alg === "Ed25519" ? "EdDSA" : jwk.alg
  if (!alg || !isForSigning || (declared && declared !== alg)) return undefined
  const { algorithm, crv } = KEY_TYPES[alg]
  try {
    // Only the parts of a public key: other members of a JWK may make the import fail.
    const part = { kty, ...(crv && { crv }), ...(n && { n }), ...(e && { e }), ...(x && { x }), ...(y && { y }) }
    const key = await crypto.subtle.importKey("jwk", part, algorithm, false, ["verify"])
    return { kid: kid || undefined, alg, key }
  } catch {
    return "broken"
  }
}

const unavailable = (waitMs: number) =>
  new AppError("unavailable", "sign-in cannot be checked right now", {
    retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)),
  })
