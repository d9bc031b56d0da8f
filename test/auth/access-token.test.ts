import { env } from "cloudflare:workers"
import { sign } from "hono/jwt"
import { beforeEach, describe, expect, it, vi } from "vitest"
import { claimsOf, cookieOf, request, tokenFor } from "../support/people"
import { workerWithEnv } from "../support/worker-with-env"

const OWN = "/api/notifications/preferences"
const SECRET = env.JWT_SECRET as string
const ANOTHER_SECRET = "a-secret-that-is-not-ours-32-bytes"
const HOUR = 3600
const now = () => Math.floor(Date.now() / 1000)

const ACCEPTED = { status: 200 }
const NOT_SIGNED_IN = { status: 401, body: { detail: "Not signed in" } }
/** Of a Bearer token, and of a cookie, which the web app then refreshes. */
const EXPIRED = { status: 401, body: { detail: "Token expired" } }
const EXPIRED_COOKIE = { status: 498, body: { detail: "Token expired" } }
/** Older than the clock skew. */
const longAgo = () => now() - 61

type Through = typeof request
async function getWith(headers: Record<string, string>, through: Through = request) {
  const response = await through(OWN, { headers })
  return { status: response.status, body: await response.json<any>() }
}
const getWithBearer = (token: string, through?: Through) => getWith({ authorization: `Bearer ${token}` }, through)

const encode = (part: object | string) =>
  btoa(typeof part === "string" ? part : JSON.stringify(part))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "")

/** A valid token with changed claims and the old signature. */
const forged = async (claims: object) => {
  const [header, , signature] = (await tokenFor("1")).split(".")
  return `${header}.${encode({ ...claimsOf("1"), ...claims })}.${signature}`
}

/** A token with this header, signed with the shared secret. */
async function hs256(header: object, claims: object) {
  const hmac = { name: "HMAC", hash: "SHA-256" }
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(SECRET), hmac, false, ["sign"])
  const signed = `${encode(header)}.${encode(claims)}`
  const signature = await crypto.subtle.sign(hmac, key, new TextEncoder().encode(signed))
  return `${signed}.${encode(String.fromCharCode(...new Uint8Array(signature)))}`
}

describe("the location of a token", () => {
  it("is the cookie, or the header if there is no cookie", async () => {
    expect(await getWith(await cookieOf("1"))).toMatchObject(ACCEPTED)
    expect(await getWithBearer(await tokenFor("1"))).toMatchObject(ACCEPTED)
    expect(await getWith({ authorization: `bearer ${await tokenFor("1")}` })).toMatchObject(ACCEPTED)
  })

  it("is the cookie even if only the header has a valid token", async () => {
    const authorization = `Bearer ${await tokenFor("1")}`
    expect(await getWith({ authorization, cookie: "access_token=nonsense" })).toEqual(NOT_SIGNED_IN)
    const old = await tokenFor("1", { exp: longAgo() })
    expect(await getWith({ authorization, cookie: `access_token=${old}` })).toEqual(EXPIRED_COOKIE)
    expect(await getWith({ authorization: "Bearer nonsense", ...(await cookieOf("1")) })).toMatchObject(ACCEPTED)
  })

  it("may be among other cookies", async () => {
    const { cookie } = await cookieOf("1")
    expect(await getWith({ cookie: `theme=dark; ${cookie}; csrftoken=%E0%A4%A` })).toMatchObject(ACCEPTED)
  })

  it.each([
    ["nowhere", {}],
    ["an empty cookie", { cookie: "access_token=" }],
    ["another cookie", { cookie: "refresh_token=x" }],
    ["an empty header", { authorization: "" }],
    ["a header without a token", { authorization: "Bearer" }],
    ["a header with two tokens", { authorization: "Bearer one two" }],
    ["a cookie without a value", { cookie: "access_token" }],
    ["a cookie of empty quotes", { cookie: 'access_token=""' }],
    ["a cookie with a longer name", { cookie: "my_access_token=x; access_token2=x" }],
    ["another scheme", { authorization: "Basic ZGFsZ286ZXhhbXBsZQ==" }],
  ])("is not %s", async (_, headers: Record<string, string>) => {
    expect(await getWith(headers)).toEqual(NOT_SIGNED_IN)
  })

  it("is the last of several cookies, as in Django", async () => {
    const [good, old] = [await tokenFor("1"), await tokenFor("1", { exp: longAgo() })]
    const both = (first: string, last: string) => getWith({ cookie: `access_token=${first}; access_token=${last}` })
    expect(await both("nonsense", good)).toMatchObject(ACCEPTED)
    expect(await both(old, good)).toMatchObject(ACCEPTED)
    expect(await both(good, "nonsense")).toEqual(NOT_SIGNED_IN)
    expect(await both(good, old)).toEqual(EXPIRED_COOKIE)
    expect(await both(good, 'a"b')).toEqual(NOT_SIGNED_IN)
    expect(await getWith({ cookie: `access_token=x;access_token = ${good} ;theme="a;b"` })).toMatchObject(ACCEPTED)
    expect(await getWith({ cookie: `access_token=x; access_token="${good}"` })).toMatchObject(ACCEPTED)
  })

  it("is the header if the last cookie is empty, as in Django", async () => {
    const good = await tokenFor("1")
    const cookie = `access_token=${good}; access_token=`
    expect(await getWith({ cookie })).toEqual(NOT_SIGNED_IN)
    expect(await getWith({ cookie, authorization: `Bearer ${good}` })).toMatchObject(ACCEPTED)
    expect(await getWith({ cookie, authorization: "Bearer service-key-new" })).toMatchObject({ status: 403 })
  })

  it("is not the query", async () => {
    const response = await request(`/api/notifications/v1?access_token=${await tokenFor("1")}`)
    expect(response.status).toBe(401)
  })
})

describe("a token signed with the shared secret", () => {
  it.each(["1", 1])("identifies a person by %j", async (userId) => {
    expect(await getWithBearer(await tokenFor(userId))).toMatchObject(ACCEPTED)
  })

  it("needs no token_type, but must not have another than access", async () => {
    expect(await getWithBearer(await tokenFor("1", { token_type: undefined }))).toMatchObject(ACCEPTED)
    expect(await getWithBearer(await tokenFor("1", { token_type: "refresh" }))).toEqual(NOT_SIGNED_IN)
  })

  it.each([60, 61, HOUR, 10 * 365 * 24 * HOUR])("is expired %d s after its expiry", async (seconds) => {
    vi.useFakeTimers({ toFake: ["Date"], now: now() * 1000 })
    const token = await tokenFor("1", { exp: now() - seconds })
    expect(await getWithBearer(token)).toEqual(EXPIRED)
    expect(await getWith({ cookie: `access_token=${token}` })).toEqual(EXPIRED_COOKIE)
  })

  it.each([
    ["expired up to 60 s ago", { exp: -59 }, ACCEPTED],
    ["is valid in 60 s", { nbf: 60 }, ACCEPTED],
    ["is valid in 61 s", { nbf: 61 }, NOT_SIGNED_IN],
    ["was issued in 60 s", { iat: 60 }, ACCEPTED],
    ["was issued in 61 s", { iat: 61 }, NOT_SIGNED_IN],
    ["was issued long ago", { iat: -HOUR, nbf: -HOUR }, ACCEPTED],
    ["has a fraction of a second", { iat: 0.5, exp: 1.5 }, ACCEPTED],
  ])("may come of a clock that is a minute off: it %s", async (_, times: object, expected) => {
    vi.useFakeTimers({ toFake: ["Date"], now: now() * 1000 })
    const claims = Object.fromEntries(Object.entries(times).map(([name, seconds]) => [name, now() + seconds]))
    expect(await getWithBearer(await tokenFor("1", claims))).toMatchObject(expected)
  })

  it.each([
    ["JWT", ACCEPTED],
    ["jwt", ACCEPTED],
    ["at+jwt", ACCEPTED],
    ["AT+JWT", ACCEPTED],
    ["application/at+jwt", ACCEPTED],
    ["application/JWT", ACCEPTED],
    [undefined, ACCEPTED],
    ["", NOT_SIGNED_IN],
    [null, NOT_SIGNED_IN],
    [["at+jwt"], NOT_SIGNED_IN],
    ["logout+jwt", NOT_SIGNED_IN],
    ["dpop+jwt", NOT_SIGNED_IN],
    ["JWE", NOT_SIGNED_IN],
  ])("may be of type %j", async (typ, expected) => {
    expect(await getWithBearer(await hs256({ alg: "HS256", typ }, claimsOf("1")))).toMatchObject(expected)
  })

  const claims = claimsOf("1")
  const header = { alg: "HS256", typ: "JWT" }
  const unsigned = (alg: string) => `${encode({ alg, typ: "JWT" })}.${encode(claims)}.`
  const without = (name: string) => sign({ ...claims, [name]: undefined }, SECRET)

  it.each<[string, string | Promise<string>]>([
    ["nonsense", "nonsense"],
    ["three invalid parts", "a.b.c"],
    ["three empty parts", ".."],
    ["four parts", tokenFor("1").then((token) => `${token}.x`)],
    ["a header that is not JSON", `${encode("{")}.${encode(claims)}.x`],
    ["a header that is null", `${encode("null")}.${encode(claims)}.x`],
    ["claims that are null", sign(null as never, SECRET)],
    ["claims that are a list", sign([claims] as never, SECRET)],
    ["forged claims", forged({ user_id: "4" })],
    ["forged claims that have expired", forged({ user_id: "4", exp: now() - HOUR })],
    ["an extended expiry", forged({ exp: now() + HOUR })],
    ["no signature", tokenFor("1").then((token) => token.slice(0, token.lastIndexOf(".") + 1))],
    ["half a signature", tokenFor("1").then((token) => token.slice(0, -20))],
    ["alg none", unsigned("none")],
    ["alg None", unsigned("None")],
    ["alg nOnE that has expired", `${encode({ alg: "nOnE" })}.${encode({ ...claims, exp: 1 })}.`],
    ["no alg", `${encode({ typ: "JWT" })}.${encode(claims)}.`],
    ["HS256 without a signature", `${encode(header)}.${encode(claims)}.`],
    ["another secret", sign(claims, ANOTHER_SECRET)],
    ["another secret, expired", sign({ ...claims, exp: now() - HOUR }, ANOTHER_SECRET)],
    ["a secret of one space", sign(claims, " ")],
    ["another hash", sign(claims, SECRET, "HS512")],
    ["a critical extension", `${encode({ ...header, crit: ["b64"] })}.${encode(claims)}.x`],
    ["a refresh token", tokenFor("1", { token_type: "refresh" })],
    ["a refresh token that has expired", tokenFor("1", { token_type: "refresh", exp: now() - HOUR })],
    ["no expiry", without("exp")],
    ["an expiry as text", sign({ ...claims, exp: String(now() + HOUR) } as never, SECRET)],
    ["an expiry of null", sign({ ...claims, exp: null } as never, SECRET)],
    ["no person", without("user_id")],
    ["an empty person", tokenFor("")],
    ["a fractional person", tokenFor(1.5)],
    ["a list of persons", tokenFor(["1"] as never)],
    ["a person who is an object", tokenFor({ id: "1" } as never)],
    ["a person who is true", tokenFor(true as never)],
    ["not valid yet", tokenFor("1", { nbf: now() + HOUR })],
    ["a beginning as text", tokenFor("1", { nbf: "0" })],
    ["issued at no time", tokenFor("1", { iat: "yesterday" })],
    ["part of a service key", "service-key"],
    ["both service keys", "service-key-new,service-key-old"],
  ])("is rejected: %s", async (_, token) => {
    expect(await getWithBearer(await token)).toEqual(NOT_SIGNED_IN)
    expect(await getWith({ cookie: `access_token=${await token}` })).toEqual(NOT_SIGNED_IN)
  })

  it("of a person without a membership gets 403, which logs nobody out", async () => {
    expect(await getWithBearer(await tokenFor("999"))).toEqual({ status: 403, body: { detail: "not allowed" } })
  })

  it("must have the configured issuer and audience", async () => {
    const through = workerWithEnv({ JWT_AUDIENCE: "dalgo-notifications", JWT_ISSUER: "https://login.dalgo.test" })
    const right = { aud: "dalgo-notifications", iss: "https://login.dalgo.test" }
    const table: [object, object][] = [
      [right, ACCEPTED],
      [{ ...right, aud: ["something", "dalgo-notifications"] }, ACCEPTED],
      [{ ...right, exp: longAgo() }, EXPIRED],
      [{ ...right, aud: "another" }, NOT_SIGNED_IN],
      [{ ...right, aud: "dalgo" }, NOT_SIGNED_IN],
      [{ ...right, aud: ["another"] }, NOT_SIGNED_IN],
      [{ ...right, aud: [] }, NOT_SIGNED_IN],
      [{ ...right, aud: undefined }, NOT_SIGNED_IN],
      [{ ...right, iss: "https://login.dalgo.test.evil.test" }, NOT_SIGNED_IN],
      [{ ...right, iss: undefined }, NOT_SIGNED_IN],
      [{ ...right, aud: "another", exp: now() - 1 }, NOT_SIGNED_IN],
      [{ ...right, iss: "another", exp: now() - 1 }, NOT_SIGNED_IN],
    ]
    for (const [change, expected] of table) {
      expect(await getWithBearer(await tokenFor("1", change), through), JSON.stringify(change)).toMatchObject(expected)
    }
  })

  it("gets 503 if no key is configured, which logs nobody out", async () => {
    const response = await workerWithEnv({ JWT_SECRET: "" })(OWN, { headers: await cookieOf("1") })
    expect(response.status).toBe(503)
    expect(await response.json()).toEqual({ detail: "sign-in is not configured" })
  })
})

/** An issuer with one key, and the key set that it publishes. */
async function issuer(alg: "RS256" | "ES256" | "EdDSA", kid = "the-key") {
  const { publicKey, privateKey } = (await crypto.subtle.generateKey(ALGORITHM[alg], true, [
    "sign",
    "verify",
  ])) as CryptoKeyPair
  const shown = { ...((await crypto.subtle.exportKey("jwk", publicKey)) as JsonWebKey), kid }
  const secret = { ...((await crypto.subtle.exportKey("jwk", privateKey)) as JsonWebKey), kid, alg }
  return {
    shown,
    /** A token with any header. */
    async signed(header: object) {
      const text = `${encode(header)}.${encode(claimsOf("1"))}`
      const algorithm = { ...ALGORITHM[alg], hash: "SHA-256" }
      const signature = await crypto.subtle.sign(algorithm, privateKey, new TextEncoder().encode(text))
      return `${text}.${encode(String.fromCharCode(...new Uint8Array(signature)))}`
    },
    tokenFor: (claims: object = {}, change: object = {}) =>
      sign({ ...claimsOf("1"), ...claims }, { ...secret, ...change }, alg),
  }
}

const ALGORITHM = {
  RS256: {
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
  },
  ES256: { name: "ECDSA", namedCurve: "P-256" },
  EdDSA: { name: "Ed25519" },
} as const

describe("a token of an issuer", () => {
  /** Each test has its own issuer, since key sets are cached. */
  let url: string
  let asked: number
  let response: () => Response
  let through: Through
  const show = (...keys: object[]) => {
    response = () => Response.json({ keys })
  }
  beforeEach(() => {
    url = `https://login.dalgo.test/${crypto.randomUUID()}/jwks.json`
    asked = 0
    through = workerWithEnv({ JWT_JWKS_URL: url })
    vi.spyOn(globalThis, "fetch").mockImplementation(async (input) => {
      if (new Request(input).url !== url) throw new TypeError("network unreachable")
      asked++
      return response()
    })
  })
  const UNAVAILABLE = { status: 503, body: { detail: "sign-in cannot be checked right now" } }

  it.each(["RS256", "ES256", "EdDSA"] as const)("is verified by the key of its issuer (%s)", async (alg) => {
    const [ours, theirs] = [await issuer(alg), await issuer(alg)]
    show({ kty: "RSA", kid: "an older key" }, ours.shown)
    expect(await getWithBearer(await ours.tokenFor(), through)).toMatchObject(ACCEPTED)
    expect(await getWithBearer(await ours.tokenFor({ user_id: 1 }), through)).toMatchObject(ACCEPTED)
    expect(await getWithBearer(await ours.tokenFor({ exp: longAgo() }), through)).toEqual(EXPIRED)
    expect(await getWithBearer(await theirs.tokenFor(), through)).toEqual(NOT_SIGNED_IN)
    expect(await getWithBearer(await theirs.tokenFor({ exp: now() - 1 }), through)).toEqual(NOT_SIGNED_IN)
    expect(await getWithBearer(await ours.tokenFor({ token_type: "refresh" }), through)).toEqual(NOT_SIGNED_IN)
    expect(asked).toBe(1)
  })

  it("is rejected if signed with the public key or the shared secret", async () => {
    const { publicKey } = (await crypto.subtle.generateKey(ALGORITHM.RS256, true, ["sign", "verify"])) as CryptoKeyPair
    const jwk = { ...((await crypto.subtle.exportKey("jwk", publicKey)) as JsonWebKey), kid: "the-key" }
    const der = (await crypto.subtle.exportKey("spki", publicKey)) as ArrayBuffer
    const base64 = btoa(String.fromCharCode(...new Uint8Array(der)))
    const pem = `-----BEGIN PUBLIC KEY-----\n${base64.replaceAll(/(.{64})/g, "$1\n")}\n-----END PUBLIC KEY-----\n`
    show(jwk)
    const secrets = [new TextEncoder().encode(pem), new TextEncoder().encode(JSON.stringify(jwk)), new Uint8Array(der)]
    for (const secret of [...secrets, new TextEncoder().encode(SECRET)]) {
      const hmac = { name: "HMAC", hash: "SHA-256" }
      const key = await crypto.subtle.importKey("raw", secret, hmac, false, ["sign"])
      for (const header of [
        { alg: "HS256", typ: "JWT", kid: "the-key" },
        { alg: "HS256", typ: "JWT" },
      ]) {
        const signed = `${encode(header)}.${encode(claimsOf("4"))}`
        const signature = await crypto.subtle.sign(hmac, key, new TextEncoder().encode(signed))
        const token = `${signed}.${encode(String.fromCharCode(...new Uint8Array(signature)))}`
        expect(await getWithBearer(token, through)).toEqual(NOT_SIGNED_IN)
      }
    }
    expect(await getWithBearer(await tokenFor("1"), through)).toEqual(NOT_SIGNED_IN)
  })

  it("is rejected if its algorithm does not match its key", async () => {
    const [rsa, curve] = [await issuer("RS256", "rsa"), await issuer("ES256", "curve")]
    show(rsa.shown, curve.shown)
    const claims = encode(claimsOf("1"))
    for (const header of [
      { alg: "none", kid: "rsa" },
      { alg: "RS512", kid: "rsa" },
      { alg: "ES256", kid: "rsa" },
      { alg: "RS256", kid: "curve" },
      { alg: "RS256" },
    ]) {
      const [, , signature] = (await rsa.tokenFor()).split(".")
      expect(await getWithBearer(`${encode(header)}.${claims}.${signature}`, through), header.alg).toEqual(
        NOT_SIGNED_IN,
      )
    }
    expect(await getWithBearer(await rsa.tokenFor({}, { kid: "curve" }), through)).toEqual(NOT_SIGNED_IN)
  })

  it("must have the configured issuer and audience", async () => {
    const ours = await issuer("ES256")
    show(ours.shown)
    through = workerWithEnv({ JWT_JWKS_URL: url, JWT_AUDIENCE: "us", JWT_ISSUER: "them" })
    expect(await getWithBearer(await ours.tokenFor({ aud: "us", iss: "them" }), through)).toMatchObject(ACCEPTED)
    expect(await getWithBearer(await ours.tokenFor({ aud: "you", iss: "them" }), through)).toEqual(NOT_SIGNED_IN)
    expect(await getWithBearer(await ours.tokenFor({ aud: "us" }), through)).toEqual(NOT_SIGNED_IN)
  })

  it("with an unknown key makes us fetch the keys, at most once a minute", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() })
    const [first, second] = [await issuer("ES256", "first"), await issuer("ES256", "second")]
    show(first.shown)
    expect(await getWithBearer(await first.tokenFor(), through)).toMatchObject(ACCEPTED)
    vi.setSystemTime(Date.now() + 10_000)
    for (let i = 0; i < 5; i++) {
      const token = await second.tokenFor({}, { kid: `unknown ${i}` })
      expect(await getWithBearer(token, through)).toEqual(UNAVAILABLE)
    }
    const rejected = await through(OWN, { headers: { authorization: `Bearer ${await second.tokenFor()}` } })
    expect(rejected.headers.get("retry-after")).toBe("50")
    expect(asked).toBe(1)

    show(first.shown, second.shown)
    vi.setSystemTime(Date.now() + 49_000)
    expect(await getWithBearer(await second.tokenFor(), through)).toEqual(UNAVAILABLE)
    expect(asked).toBe(1)
    vi.setSystemTime(Date.now() + 1_001)
    expect(await getWithBearer(await second.tokenFor(), through)).toMatchObject(ACCEPTED)
    expect(await getWithBearer(await first.tokenFor(), through)).toMatchObject(ACCEPTED)
    expect(asked).toBe(2)
  })

  it("with an unknown key is rejected once the issuer was asked and does not know it either", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() })
    const [known, forger] = [await issuer("ES256", "known"), await issuer("ES256", "forged")]
    show(known.shown)
    expect(await getWithBearer(await forger.tokenFor(), through)).toEqual(NOT_SIGNED_IN)
    expect(await getWithBearer(await forger.tokenFor(), through)).toEqual(UNAVAILABLE)
    vi.setSystemTime(Date.now() + 60_000)
    expect(await getWithBearer(await forger.tokenFor(), through)).toEqual(NOT_SIGNED_IN)
    expect(asked).toBe(2)
  })

  it("is rejected at most 15 minutes after its issuer withdrew the key", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() })
    const [withdrawn, other] = [await issuer("ES256", "withdrawn"), await issuer("ES256", "other")]
    show(withdrawn.shown, other.shown)
    const token = await withdrawn.tokenFor()
    expect(await getWithBearer(token, through)).toMatchObject(ACCEPTED)
    show(other.shown)
    vi.setSystemTime(Date.now() + 15 * 60_000 - 1)
    expect(await getWithBearer(token, through)).toMatchObject(ACCEPTED)
    expect(asked).toBe(1)
    vi.setSystemTime(Date.now() + 1)
    expect(await getWithBearer(token, through)).toEqual(NOT_SIGNED_IN)
    expect(await getWithBearer(await other.tokenFor(), through)).toMatchObject(ACCEPTED)
    expect(asked).toBe(2)
  })

  it("is accepted during an outage of its issuer for an hour after its keys were fetched", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() })
    const ours = await issuer("EdDSA")
    show(ours.shown)
    const token = await ours.tokenFor({ exp: now() + 10 * HOUR })
    expect(await getWithBearer(token, through)).toMatchObject(ACCEPTED)
    response = () => new Response(null, { status: 503 })
    vi.setSystemTime(Date.now() + 20 * 60_000)
    for (let i = 0; i < 3; i++) expect(await getWithBearer(token, through)).toMatchObject(ACCEPTED)
    expect(asked).toBe(2)
    vi.setSystemTime(Date.now() + 40 * 60_000)
    expect(await getWithBearer(token, through)).toEqual(UNAVAILABLE)
    show(ours.shown)
    vi.setSystemTime(Date.now() + 5_000)
    expect(await getWithBearer(token, through)).toMatchObject(ACCEPTED)
  })

  it.each(["RS256", "ES256", "EdDSA"] as const)("may name no key (%s): each of its type is tried", async (alg) => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() })
    const others = await Promise.all((["RS256", "ES256", "EdDSA"] as const).map((each) => issuer(each, each)))
    const [ours, later] = [await issuer(alg, "ours"), await issuer(alg, "later")]
    const { kid: _, ...nameless } = ours.shown
    for (const shown of [ours.shown, nameless]) {
      show(...others.map((other) => other.shown), shown)
      vi.setSystemTime(Date.now() + 15 * 60_000)
      for (const kid of [undefined, ""]) {
        expect(await getWithBearer(await ours.tokenFor({}, { kid }), through)).toMatchObject(ACCEPTED)
        expect(await getWithBearer(await later.tokenFor({}, { kid }), through)).toEqual(NOT_SIGNED_IN)
        const old = await ours.tokenFor({ exp: longAgo() }, { kid })
        expect(await getWithBearer(old, through)).toEqual(EXPIRED)
      }
    }
    expect(asked).toBe(2)
    show(later.shown)
    vi.setSystemTime(Date.now() + 60_000)
    expect(await getWithBearer(await later.tokenFor({}, { kid: undefined }), through)).toMatchObject(ACCEPTED)
    expect(asked).toBe(3)
  })

  it("gets 503 while the issuer shows no key that can be used", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() })
    const ours = await issuer("RS256", "ours")
    const token = await ours.tokenFor()
    for (const shown of [[], [{ kty: "RSA", kid: "ours", n: "!" }]]) {
      show(...shown)
      vi.setSystemTime(Date.now() + 60_000)
      for (const kid of ["ours", undefined]) {
        const answer = await through(OWN, {
          headers: { authorization: `Bearer ${await ours.tokenFor({}, { kid })}` },
        })
        expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "60"])
      }
    }
    show(ours.shown)
    vi.setSystemTime(Date.now() + 60_000)
    expect(await getWithBearer(token, through)).toMatchObject(ACCEPTED)
  })

  it("that names no key is tried with ten of its type", async () => {
    const crowd = await Promise.all(Array.from({ length: 11 }, (_, i) => issuer("ES256", `key ${i}`)))
    show(...crowd.map((one) => one.shown))
    const verify = vi.spyOn(crypto.subtle, "verify")
    expect(await getWithBearer(await crowd[9]!.tokenFor({}, { kid: undefined }), through)).toMatchObject(ACCEPTED)
    expect(verify).toHaveBeenCalledTimes(10)
    expect(await getWithBearer(await crowd[10]!.tokenFor({}, { kid: undefined }), through)).toEqual(NOT_SIGNED_IN)
    expect(await getWithBearer(await crowd[10]!.tokenFor(), through)).toMatchObject(ACCEPTED)
  })

  it("is verified by a good key among keys of other kinds and broken ones", async () => {
    const [ours, twin] = [await issuer("RS256", "ours"), await issuer("RS256", "ours")]
    const curve = await issuer("ES256", "curve")
    show(
      null as never,
      "key" as never,
      {},
      { kty: "RSA", kid: "no parts" },
      { kty: "RSA", kid: 7, n: "AQAB", e: "AQAB" },
      { ...ours.shown, kid: "ours", n: "!" },
      { ...curve.shown, kid: "ours", x: "AAAA" },
      { ...ours.shown, use: "enc" },
      { ...twin.shown, alg: "RS512" },
      { ...twin.shown, alg: "RSA-OAEP-256", use: "enc" },
      { kty: "EC", crv: "P-384", kid: "ours", x: "AQAB", y: "AQAB" },
      { kty: "OKP", crv: "X25519", kid: "ours", x: "AQAB" },
      { kty: "oct", kid: "ours", k: "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0" },
      twin.shown,
      { ...ours.shown, alg: "RS256", use: "sig", key_ops: ["verify"], x5t: "x", ext: false, d: "AQAB" },
      { ...curve.shown, key_ops: ["deriveKey"], kid: "not for signing" },
      { ...curve.shown, alg: null, use: null, key_ops: null },
    )
    expect(await getWithBearer(await ours.tokenFor(), through)).toMatchObject(ACCEPTED)
    expect(await getWithBearer(await twin.tokenFor(), through)).toMatchObject(ACCEPTED)
    expect(await getWithBearer(await curve.tokenFor(), through)).toMatchObject(ACCEPTED)
    expect(await getWithBearer(await curve.tokenFor({}, { kid: "not for signing" }), through)).toEqual(NOT_SIGNED_IN)
  })

  it("is not verified by a key that is for encryption or for another algorithm", async () => {
    const [ours, other] = [await issuer("RS256", "ours"), await issuer("RS256", "other")]
    for (const change of [{ use: "enc" }, { alg: "RS512" }, { alg: "PS256" }, { key_ops: ["encrypt"] }]) {
      url = `https://login.dalgo.test/${crypto.randomUUID()}/jwks.json`
      through = workerWithEnv({ JWT_JWKS_URL: url })
      show({ ...ours.shown, ...change }, other.shown)
      for (const kid of ["ours", undefined]) {
        expect(await getWithBearer(await ours.tokenFor({}, { kid }), through), JSON.stringify(change)).toEqual(
          NOT_SIGNED_IN,
        )
      }
    }
  })

  it("may be of type at+jwt", async () => {
    const ours = await issuer("ES256")
    show(ours.shown)
    for (const typ of ["at+jwt", "application/AT+JWT", undefined]) {
      expect(await getWithBearer(await ours.signed({ alg: "ES256", kid: "the-key", typ }), through)).toMatchObject(
        ACCEPTED,
      )
    }
  })

  it("is not rejected because of a concurrent fetch of the keys", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() })
    const [first, second] = [await issuer("ES256", "first"), await issuer("ES256", "second")]
    show(first.shown)
    await getWithBearer(await first.tokenFor(), through)
    vi.setSystemTime(Date.now() + 61_000)
    show(first.shown, second.shown)
    const token = await second.tokenFor()
    const statuses = (await Promise.all([1, 2, 3].map(() => getWithBearer(token, through)))).map(({ status }) => status)
    expect(statuses).toContain(200)
    expect(statuses).not.toContain(401)
    expect(asked).toBe(2)
    expect(await getWithBearer(token, through)).toMatchObject(ACCEPTED)
  })

  it("causes no fetch if it is malformed", async () => {
    show()
    for (const token of ["nonsense", "a.b.c", `${encode("null")}.${encode("null")}.x`]) {
      expect(await getWithBearer(token, through)).toEqual(NOT_SIGNED_IN)
    }
    expect(asked).toBe(0)
  })

  it.each<[string, () => Response]>([
    [
      "does not respond",
      () => {
        throw new TypeError("network unreachable")
      },
    ],
    ["answers 500", () => new Response("oh no", { status: 500 })],
    ["answers 500 in JSON", () => Response.json({ error: "oh no" }, { status: 500 })],
    ["redirects", () => new Response(null, { status: 302, headers: { location: "https://evil.test/" } })],
    ["answers HTML", () => new Response("<html></html>")],
    ["answers other JSON", () => Response.json({ keys: "none" })],
  ])("gets 503 while the issuer %s", async (_, failure) => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() })
    const ours = await issuer("ES256")
    response = failure
    const token = await ours.tokenFor()
    expect(await getWithBearer(token, through)).toEqual(UNAVAILABLE)
    expect(await getWithBearer(token, through)).toEqual(UNAVAILABLE)
    const rejected = await through(OWN, { headers: { authorization: `Bearer ${token}` } })
    expect(Number(rejected.headers.get("retry-after"))).toBeGreaterThan(0)

    show(ours.shown)
    vi.setSystemTime(Date.now() + Number(rejected.headers.get("retry-after")) * 1000)
    expect(await getWithBearer(token, through)).toMatchObject(ACCEPTED)
  })

  it("is accepted while the issuer is down if its key is cached", async () => {
    const [known, unknown] = [await issuer("ES256", "known"), await issuer("ES256", "unknown")]
    show(known.shown)
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() })
    expect(await getWithBearer(await known.tokenFor(), through)).toMatchObject(ACCEPTED)
    vi.setSystemTime(Date.now() + 61_000)
    response = () => new Response(null, { status: 502 })
    for (let i = 0; i < 3; i++) {
      expect(await getWithBearer(await unknown.tokenFor(), through)).toEqual(UNAVAILABLE)
      expect(await getWithBearer(await known.tokenFor(), through)).toMatchObject(ACCEPTED)
    }
    vi.setSystemTime(Date.now() + 5_001)
    expect(await getWithBearer(await unknown.tokenFor(), through)).toEqual(UNAVAILABLE)
    show(known.shown, unknown.shown)
    vi.setSystemTime(Date.now() + 5_001)
    expect(await getWithBearer(await unknown.tokenFor(), through)).toMatchObject(ACCEPTED)
  })

  it("is accepted beside another key without an id", async () => {
    const ours = await issuer("ES256")
    const { kid: _, ...nameless } = (await issuer("RS256")).shown
    show(nameless, ours.shown)
    expect(await getWithBearer(await ours.tokenFor(), through)).toMatchObject(ACCEPTED)
  })
})
