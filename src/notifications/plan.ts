import type { Category } from "../categories"
import { type Channel, decide, type Reason } from "../preferences/decide"
import type { Addressee } from "./audience"

type Withheld = Partial<Record<Channel, { reason: Reason; since?: number }>>

/** What becomes of a notification for a number of people. */
export type Plan = {
  /** Whose inbox it enters, and the channels on which they are nevertheless not told. */
  inboxes: { orgUserId: number; withheld: Withheld | null }[]
  /** Who gets an e-mail. */
  emails: number[]
  /** Whose inbox it does not enter, and why. */
  suppressed: { orgUserId: number; reason: Reason; since: number | null }[]
  /** Whose urgent bar and badge change, by organisation. */
  reached: Map<number, number[]>
}

/** Decides for each of them, on each channel. */
export function planFor(people: Addressee[], notification: { category: Category }, now: number): Plan {
  const plan: Plan = { inboxes: [], emails: [], suppressed: [], reached: new Map() }
  for (const person of people) {
    const { orgUserId, orgId } = person
    const email = decide(person, notification, "email", now)
    if (email.kind === "deliver") plan.emails.push(orgUserId)

    const inbox = decide(person, notification, "inbox", now)
    if (inbox.kind !== "deliver") {
      plan.suppressed.push({ orgUserId, reason: inbox.reason, since: sinceOf(inbox) ?? null })
      continue
    }
    plan.inboxes.push({ orgUserId, withheld: email.kind === "suppress" ? { email: reasonOf(email) } : null })
    const inSameOrg = plan.reached.get(orgId)
    if (inSameOrg) inSameOrg.push(orgUserId)
    else plan.reached.set(orgId, [orgUserId])
  }
  return plan
}

type Decision = ReturnType<typeof decide>
const sinceOf = (decision: Decision) => (decision.kind === "suppress" ? decision.since : undefined)

function reasonOf(decision: Decision) {
  const since = sinceOf(decision)
  return since === undefined ? { reason: decision.reason } : { reason: decision.reason, since }
}
