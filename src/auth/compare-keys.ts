import { timingSafeEqual } from "hono/utils/buffer"

/** Compares with every key in constant time, so that the duration tells nothing about the keys. */
export async function matchesAnyKey(keys: string[], given: string): Promise<boolean> {
  let found = false
  for (const key of keys) {
    if (await timingSafeEqual(key, given)) found = true
  }
  return found
}
