import { decodeBase64Url, encodeBase64Url } from "hono/utils/encode"
import { MisconfiguredError } from "../../runtime/errors"

/**
 * Keys by which secrets lie in the database, each as `<id>:<base64url of 32 bytes>`. The first seals, all open: a new
 * one is put in front, and the old one goes once nothing is sealed by it any more.
 */
type Keys = string[]

/** Where a secret lies. What was sealed for one place opens at no other. */
type Aad = { orgId: number; column: string }

const KEY = /^([\w-]{1,32}):([\w-]{43})=?$/
/** Version, key, initialisation vector, ciphertext. */
const SEALED = /^v1\.([\w-]{1,32})\.([\w-]{16})\.([\w-]{22,})$/
const ALGORITHM = "AES-GCM"

/** The secret as it may lie in the database. Throws `MisconfiguredError`. */
export async function seal([first]: Keys, secret: string, place: Aad): Promise<string> {
  if (!first) throw new MisconfiguredError("SECRETS_KEYS is not set")
  const { id, key } = await keyFrom(first)
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const sealed = await crypto.subtle.encrypt(parametersFor(iv, place), key, new TextEncoder().encode(secret))
  return ["v1", id, encodeBase64Url(iv.buffer), encodeBase64Url(sealed)].join(".").replaceAll("=", "")
}

/**
 * What `seal` sealed; a secret that was stored in plain is as it was. Throws `MisconfiguredError`, also for what was
 * tampered with: a wrong key looks the same.
 */
export async function unseal(keys: Keys, stored: string, place: Aad): Promise<string> {
  if (!stored.startsWith("v1.")) return stored
  const [, id = "", iv = "", sealed = ""] = SEALED.exec(stored) ?? []
  const named = keys.find((key) => key.startsWith(`${id}:`))
  if (!named) throw new MisconfiguredError(`SECRETS_KEYS has no key ${id}`.trim())
  const { key } = await keyFrom(named)
  try {
    const secret = await crypto.subtle.decrypt(parametersFor(decodeBase64Url(iv), place), key, decodeBase64Url(sealed))
    return new TextDecoder().decode(secret)
  } catch {
    throw new MisconfiguredError(`the key ${id} in SECRETS_KEYS does not open what is stored`)
  }
}

/** Between which texts, the second excluded, lies what should be sealed anew: in plain, or by another key we have. */
export function staleRanges(keys: Keys): [string, string][] {
  const [, ...others] = keys.map((key) => key.split(":")[0])
  // "/" comes after ".".
  return [[" ", "v1."], ["v1/", "\u{10FFFF}"], ...others.map((id): [string, string] => [`v1.${id}.`, `v1.${id}/`])]
}

async function keyFrom(text: string) {
  const [, id, bytes] = KEY.exec(text) ?? []
  if (!id || !bytes) throw new MisconfiguredError("SECRETS_KEYS cannot be used")
  return {
    id,
    key: await crypto.subtle.importKey("raw", decodeBase64Url(bytes), ALGORITHM, false, ["encrypt", "decrypt"]),
  }
}

const parametersFor = (iv: Uint8Array, { orgId, column }: Aad) => ({
  name: ALGORITHM,
  iv,
  additionalData: new TextEncoder().encode(`${column}:${orgId}`),
})
