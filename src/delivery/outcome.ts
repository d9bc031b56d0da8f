import { RETRY_DELAYS_MS } from "../runtime/backoff"
import { errorName } from "../runtime/log"
import type { SendResult } from "./channels/channel"
import type { DeliveryOutcome } from "./queries"
import { DeliveryError, nextAttempt } from "./retry"

/** A claimed row, and what outcome of it. */
export type Attempt = { recipientId: number; attempts: number; outcome: SendResult | FailedSend | Postponed }
type FailedSend =
  | { kind: "failed" | "dead"; reason: string; slowDown: boolean }
  | { kind: "retry"; at: number; reason: string; slowDown: boolean }
/** Not tried, since it would only have failed. */
type Postponed = { kind: "put_off"; at: number; reason: string }

/** What follows where somebody could not be told. `random` is in [0, 1). */
export function failureFor(error: unknown, at: { attempts: number; now: number; random: number }): FailedSend {
  const failure = error instanceof DeliveryError ? error : unexpected(error)
  const next = nextAttempt(failure.options, at)
  return { ...next, reason: failure.message, slowDown: failure.options.slowDown ?? false }
}

/** One who is told to slow down may have had bad luck; where nobody of a group got through, nobody would. */
export function postponeAfter(tried: Attempt[], now: number): Postponed | undefined {
  const slowed = tried.flatMap(({ outcome }) => ("slowDown" in outcome && outcome.slowDown ? outcome : []))
  const [first] = slowed
  if (!first || slowed.length < tried.length) return undefined
  const waits = slowed.map((outcome) => (outcome.kind === "retry" ? outcome.at : now + RETRY_DELAYS_MS[0]))
  return { kind: "put_off", at: Math.max(...waits), reason: first.reason }
}

/** The same as its row says it. */
export const toOutcome = ({ outcome, ...row }: Attempt): DeliveryOutcome => ({ ...row, ...toColumns(outcome) })

function toColumns(outcome: Attempt["outcome"]): Omit<DeliveryOutcome, "recipientId" | "attempts"> {
  const rest = { reason: null, since: null, providerId: null, dueAt: null, isTry: 1 }
  switch (outcome.kind) {
    case "sent":
      return { ...rest, status: "sent", providerId: outcome.providerId }
    case "suppressed":
      return { ...rest, status: "suppressed", reason: outcome.reason, since: outcome.since ?? null }
    case "retry":
      return { ...rest, status: "pending", reason: outcome.reason, dueAt: outcome.at }
    case "put_off":
      return { ...rest, status: "pending", reason: outcome.reason, dueAt: outcome.at, isTry: 0 }
    case "failed":
    case "dead":
      return { ...rest, status: outcome.kind, reason: outcome.reason }
  }
}

/** A bug, or a setting that is missing: tried again like any failure that may pass, so that no other is held up. */
const unexpected = (error: unknown) => new DeliveryError(errorName(error), { permanent: false })
