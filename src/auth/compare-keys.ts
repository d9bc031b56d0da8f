import { timingSafeEqual } from "hono/utils/buffer"
import { sha256 } from "hono/utils/crypto"

/** Compares with every key in constant time, so that the duration tells nothing about the keys. */
export async function matchesAnyKey(keys: string[], given: string): Promise<boolean> {
  let found = false
  for (const key of keys) {
    if (await timingSafeEqual(key, given)) found = true
  }
  return found
}

const SHORT_HASH_LENGTH = 12

/** Names a key without telling it: the beginning of its SHA-256, in hex. */
export const shortHash = async (key: string): Promise<string> => ((await sha256(key)) ?? "").slice(0, SHORT_HASH_LENGTH)
