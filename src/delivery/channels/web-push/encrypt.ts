import { decodeBase64Url } from "hono/utils/encode"

/** The keys of a push subscription, as base64url: the device's public key (a point on P-256), and a shared secret. */
export type DeviceKeys = { p256dh: string; auth: string }

/** New for every message. */
export type MessageKeys = { sender: CryptoKeyPair; salt: Uint8Array }

const ECDH = { name: "ECDH", namedCurve: "P-256" }
/** The size of the one record (RFC 8188). A push service need not take more (RFC 8291, section 4). */
const RECORD_BYTES = 4_096
const LAST_RECORD = 2

/** The body of a push message (RFC 8291), which only this device can decrypt. Throws WebCrypto's errors for bad keys. */
export async function encrypt(keys: DeviceKeys, plaintext: Uint8Array, messageKeys?: MessageKeys): Promise<Uint8Array> {
  const { sender, salt } = messageKeys ?? (await newMessageKeys())
  const receiverKey = decodeBase64Url(keys.p256dh)
  const senderKey = new Uint8Array((await crypto.subtle.exportKey("raw", sender.publicKey)) as ArrayBuffer)
  const receiver = await crypto.subtle.importKey("raw", receiverKey, ECDH, false, [])
  const shared = await crypto.subtle.deriveBits(ecdhParams(receiver), sender.privateKey, 256)

  const secret = await hkdf(
    shared,
    decodeBase64Url(keys.auth),
    concatBytes(utf8("WebPush: info\0"), receiverKey, senderKey),
    32,
  )
  const key = await hkdf(secret, salt, utf8("Content-Encoding: aes128gcm\0"), 16)
  const iv = await hkdf(secret, salt, utf8("Content-Encoding: nonce\0"), 12)

  const aes = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt"])
  const record = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, aes, concatBytes(plaintext, [LAST_RECORD]))
  return concatBytes(salt, uint32(RECORD_BYTES), [senderKey.length], senderKey, new Uint8Array(record))
}

/** The types of Workers call this `$public`; the runtime, as every other, calls it `public`. */
const ecdhParams = (receiver: CryptoKey) => ({ name: "ECDH", public: receiver }) as SubtleCryptoDeriveKeyAlgorithm

const newMessageKeys = async (): Promise<MessageKeys> => ({
  sender: (await crypto.subtle.generateKey(ECDH, true, ["deriveBits"])) as CryptoKeyPair,
  salt: crypto.getRandomValues(new Uint8Array(16)),
})

async function hkdf(secret: ArrayBuffer, salt: Uint8Array, info: Uint8Array, bytes: number): Promise<ArrayBuffer> {
  const key = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"])
  return crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info }, key, bytes * 8)
}

const utf8 = (text: string) => new TextEncoder().encode(text)
const uint32 = (number: number) => [24, 16, 8, 0].map((shift) => (number >>> shift) & 255)
const concatBytes = (...parts: ArrayLike<number>[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => Array.from(part)))
