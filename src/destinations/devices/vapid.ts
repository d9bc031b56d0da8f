import type { Config } from "../../runtime/config"

/** What we sign pushes with (RFC 8292), so that a push service knows us: base64url, as `web-push` makes them. */
export type Vapid = { publicKey: string; privateKey: string; subject: string }

/** Not there where push is not set up. */
export function vapidFrom(config: Config): Vapid | undefined {
  const { VAPID_PUBLIC_KEY: publicKey, VAPID_PRIVATE_KEY: privateKey, VAPID_SUBJECT: subject } = config
  return publicKey && privateKey && subject ? { publicKey, privateKey, subject } : undefined
}
