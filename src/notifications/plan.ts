import type { Deferred } from "../delivery/outbox"
import type { Category } from "../domain/categories"
import type { Channel } from "../domain/channels"
import type { Reason, ChannelReasons } from "../domain/delivery-rules"
import { type Decision, type Decisions, decide } from "../preferences/decide"
import type { Addressee } from "./audience"

/**
 * The decisions about one person. Nothing is decided about push for people without a device, nor about an e-mail that the
 * sender has sent itself.
 */
export type DecidedAddressee = {
  orgUserId: number
  orgId: number
  decisions: Pick<Decisions, "inbox"> & Partial<Omit<Decisions, "inbox">>
}

/** The rows that a chunk of a fan-out writes for its people. */
export type Plan = {
  /** The inboxes that get the notification, each with the reasons that its trace needs. */
  inboxes: { orgUserId: number; withheld: ChannelReasons | null }[]
  /** The people who get an e-mail or a push message at once. */
  outbox: { email: number[]; push: number[] }
  /** The messages that wait. */
  deferred: Deferred[]
  /** The people whose inbox does not get it. */
  suppressed: { orgUserId: number; reason: Reason; since: number | null }[]
  /** The people whose inbox gets it, by organisation: their urgent bars and unread counts change. */
  reached: Map<number, number[]>
}

export const decideAll = (people: Addressee[], notification: { category: Category; skipEmail: boolean }, now: number) =>
  people.map(
    (person): DecidedAddressee => ({
      orgUserId: person.orgUserId,
      orgId: person.orgId,
      decisions: {
        inbox: decide(person, notification, "inbox", now),
        ...(!notification.skipEmail && { email: decide(person, notification, "email", now) }),
        ...(person.hasDevice && { push: decide(person, notification, "push", now) }),
      },
    }),
  )

/** With `emailDueAt`, no deferred e-mail leaves before that time either. */
export function planDeliveries(people: DecidedAddressee[], { emailDueAt }: { emailDueAt: number | null }): Plan {
  const plan: Plan = {
    inboxes: [],
    outbox: { email: [], push: [] },
    deferred: [],
    suppressed: [],
    reached: new Map(),
  }
  for (const { orgUserId, orgId, decisions } of people) {
    if (decisions.email) {
      planMessage(plan, { orgUserId, channel: "email", decision: decisions.email, notBefore: emailDueAt ?? 0 })
    }
    if (decisions.push) {
      planMessage(plan, { orgUserId, channel: "push", decision: decisions.push, notBefore: 0 })
    }
    const { inbox } = decisions
    switch (inbox.kind) {
      case "deliver":
        plan.inboxes.push({ orgUserId, withheld: channelReasons(decisions) })
        addReached(plan.reached, { orgUserId, orgId })
        break
      case "suppress":
        plan.suppressed.push({ orgUserId, reason: inbox.reason, since: inbox.since ?? null })
        break
      default:
        inbox satisfies never
    }
  }
  return plan
}

type Message = {
  orgUserId: number
  channel: Exclude<Channel, "inbox">
  decision: Decisions["email" | "push"]
  notBefore: number
}

function planMessage(plan: Plan, { orgUserId, channel, decision, notBefore }: Message): void {
  switch (decision.kind) {
    case "deliver":
      plan.outbox[channel].push(orgUserId)
      break
    case "defer": {
      const dueAt = Math.max(decision.until, notBefore)
      plan.deferred.push({ channel, recipientId: orgUserId, dueAt, cause: decision.cause })
      break
    }
    case "suppress":
      // The inbox row has the reason.
      break
    default:
      decision satisfies never
  }
}

function addReached(reached: Plan["reached"], { orgUserId, orgId }: { orgUserId: number; orgId: number }): void {
  const inSameOrg = reached.get(orgId)
  if (inSameOrg) inSameOrg.push(orgUserId)
  else reached.set(orgId, [orgUserId])
}

/** The column `withheld`; `null` where every reason is `subscribed`. */
function channelReasons(decisions: DecidedAddressee["decisions"]): ChannelReasons | null {
  const reasons = Object.entries(decisions)
    .filter(([, { reason }]) => reason !== "subscribed")
    .map(([channel, decision]) => [channel, toReason(decision)])
  return reasons.length === 0 ? null : (Object.fromEntries(reasons) as ChannelReasons)
}

const toReason = (decision: Decision) => ({
  reason: decision.reason,
  ...(decision.kind === "suppress" && decision.since !== undefined && { since: decision.since }),
})
