import type { Config } from "../../runtime/config"

/** The key pair that identifies this service to push services (RFC 8292), as base64url; the form that `web-push` prints. */
export type Vapid = { publicKey: string; privateKey: string; subject: string }

/** `undefined` where push is not configured. */
export function vapidFrom(config: Config): Vapid | undefined {
  const { VAPID_PUBLIC_KEY: publicKey, VAPID_PRIVATE_KEY: privateKey, VAPID_SUBJECT: subject } = config
  return publicKey && privateKey && subject ? { publicKey, privateKey, subject } : undefined
}
