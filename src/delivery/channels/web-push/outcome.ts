import { DeliveryError } from "../../retry"
import type { SendResult } from "../channel"
import type { PushResult } from "./answer"

/**
 * The outcome of one delivery, from the results of all devices of its recipient. It is sent if one device took the
 * message: a retry for the others would show it again where the person has dismissed it. Throws `DeliveryError`.
 */
export function toSendResult(results: PushResult[]): SendResult {
  if (results.some((result) => result.kind === "sent")) return { kind: "sent", providerId: null }
  const temporary = results.filter((result) => result.kind === "temporary_failure" || result.kind === "key_refused")
  const [first] = temporary
  if (first) {
    const delays = temporary.map((result) => result.retryAfterMs ?? 0)
    throw new DeliveryError(first.reason, { permanent: false, retryAfterMs: Math.max(...delays) || undefined })
  }
  const permanent = results.find((result) => result.kind === "permanent_failure")
  if (permanent) throw new DeliveryError(permanent.reason, { permanent: true })
  return { kind: "suppressed", reason: "no_device" }
}
