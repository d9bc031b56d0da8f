import { decodeBase64Url, encodeBase64Url } from "hono/utils/encode"
import { describe, expect, it } from "vitest"
import { CATEGORIES } from "../../../../src/domain/categories"
import { encrypt } from "../../../../src/delivery/channels/web-push/encrypt"
import { toSendResult } from "../../../../src/delivery/channels/web-push/outcome"
import { encodePayload, PAYLOAD_BYTES, toPayload } from "../../../../src/delivery/channels/web-push/payload"
import type { PushResult } from "../../../../src/delivery/channels/web-push/send"
import { knownDevice } from "../../../support/devices"

/** RFC 8291, section 5 and appendix A. */
const RFC_8291 = {
  plaintext: "When I grow up, I want to be a watermelon",
  sender: {
    d: "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw",
    x: "_jP0qw3qcZFNtVgj9ztUlI9BMG2SBzLbuaWaUyhkgiA",
    y: "Dll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8",
  },
  receiver: {
    p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    d: "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94",
    auth: "BTBZMqHH6r4Tts7J_aSIgg",
  },
  salt: "DGv6ra1nlYgDCS1FRnbzlw",
  body:
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl" +
    "7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN",
}

describe("encryption", () => {
  it("makes of the example of RFC 8291 what stands there", async () => {
    const { sender, receiver, salt, plaintext, body } = RFC_8291
    const algorithm = { name: "ECDH", namedCurve: "P-256" }
    const jwk = { kty: "EC", crv: "P-256", ...sender }
    const pair = {
      privateKey: await crypto.subtle.importKey("jwk", jwk, algorithm, false, ["deriveBits"]),
      publicKey: await crypto.subtle.importKey("jwk", { ...jwk, d: undefined } as never, algorithm, true, []),
    }
    const fresh = { sender: pair, salt: decodeBase64Url(salt) }
    const encrypted = await encrypt(receiver, new TextEncoder().encode(plaintext), fresh)
    expect(encodeBase64Url(encrypted.buffer).replace(/=+$/, "")).toBe(body)
  })

  it("is another every time", async () => {
    const { receiver, plaintext } = RFC_8291
    const device = await knownDevice("", receiver)
    const bodies = await Promise.all([1, 2].map(() => encrypt(receiver, new TextEncoder().encode(plaintext))))
    const partsOf = (encrypted: Uint8Array) => [encrypted.slice(0, 16), encrypted.slice(21, 86), encrypted.slice(86)]
    for (const [i, part] of partsOf(bodies[0] as Uint8Array).entries()) {
      expect(part).not.toEqual(partsOf(bodies[1] as Uint8Array)[i])
    }
    for (const body of bodies) expect(new TextDecoder().decode(await device.decrypt(body))).toBe(plaintext)
  })

  it("is undone in these tests as RFC 8291 has it", async () => {
    const { decrypt } = await knownDevice("", RFC_8291.receiver)
    const plaintext = await decrypt(decodeBase64Url(RFC_8291.body))
    expect(new TextDecoder().decode(plaintext)).toBe(RFC_8291.plaintext)
  })
})

describe("what a device is told", () => {
  const told = { id: 7, category: "job_failure" as const, urgent: false, message: "The pipeline failed" }
  const acme = { orgName: "Acme", orgSlug: "acme" }

  it("says what it is about, of which organisation, and leads to the inbox", () => {
    expect(toPayload(told, acme)).toEqual({
      title: "Job failure · Acme",
      body: "The pipeline failed",
      url: "/?org=acme",
      tag: "7",
      category: "job_failure",
      urgent: false,
    })
    expect(toPayload({ ...told, urgent: true }, acme).title).toBe("Urgent · Job failure · Acme")
  })

  it.each([
    ["keeps its lines", " one\r\ntwo\u2028three\n\n- four ", "one\ntwo\nthree\n\n- four"],
    ["has nothing that is not seen", "a\u0000b\u202egpj\u200b\ud800", "a bgpj\ufffd"],
    ["is text and no markup", "<b>&amp;</b>", "<b>&amp;</b>"],
    ["is cut where it is long", "x".repeat(301), `${"x".repeat(299)}…`],
    ["is not cut where it is not", "x".repeat(300), "x".repeat(300)],
    ["is not cut through a character", "😀".repeat(400), `${"😀".repeat(299)}…`],
    ["is cut without a gap", `${"x".repeat(290)}${" \n".repeat(20)}${"y".repeat(20)}`, `${"x".repeat(290)}…`],
  ])("%s", (_, message, body) => {
    expect(toPayload({ ...told, message }, acme).body).toBe(body)
  })

  it("leads to no other place, whatever an organisation is called", () => {
    const { url } = toPayload(told, { orgName: "Acme", orgSlug: "//evil.test/?&#" })
    expect(new URL(url, "https://notifications.dalgo.test").href).toBe(
      "https://notifications.dalgo.test/?org=%2F%2Fevil.test%2F%3F%26%23",
    )
  })

  it("is always as long, and not too long for any push service", () => {
    const longest = { orgName: "😀".repeat(200), orgSlug: "x".repeat(100) }
    for (const category of CATEGORIES) {
      for (const message of ["", "short", "😀".repeat(9_000), '"\\\n'.repeat(9_000), "\u0001\u007f".repeat(9_000)]) {
        for (const org of [acme, longest]) {
          const bytes = encodePayload(toPayload({ id: 2 ** 53 - 1, category, urgent: true, message }, org))
          expect(bytes).toHaveLength(PAYLOAD_BYTES)
          expect(JSON.parse(new TextDecoder().decode(bytes))).toMatchObject({ category })
        }
      }
    }
  })
})

describe("the answers for a person's devices", () => {
  const sent: PushResult = { kind: "sent" }
  const gone: PushResult = { kind: "gone" }
  const refused: PushResult = { kind: "refused", why: "the push service answered 403" }
  const busy = (retryAfterMs?: number): PushResult => ({
    kind: "busy",
    why: "the push service answered 429",
    retryAfterMs,
  })
  const NO_DEVICE = { kind: "suppressed", reason: "no_device" }
  const SENT = { kind: "sent", providerId: null }
  const FAILED = { message: "the push service answered 403", options: { permanent: true } }
  const again = (retryAfterMs?: number) => ({
    message: "the push service answered 429",
    options: { permanent: false, retryAfterMs },
  })

  it.each<[string, PushResult[], object]>([
    ["no device", [], NO_DEVICE],
    ["all gone", [gone, gone], NO_DEVICE],
    ["one sent", [sent], SENT],
    ["one sent, others gone", [gone, sent, gone], SENT],
    ["one sent, another refused", [refused, sent], SENT],
    ["one sent, another busy", [busy(), sent], SENT],
  ])("make one of it: %s", (_, answers, expected) => {
    expect(toSendResult(answers)).toEqual(expected)
  })

  it.each<[string, PushResult[], object]>([
    ["one refused", [refused], FAILED],
    ["one refused, others gone", [gone, refused], FAILED],
    ["one busy", [busy()], again()],
    ["one refused, another busy", [refused, busy()], again()],
    ["one gone, another busy", [gone, busy()], again()],
    ["several busy, for the longest of their times", [busy(1_000), busy(), busy(5_000)], again(5_000)],
  ])("make a failure of it: %s", (_, answers, expected) => {
    expect(() => toSendResult(answers)).toThrow(expect.objectContaining(expected))
  })
})
