import { DeliveryError } from "../../retry"
import type { Sent } from "../channel"
import type { Answer } from "./send"

/**
 * What the answers for all of a person's devices make of one delivery. Throws `DeliveryError`. Where only some were
 * reached all are told again: what a device shows already, the same message replaces in silence.
 */
export function outcomeOf(answers: Answer[]): Sent {
  const busy = answers.filter((answer) => answer.kind === "busy")
  const [first] = busy
  if (first) {
    const waits = busy.map((answer) => answer.retryAfterMs ?? 0)
    throw new DeliveryError(first.why, { permanent: false, retryAfterMs: Math.max(...waits) || undefined })
  }
  if (answers.some((answer) => answer.kind === "sent")) return { kind: "sent", providerId: null }
  const refused = answers.find((answer) => answer.kind === "refused")
  if (refused) throw new DeliveryError(refused.why, { permanent: true })
  return { kind: "suppressed", reason: "no_device" }
}
