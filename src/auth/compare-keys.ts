import { timingSafeEqual } from "hono/utils/buffer"

/** Whether what was given is one of these keys. Takes the same time for every wrong one. */
export async function matchesAnyKey(keys: string[], given: string): Promise<boolean> {
  let found = false
  for (const key of keys) {
    if (await timingSafeEqual(key, given)) found = true
  }
  return found
}
