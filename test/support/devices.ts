import { decodeBase64Url, encodeBase64Url } from "hono/utils/encode"
import type { Payload } from "../../src/delivery/channels/web-push/payload"
import type { ApiClient } from "./people"

export const SUBSCRIPTIONS_PATH = "/api/notifications/push-subscriptions"

const bytes = (text: string) => new TextEncoder().encode(text)
const base64url = (value: ArrayBuffer | Uint8Array<ArrayBuffer>) =>
  encodeBase64Url(value instanceof ArrayBuffer ? value : value.buffer).replace(/=+$/, "")

/** A browser's push subscription, with its private key. */
export type Device = {
  subscription: { endpoint: string; expirationTime: null; keys: { p256dh: string; auth: string } }
  /** Decrypts the body of a push. */
  decrypt: (body: Uint8Array) => Promise<Uint8Array>
  /** The payload of a push. */
  read: (push: Request) => Promise<Payload>
}

/** A browser with this endpoint. */
export async function newDevice(endpoint: string): Promise<Device> {
  const pair = (await crypto.subtle.generateKey(ECDH, true, ["deriveBits"])) as CryptoKeyPair
  const publicKey = (await crypto.subtle.exportKey("raw", pair.publicKey)) as ArrayBuffer
  return deviceWith({ endpoint, pair, publicKey, auth: crypto.getRandomValues(new Uint8Array(16)) })
}

/** The same with given keys; `d` is the private one. */
export async function deviceWithKeys(
  endpoint: string,
  { p256dh, d, auth }: { p256dh: string; d: string; auth: string },
) {
  const publicKey = decodeBase64Url(p256dh)
  const jwk = { kty: "EC", crv: "P-256", d, x: base64url(publicKey.slice(1, 33)), y: base64url(publicKey.slice(33)) }
  const privateKey = await crypto.subtle.importKey("jwk", jwk, ECDH, true, ["deriveBits"])
  return deviceWith({ endpoint, pair: { privateKey }, publicKey: publicKey.buffer, auth: decodeBase64Url(auth) })
}

const ECDH = { name: "ECDH", namedCurve: "P-256" }

type Keys = {
  endpoint: string
  pair: { privateKey: CryptoKey }
  publicKey: ArrayBuffer
  auth: Uint8Array<ArrayBuffer>
}

function deviceWith({ endpoint, pair, publicKey, auth }: Keys): Device {
  const decrypt = (body: Uint8Array) => decryptPush(Uint8Array.from(body), { pair, publicKey, auth })
  return {
    subscription: { endpoint, expirationTime: null, keys: { p256dh: base64url(publicKey), auth: base64url(auth) } },
    decrypt,
    read: async (push) => JSON.parse(new TextDecoder().decode(await decrypt(await push.clone().bytes()))),
  }
}

/** Decryption by RFC 8291, which shares no code with the encryption. */
async function decryptPush(body: Uint8Array<ArrayBuffer>, { pair, publicKey, auth }: Omit<Keys, "endpoint">) {
  const salt = body.slice(0, 16)
  const senderKey = body.slice(21, 21 + (body[20] ?? 0))
  const record = body.slice(21 + senderKey.length)
  const sender = await crypto.subtle.importKey("raw", senderKey, ECDH, false, [])
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: sender } as never, pair.privateKey, 256)
  const info = new Uint8Array([...bytes("WebPush: info\0"), ...new Uint8Array(publicKey), ...senderKey])
  const ikm = await hkdf(shared, auth, info, 32)
  const key = await hkdf(ikm, salt, bytes("Content-Encoding: aes128gcm\0"), 16)
  const nonce = await hkdf(ikm, salt, bytes("Content-Encoding: nonce\0"), 12)
  const aes = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["decrypt"])
  const padded = new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv: nonce }, aes, record))
  const end = padded.lastIndexOf(2)
  if (padded.slice(end + 1).some(Boolean)) throw new Error("not the last record")
  return padded.slice(0, end)
}

async function hkdf(ikm: ArrayBuffer, salt: Uint8Array, info: Uint8Array, length: number): Promise<ArrayBuffer> {
  const key = await crypto.subtle.importKey("raw", ikm, "HKDF", false, ["deriveBits"])
  return crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info }, key, length * 8)
}

const MOZILLA = "https://updates.push.services.mozilla.com/wpush/v2/"

/** Adds a device for this person. */
export async function addDevice(person: ApiClient, name: string): Promise<Device> {
  const added = await newDevice(name.startsWith("https:") ? name : MOZILLA + name)
  const answer = await person.post(SUBSCRIPTIONS_PATH, added.subscription)
  if (answer.status !== 200) throw new Error(await answer.text())
  return added
}
