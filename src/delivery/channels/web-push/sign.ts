import { vapidHeaders } from "@block65/webcrypto-web-push"
import { MisconfiguredError } from "../../../errors"
import type { Vapid } from "../../../vapid"

/**
 * Says who we are to the push service of an endpoint (RFC 8292); to each once, for as long as this is kept: it is good
 * for twelve hours. Throws `MisconfiguredError`.
 */
export function signer(vapid: Vapid | undefined): (endpoint: string) => Promise<string> {
  const signed = new Map<string, Promise<string>>()
  return async (endpoint) => {
    if (!vapid) throw new MisconfiguredError("VAPID_PUBLIC_KEY, VAPID_PRIVATE_KEY or VAPID_SUBJECT is not set")
    const { origin } = new URL(endpoint)
    const known = signed.get(origin) ?? authorization(origin, vapid)
    signed.set(origin, known)
    return known
  }
}

async function authorization(origin: string, vapid: Vapid): Promise<string> {
  try {
    const unused = { expirationTime: null, keys: { auth: "", p256dh: "" } }
    return (await vapidHeaders({ endpoint: origin, ...unused }, vapid)).headers.authorization
  } catch {
    throw new MisconfiguredError("VAPID_PUBLIC_KEY and VAPID_PRIVATE_KEY are no pair")
  }
}
