import { kindOf } from "../runtime/log"
import type { Sent } from "./channels/channel"
import type { Outcome } from "./queries"
import { afterFailure, BACK_OFF_MS, DeliveryError } from "./retry"

/** A claimed row, and what became of it. */
export type Done = { recipientId: number; attempts: number; became: Sent | Failed | PutOff }
type Failed =
  | { kind: "failed" | "dead"; reason: string; slowDown: boolean }
  | { kind: "retry"; at: number; reason: string; slowDown: boolean }
/** Not tried, since it would only have failed. */
type PutOff = { kind: "put_off"; at: number; reason: string }

/** What follows where somebody could not be told. `random` is in [0, 1). */
export function failed(error: unknown, at: { attempts: number; now: number; random: number }): Failed {
  const failure = error instanceof DeliveryError ? error : unforeseen(error)
  const next = afterFailure(failure.options, at)
  return { ...next, reason: failure.message, slowDown: failure.options.slowDown ?? false }
}

const [FIRST_WAIT_MS = 0] = BACK_OFF_MS

/** One who is told to slow down may have had bad luck; where nobody of a group got through, nobody would. */
export function putOffAfter(tried: Done[], now: number): PutOff | undefined {
  const slowed = tried.flatMap(({ became }) => ("slowDown" in became && became.slowDown ? became : []))
  const [first] = slowed
  if (!first || slowed.length < tried.length) return undefined
  const waits = slowed.map((became) => (became.kind === "retry" ? became.at : now + FIRST_WAIT_MS))
  return { kind: "put_off", at: Math.max(...waits), reason: first.reason }
}

/** The same as its row says it. */
export const toOutcome = ({ became, ...row }: Done): Outcome => ({ ...row, ...toResult(became) })

function toResult(became: Done["became"]): Omit<Outcome, "recipientId" | "attempts"> {
  const rest = { reason: null, since: null, providerId: null, dueAt: null, isTry: 1 }
  switch (became.kind) {
    case "sent":
      return { ...rest, status: "sent", providerId: became.providerId }
    case "suppressed":
      return { ...rest, status: "suppressed", reason: became.reason, since: became.since ?? null }
    case "retry":
      return { ...rest, status: "pending", reason: became.reason, dueAt: became.at }
    case "put_off":
      return { ...rest, status: "pending", reason: became.reason, dueAt: became.at, isTry: 0 }
    case "failed":
    case "dead":
      return { ...rest, status: became.kind, reason: became.reason }
  }
}

/** A bug, or a setting that is missing: tried again like any failure that may pass, so that no other is held up. */
const unforeseen = (error: unknown) => new DeliveryError(kindOf(error), { permanent: false })
