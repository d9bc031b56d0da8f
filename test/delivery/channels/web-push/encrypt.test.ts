import { decodeBase64Url, encodeBase64Url } from "hono/utils/encode"
import { describe, expect, it } from "vitest"
import { encrypt } from "../../../../src/delivery/channels/web-push/encrypt"
import { deviceWithKeys } from "../../../support/devices"

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
  it("gives the body of the example in RFC 8291", async () => {
    const { sender, receiver, salt, plaintext, body } = RFC_8291
    const algorithm = { name: "ECDH", namedCurve: "P-256" }
    const jwk = { kty: "EC", crv: "P-256", ...sender }
    const pair = {
      privateKey: await crypto.subtle.importKey("jwk", jwk, algorithm, false, ["deriveBits"]),
      publicKey: await crypto.subtle.importKey("jwk", { ...jwk, d: undefined } as never, algorithm, true, []),
    }
    const messageKeys = { sender: pair, salt: decodeBase64Url(salt) }
    const encrypted = await encrypt(receiver, new TextEncoder().encode(plaintext), messageKeys)
    expect(encodeBase64Url(encrypted.buffer).replace(/=+$/, "")).toBe(body)
  })

  it("gives another body each time", async () => {
    const { receiver, plaintext } = RFC_8291
    const device = await deviceWithKeys("", receiver)
    const bodies = await Promise.all([1, 2].map(() => encrypt(receiver, new TextEncoder().encode(plaintext))))
    const partsOf = (encrypted: Uint8Array) => [encrypted.slice(0, 16), encrypted.slice(21, 86), encrypted.slice(86)]
    for (const [i, part] of partsOf(bodies[0] as Uint8Array).entries()) {
      expect(part).not.toEqual(partsOf(bodies[1] as Uint8Array)[i])
    }
    for (const body of bodies) expect(new TextDecoder().decode(await device.decrypt(body))).toBe(plaintext)
  })

  it("is reversed by the decryption in test/support", async () => {
    const { decrypt } = await deviceWithKeys("", RFC_8291.receiver)
    const plaintext = await decrypt(decodeBase64Url(RFC_8291.body))
    expect(new TextDecoder().decode(plaintext)).toBe(RFC_8291.plaintext)
  })
})
