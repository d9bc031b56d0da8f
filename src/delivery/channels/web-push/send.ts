import type { Notification } from "../../../db/schema"
import { isTransientStatus, parseRetryAfter } from "../../../runtime/http-retry"
import { type DeviceKeys, encrypt } from "./encrypt"

/** A browser's push subscription. */
export type Device = DeviceKeys & { endpoint: string }

/** The result for one device. A reason never has the endpoint in it: its holder could send pushes there. */
export type PushResult =
  | { kind: "sent" }
  /** The push service does not know the device any more. */
  | { kind: "gone" }
  | { kind: "permanent_failure"; reason: string }
  | { kind: "temporary_failure"; reason: string; retryAfterMs?: number | undefined }

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
  const body = await encrypt(device, payload).catch(() => undefined)
  if (!body) return { kind: "permanent_failure", reason: "a device has keys that cannot be used" }
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
    body,
    redirect: "manual",
    signal: AbortSignal.timeout(Math.min(TIMEOUT_MS, deadline - now)),
  }).catch(() => undefined)
  if (!response) return { kind: "temporary_failure", reason: "the push service did not answer" }
  await response.body?.cancel()

  const { ok, status } = response
  if (ok) return { kind: "sent" }
  if (status === 404 || status === 410) return { kind: "gone" }
  const reason = `the push service answered ${status}`
  // 401 and 403 refuse our VAPID key. The message can be sent once the configuration is right.
  if (!isTransientStatus(status) && status !== 401 && status !== 403) return { kind: "permanent_failure", reason }
  return { kind: "temporary_failure", reason, retryAfterMs: parseRetryAfter(response.headers.get("retry-after"), now) }
}
