import { DeliveryError } from "../../retry"
import type { SendResult } from "../channel"
import type { PushResult } from "./send"

/**
 * What the answers for all of a person's devices make of one delivery: whoever was reached on one of them was told. To
 * try again for the others would show it once more where it was dismissed. Throws `DeliveryError`.
 */
export function toSendResult(answers: PushResult[]): SendResult {
  if (answers.some((answer) => answer.kind === "sent")) return { kind: "sent", providerId: null }
  const busy = answers.filter((answer) => answer.kind === "busy")
  const [first] = busy
  if (first) {
    const waits = busy.map((answer) => answer.retryAfterMs ?? 0)
    throw new DeliveryError(first.why, { permanent: false, retryAfterMs: Math.max(...waits) || undefined })
  }
  const refused = answers.find((answer) => answer.kind === "refused")
  if (refused) throw new DeliveryError(refused.why, { permanent: true })
  return { kind: "suppressed", reason: "no_device" }
}
