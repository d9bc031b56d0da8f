import type { Notification } from "../../../db/schema"
import { type PushResult, toPushResult } from "./answer"
import { type DeviceKeys, encrypt } from "./encrypt"

/** A browser's push subscription. */
export type Device = DeviceKeys & { endpoint: string }

type PushMessage = {
  notification: Notification
  payload: Uint8Array
  authorization: string
  now: number
  /** In ms since 1970. The request is aborted then, and not begun after. */
  deadline: number
}

const TIMEOUT_MS = 10_000
/** How long a push service keeps a message for a device that is off. Older news are in the inbox. */
const TTL_SECONDS = 24 * 60 * 60

/** Posts a message to the push service of a device (RFC 8030), encrypted so that only the device can read it (RFC 8291). */
export async function sendPush(device: Device, message: PushMessage): Promise<PushResult> {
  const { notification, payload, authorization, now, deadline } = message
  if (now >= deadline) return { kind: "temporary_failure", reason: "the push services of other devices took too long" }
  const encrypted = await encrypt(device, payload).catch(() => undefined)
  if (!encrypted) return { kind: "permanent_failure", reason: "a device has keys that cannot be used" }
  const response = await fetch(device.endpoint, {
    method: "POST",
    headers: {
      Authorization: authorization,
      "Content-Encoding": "aes128gcm",
      "Content-Type": "application/octet-stream",
      TTL: String(TTL_SECONDS),
      Urgency: notification.urgent ? "high" : "normal",
      // A message replaces a pending one of the same topic, so that a retry is shown once.
      Topic: `notification-${notification.id}`,
    },
    body: encrypted,
    redirect: "manual",
    signal: AbortSignal.timeout(Math.min(TIMEOUT_MS, deadline - now)),
  }).catch(() => undefined)
  if (!response) return { kind: "temporary_failure", reason: "the push service did not answer" }
  // Only an error has a body that says more than its status.
  const body = response.ok ? "" : await response.text().catch(() => "")
  if (response.ok) await response.body?.cancel()
  return toPushResult({ endpoint: device.endpoint, status: response.status, headers: response.headers, body }, now)
}
