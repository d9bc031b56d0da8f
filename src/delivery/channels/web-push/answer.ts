import { isTransientStatus, parseRetryAfter } from "../../../runtime/http-retry"

/** The result for one device. A reason never has the endpoint in it: its holder could send pushes there. */
export type PushResult =
  | { kind: "sent" }
  /** The push service does not know the device any more, or not with our key. */
  | { kind: "gone" }
  | { kind: "permanent_failure"; reason: string }
  /** The push service refuses our VAPID key or its claims. The message can be sent once the configuration is right. */
  | { kind: "key_refused"; reason: string; retryAfterMs?: number | undefined }
  | { kind: "temporary_failure"; reason: string; retryAfterMs?: number | undefined }

/**
 * The meaning of a response of a push service.
 *
 * - `gone`: the device cannot be reached any more, or not with our key. It is deleted.
 * - `key_refused`: our VAPID key or its claims are wrong. The message waits, and the platform admins are told.
 * - `wait`: the same message may be accepted later.
 * - `message_at_fault`: this message is refused.
 */
type Meaning = "sent" | "gone" | "key_refused" | "wait" | "message_at_fault"

/** By `reason`. https://developer.apple.com/documentation/usernotifications/sending-web-push-notifications-in-web-apps-and-browsers */
const APPLE: Record<string, Meaning> = {
  BadDeviceToken: "gone",
  DeviceTokenNotForTopic: "gone",
  ExpiredSubscription: "gone",
  ExpiredToken: "gone",
  MissingDeviceToken: "gone",
  Unregistered: "gone",
  // The subscription was made with another key than the one that the browser told us.
  VapidPkHashMismatch: "gone",

  BadAuthorizationHeader: "key_refused",
  BadJwtToken: "key_refused",
  ExpiredJwtToken: "key_refused",
  ExpiredProviderToken: "key_refused",
  InvalidProviderToken: "key_refused",
  MissingAuthorizationHeader: "key_refused",
  MissingProviderToken: "key_refused",

  IdleTimeout: "wait",
  InternalServerError: "wait",
  ServiceUnavailable: "wait",
  Shutdown: "wait",
  TooManyProviderTokenUpdates: "wait",
  TooManyRequests: "wait",

  BadTtl: "message_at_fault",
  BadUrgency: "message_at_fault",
  BadWebPushTopic: "message_at_fault",
  PayloadEmpty: "message_at_fault",
  PayloadTooLarge: "message_at_fault",
}

/** By `errno`. https://mozilla-services.github.io/autopush-rs/errors.html */
const MOZILLA: Record<string, Meaning> = {
  102: "gone",
  103: "gone",
  105: "gone",
  106: "gone",
  107: "gone",
  108: "gone",
  109: "key_refused",
  101: "message_at_fault",
  104: "message_at_fault",
  110: "message_at_fault",
  111: "message_at_fault",
  112: "message_at_fault",
  113: "message_at_fault",
  201: "wait",
  202: "wait",
  900: "wait",
  901: "wait",
  902: "wait",
  903: "wait",
  904: "wait",
  999: "wait",
}

/**
 * By `X-WNS-STATUS` or `X-WNS-NOTIFICATIONSTATUS`. `dropped` also says that the device is offline, and comes with 200.
 * https://learn.microsoft.com/windows/apps/design/shell/tiles-and-notifications/push-request-response-headers
 */
const WINDOWS: Record<string, Meaning> = {
  received: "sent",
  dropped: "wait",
  appthrottled: "wait",
  channelthrottled: "wait",
}

type Answer = { endpoint: string; status: number; headers: Headers; body: string }

export function toPushResult(answer: Answer, now: number): PushResult {
  const { status, headers } = answer
  const named = namedMeaning(answer)
  const reason = `the push service answered ${status}${named ? ` (${named.name})` : ""}`
  const retryAfterMs = parseRetryAfter(headers.get("retry-after"), now)
  switch (named?.meaning ?? meaningOfStatus(answer)) {
    case "sent":
      return { kind: "sent" }
    case "gone":
      return { kind: "gone" }
    case "key_refused":
      return { kind: "key_refused", reason, retryAfterMs }
    case "wait":
      return { kind: "temporary_failure", reason, retryAfterMs }
    case "message_at_fault":
      return { kind: "permanent_failure", reason }
  }
}

/** The meaning that the service names itself, by a word of our tables. */
function namedMeaning({ status, headers, body }: Answer): { name: string; meaning: Meaning } | undefined {
  const isOk = status >= 200 && status < 300
  const windows = [headers.get("x-wns-status"), headers.get("x-wns-notificationstatus")]
    .map((word) => word?.trim().toLowerCase() ?? "")
    .find((word) => Object.hasOwn(WINDOWS, word) && word !== "received")
  // A status of an error counts more than `dropped`, which says no more than that the message was not delivered.
  if (windows && (isOk || windows !== "dropped")) return lookUp(WINDOWS, windows)
  if (isOk) return undefined
  const reason = /"reason"\s*:\s*"(\w{1,60})"/.exec(body)?.[1]
  const errno = /"errno"\s*:\s*(\d{1,4})\b/.exec(body)?.[1]
  // Mozilla has one `errno` for a wrong key and for another key than the subscription's.
  if (errno === "109" && OTHER_KEY.test(body)) return { name: "errno 109", meaning: "gone" }
  return lookUp(APPLE, reason) ?? lookUp(MOZILLA, errno, "errno ")
}

function lookUp(meanings: Record<string, Meaning>, name: string | undefined, prefix = "") {
  const meaning = name !== undefined && Object.hasOwn(meanings, name) ? meanings[name] : undefined
  return meaning && { name: `${prefix}${name}`, meaning }
}

/**
 * This subscription was made with another key: the words of Google and, with `errno` 109, of Mozilla.
 * https://github.com/mozilla-services/autopush-rs/blob/master/autoendpoint/src/headers/vapid.rs
 */
const OTHER_KEY =
  /UnauthorizedRegistration|do not correspond to the credentials used to create the subscription|MismatchSenderId|SENDER_ID_MISMATCH|VAPID public key mismatch/i

function meaningOfStatus({ endpoint, status, body }: Answer): Meaning {
  if (status >= 200 && status < 300) return "sent"
  const isWindows = /^https:\/\/[a-z0-9.-]+\.notify\.windows\.com\//.test(endpoint)
  if (status === 404 || status === 410) return "gone"
  // Windows: we are authenticated, and may not write to this device.
  if (status === 403 && isWindows) return "gone"
  if ((status === 400 || status === 401 || status === 403) && OTHER_KEY.test(body)) return "gone"
  if (status === 401 || status === 403) return "key_refused"
  // Windows says 406 where others say 429.
  return isTransientStatus(status) || status === 406 ? "wait" : "message_at_fault"
}
