import { decodeBase64Url, encodeBase64Url } from "hono/utils/encode"
import { MisconfiguredError } from "./errors"
import { notUsable } from "./variables"

/**
 * `SECRETS_KEYS`: each key is `<id>:<32 bytes as base64url>`. The first key encrypts, every key decrypts. To rotate, put
 * a new key in front, and remove the old one once nothing is encrypted with it.
 */
type Keys = string[]

/** Where a secret is stored. It is authenticated with the ciphertext, which decrypts nowhere else. */
type Aad = { orgId: number; field: string }

const KEY = /^([\w-]{1,32}):([\w-]{43})=?$/
/** `v1.<key id>.<initialisation vector>.<ciphertext>` */
const ENCRYPTED = /^v1\.([\w-]{1,32})\.([\w-]{16})\.([\w-]{22,})$/
const ALGORITHM = "AES-GCM"

/** Encrypts a secret for the database, with the first key. Throws `MisconfiguredError` without a usable key. */
export async function encryptSecret([first]: Keys, secret: string, aad: Aad): Promise<string> {
  if (!first) throw new MisconfiguredError("SECRETS_KEYS is not set")
  const { id, key } = await importKey(first)
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const ciphertext = await crypto.subtle.encrypt(paramsFor(iv, aad), key, new TextEncoder().encode(secret))
  return ["v1", id, encodeBase64Url(iv.buffer), encodeBase64Url(ciphertext)].join(".").replaceAll("=", "")
}

/**
 * Decrypts what `encryptSecret` returned. A secret that was stored in plain text is returned as it is. Throws
 * `MisconfiguredError` without the right key, and for a ciphertext that was changed: the two look the same.
 */
export async function decryptSecret(keys: Keys, stored: string, aad: Aad): Promise<string> {
  if (!stored.startsWith("v1.")) return stored
  const [, id = "", iv = "", ciphertext = ""] = ENCRYPTED.exec(stored) ?? []
  const named = keys.find((key) => key.startsWith(`${id}:`))
  if (!named) throw new MisconfiguredError(`SECRETS_KEYS has no key ${id}`.trim())
  const { key } = await importKey(named)
  try {
    const secret = await crypto.subtle.decrypt(paramsFor(decodeBase64Url(iv), aad), key, decodeBase64Url(ciphertext))
    return new TextDecoder().decode(secret)
  } catch {
    throw new MisconfiguredError(`the key ${id} in SECRETS_KEYS does not open what is stored`)
  }
}

/**
 * Half-open ranges of the stored texts to encrypt again: plain text, and ciphertexts of every key but the first.
 * SQLite finds ranges by an index.
 */
export function outdatedRanges(keys: Keys): [from: string, to: string][] {
  const [, ...others] = keys.map((key) => key.split(":")[0])
  // "/" comes after ".".
  return [[" ", "v1."], ["v1/", "\u{10FFFF}"], ...others.map((id): [string, string] => [`v1.${id}.`, `v1.${id}/`])]
}

async function importKey(text: string) {
  const [, id, bytes] = KEY.exec(text) ?? []
  if (!id || !bytes) throw notUsable("SECRETS_KEYS")
  return {
    id,
    key: await crypto.subtle.importKey("raw", decodeBase64Url(bytes), ALGORITHM, false, ["encrypt", "decrypt"]),
  }
}

const paramsFor = (iv: Uint8Array, { orgId, field }: Aad) => ({
  name: ALGORITHM,
  iv,
  additionalData: new TextEncoder().encode(`${field}:${orgId}`),
})
