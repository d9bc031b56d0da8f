import type { Notification } from "../../../db/schema"
import { SWEEP_AFTER_MS } from "../../../runtime/backoff"
import type { SendResult } from "../channel"
import type { OtherMembership } from "./queries"

type FanOut = Pick<Notification, "dueAt" | "fanOutAfter">

/**
 * Why a member gets no e-mail of their own now, if their address has other memberships; `undefined` if they get one.
 * `claimed` are the memberships that this worker sends to: they share one e-mail.
 *
 * - The address has had the e-mail: one is enough.
 * - Another membership is not decided upon yet, or another worker has it: wait, so that one e-mail names all.
 */
export function withoutOwnEmail(
  others: OtherMembership[],
  { claimed, fanOut, now }: { claimed: number[]; fanOut: FanOut; now: number },
): SendResult | undefined {
  const elsewhere = others.filter(({ orgUserId }) => !claimed.includes(orgUserId))
  if (elsewhere.some(hasHadEmail)) return { kind: "suppressed", reason: "same_address" }
  const isUndecided = ({ orgUserId, status }: OtherMembership) =>
    status === null && fanOut.dueAt !== null && orgUserId > fanOut.fanOutAfter
  const isUnderWay = ({ status }: OtherMembership) => status === "pending" || status === "sending"
  return elsewhere.some((other) => isUndecided(other) || isUnderWay(other))
    ? { kind: "postponed", at: now + SWEEP_AFTER_MS, reason: "other_organisations" }
    : undefined
}

const hasHadEmail = ({ status, reason }: OtherMembership) =>
  status === "sent" || (status === "suppressed" && reason === "same_address")
