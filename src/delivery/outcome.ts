import { MISCONFIGURED_DELIVERY_DELAY_MS, RETRY_DELAYS_MS } from "../runtime/backoff"
import { MisconfiguredError } from "../runtime/errors"
import { errorName } from "../runtime/log"
import type { SendResult } from "./channels/channel"
import type { DeliveryOutcome } from "./queries"
import { DeliveryError, nextAttempt } from "./retry"

/** A claimed row and its outcome. */
export type Attempt = { recipientId: number; attempts: number; outcome: SendResult | FailedSend | Postponed }
type FailedSend = ({ kind: "failed" | "dead" } | { kind: "retry"; at: number }) & {
  reason: string
  slowDown: boolean
  /** `reason` names a variable that is missing or not usable. */
  isMisconfigured: boolean
}
/** Not attempted, since the provider refuses everything at present. */
type Postponed = { kind: "postponed"; at: number; reason: string }

/**
 * The outcome of a send that threw. `MisconfiguredError` gives an admin a day to correct the variable. Any other error
 * than `DeliveryError` is a bug: it is retried, so that it loses no delivery and holds up no other. `random` is in [0, 1).
 */
export function toFailedSend(error: unknown, at: { attempts: number; now: number; random: number }): FailedSend {
  const { message, options } = error instanceof DeliveryError ? error : toDeliveryError(error)
  const isMisconfigured = error instanceof MisconfiguredError
  return { ...nextAttempt(options, at), reason: message, slowDown: options.slowDown ?? false, isMisconfigured }
}

function toDeliveryError(error: unknown): DeliveryError {
  const waits = error instanceof MisconfiguredError && { retryAfterMs: MISCONFIGURED_DELIVERY_DELAY_MS }
  return new DeliveryError(errorName(error), { permanent: false, ...waits })
}

/**
 * Postpones the rest if the provider asked every delivery of a group to slow down. If it asked only some, that may be
 * coincidence.
 */
export function postponeAfter(group: Attempt[], now: number): Postponed | undefined {
  const slowed = group.flatMap(({ outcome }) => ("slowDown" in outcome && outcome.slowDown ? outcome : []))
  const [first] = slowed
  if (!first || slowed.length < group.length) return undefined
  const retryTimes = slowed.map((outcome) => (outcome.kind === "retry" ? outcome.at : now + RETRY_DELAYS_MS[0]))
  return { kind: "postponed", at: Math.max(...retryTimes), reason: first.reason }
}

/** The outcome as the columns of its row. */
export const toOutcome = ({ outcome, ...row }: Attempt): DeliveryOutcome => ({ ...row, ...toColumns(outcome) })

function toColumns(outcome: Attempt["outcome"]): Omit<DeliveryOutcome, "recipientId" | "attempts"> {
  const rest = { reason: null, since: null, providerId: null, dueAt: null, countsAsAttempt: true }
  switch (outcome.kind) {
    case "sent":
      return { ...rest, status: "sent", providerId: outcome.providerId }
    case "suppressed":
      return { ...rest, status: "suppressed", reason: outcome.reason, since: outcome.since ?? null }
    case "retry":
      return { ...rest, status: "pending", reason: outcome.reason, dueAt: outcome.at }
    case "postponed":
      return { ...rest, status: "pending", reason: outcome.reason, dueAt: outcome.at, countsAsAttempt: false }
    case "failed":
    case "dead":
      return { ...rest, status: outcome.kind, reason: outcome.reason }
  }
}
