import type { Category } from "../domain/categories"
import type { Channel } from "../domain/channels"
import type { Reason, Withheld } from "../domain/delivery-rules"
import { type Decision, decide } from "../preferences/decide"
import type { Addressee } from "./audience"

/** What becomes of a notification for a number of people. */
export type Plan = {
  /** Whose inbox it enters, and what was withheld there and on other channels. */
  inboxes: { orgUserId: number; withheld: Withheld | null }[]
  /** Who gets an e-mail, and whose devices a push. */
  outbox: { email: number[]; push: number[] }
  /** Whose inbox it does not enter, and why. */
  suppressed: { orgUserId: number; reason: Reason; since: number | null }[]
  /** Whose urgent bar and badge change, by organisation. */
  reached: Map<number, number[]>
}

/** Decides for each of them, on each channel. */
export function planDeliveries(people: Addressee[], notification: { category: Category }, now: number): Plan {
  const plan: Plan = { inboxes: [], outbox: { email: [], push: [] }, suppressed: [], reached: new Map() }
  for (const person of people) {
    const { orgUserId, orgId } = person
    const email = decide(person, notification, "email", now)
    if (email.kind === "deliver") plan.outbox.email.push(orgUserId)
    const push = person.hasDevice ? decide(person, notification, "push", now) : undefined
    if (push?.kind === "deliver") plan.outbox.push.push(orgUserId)

    const inbox = decide(person, notification, "inbox", now)
    if (inbox.kind !== "deliver") {
      plan.suppressed.push({ orgUserId, reason: inbox.reason, since: sinceOf(inbox) ?? null })
      continue
    }
    plan.inboxes.push({ orgUserId, withheld: withheldOf({ inbox, email, ...(push && { push }) }) })
    const inSameOrg = plan.reached.get(orgId)
    if (inSameOrg) inSameOrg.push(orgUserId)
    else plan.reached.set(orgId, [orgUserId])
  }
  return plan
}

const sinceOf = (decision: Decision) => (decision.kind === "suppress" ? decision.since : undefined)

function withheldOf(decisions: Partial<Record<Channel, Decision>>): Withheld | null {
  const notes = Object.entries(decisions)
    .filter(([, { reason }]) => reason !== "subscribed")
    .map(([channel, decision]) => {
      const since = sinceOf(decision)
      return [channel, { reason: decision.reason, ...(since !== undefined && { since }) }]
    })
  return notes.length === 0 ? null : (Object.fromEntries(notes) as Withheld)
}
