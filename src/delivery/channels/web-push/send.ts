import type { Notification } from "../../../db/schema"
import { isTransientStatus, parseRetryAfter } from "../../retry"
import { type DeviceKeys, encrypt } from "./encrypt"

/** As its browser tells of it. */
export type Device = DeviceKeys & { endpoint: string }

/** What became of one message to one device. The words never hold its address, by which anybody could push to it. */
export type PushResult =
  | { kind: "sent" }
  /** There is no such device any more. */
  | { kind: "gone" }
  | { kind: "refused"; why: string }
  | { kind: "busy"; why: string; retryAfterMs?: number | undefined }

type PushMessage = {
  notification: Notification
  payload: Uint8Array
  authorization: string
  now: number
  /** When it must be over. */
  until: number
}

const TIMEOUT_MS = 10_000
/** For how long a push service keeps it for a device that is off: what failed the day before is in the inbox. */
const TTL_SECONDS = 24 * 60 * 60

/** Gives the push service of a device a message (RFC 8030), which nobody but the device can read (RFC 8291). */
export async function sendPush(device: Device, message: PushMessage): Promise<PushResult> {
  const { notification, payload, authorization, now, until } = message
  if (now >= until) return { kind: "busy", why: "the push services of other devices took too long" }
  const body = await encrypt(device, payload).catch(() => undefined)
  if (!body) return { kind: "refused", why: "a device has keys that cannot be used" }
  const response = await fetch(device.endpoint, {
    method: "POST",
    headers: {
      Authorization: authorization,
      "Content-Encoding": "aes128gcm",
      "Content-Type": "application/octet-stream",
      TTL: String(TTL_SECONDS),
      Urgency: notification.urgent ? "high" : "normal",
      // Of what is told twice a device that is off keeps one.
      Topic: `notification-${notification.id}`,
    },
    body,
    redirect: "manual",
    signal: AbortSignal.timeout(Math.min(TIMEOUT_MS, until - now)),
  }).catch(() => undefined)
  if (!response) return { kind: "busy", why: "the push service did not answer" }
  await response.body?.cancel()

  const { ok, status } = response
  if (ok) return { kind: "sent" }
  if (status === 404 || status === 410) return { kind: "gone" }
  const why = `the push service answered ${status}`
  // 401 and 403 are for who we say we are, and pass once somebody has mended our settings.
  if (!isTransientStatus(status) && status !== 401 && status !== 403) return { kind: "refused", why }
  return { kind: "busy", why, retryAfterMs: parseRetryAfter(response.headers.get("retry-after"), now) }
}
