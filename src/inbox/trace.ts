import { CATEGORY, type Category } from "../domain/categories"
import type { Channel } from "../domain/channels"
import type { Deps } from "../deps"
import { notFound } from "../runtime/errors"
import type { Membership } from "../auth/membership"
import { isReason, type Reason, type Withheld } from "../domain/delivery-rules"
import type { TraceEntry } from "./docs"
import * as queries from "./trace-queries"

/** Why this person did or did not get it, on each channel. One round trip. */
export async function getTrace(deps: Deps, { me, id }: { me: Membership; id: number }): Promise<TraceEntry[]> {
  const [[notification], deliveries] = await deps.db.batch(
    queries.selectTrace(deps.db, { orgUserId: me.orgUserId, id }),
  )
  const isMine = notification && (notification.arrivedAt !== null || deliveries.length > 0)
  if (!isMine) throw notFound("notification")
  return toTrace({ ...notification, deliveries })
}

type Traced = {
  category: Category
  /** When it entered the inbox; `null` if it did not. */
  arrivedAt: number | null
  withheld: Withheld | null
  /** Until when its e-mail waits for a summary; `null`: it does not. */
  emailDueAt: number | null
  deliveries: Delivery[]
}
type Delivery = {
  channel: Channel
  status: Status
  attempts: number
  reason: string | null
  since: number | null
  updatedAt: number
  /** When it is tried next. */
  dueAt: number | null
}
type Status = "pending" | "sending" | "sent" | "failed" | "suppressed" | "dead"

/** The trace of one notification for one person, the inbox first. */
export function toTrace({ category, arrivedAt, withheld, emailDueAt, deliveries }: Traced): TraceEntry[] {
  const { label } = CATEGORY[category]
  const wordsFor = (channel: Channel, reason: Reason, since?: number) => explain({ reason, since, label, channel })
  // Notes on other channels lie in the inbox. What leaves without an inbox does so by the one rule that goes before
  // the inbox: test/preferences/decide.test.ts holds it to be the only one.
  const unless = arrivedAt === null ? "required_by_organisation" : "subscribed"
  const entries = deliveries.map((delivery) => {
    const { channel, status, reason, since, updatedAt } = delivery
    const isHeld = channel === "email" && emailDueAt !== null
    const why =
      status === "suppressed" && isReason(reason)
        ? wordsFor(channel, reason, since ?? undefined)
        : (deliveryProblem(delivery, { isHeld }) ?? wordsFor(channel, withheld?.[channel]?.reason ?? unless))
    return { channel, outcome: status === "sending" ? ("pending" as const) : status, reason: why, at: iso(updatedAt) }
  })
  if (arrivedAt === null) return entries

  const at = iso(arrivedAt)
  const inbox = wordsFor("inbox", withheld?.inbox?.reason ?? "subscribed")
  const suppressed = Object.entries(withheld ?? {})
    .filter(([channel]) => channel !== "inbox" && entries.every((entry) => entry.channel !== channel))
    .map(([channel, { reason, since }]) => ({
      channel: channel as Channel,
      outcome: "suppressed" as const,
      reason: wordsFor(channel as Channel, reason, since),
      at,
    }))
  return [{ channel: "inbox", outcome: "sent", reason: inbox, at }, ...entries, ...suppressed]
}

const iso = (at: number) => new Date(at).toISOString()
const day = (at: number) => new Date(at).toLocaleDateString("en-GB", { dateStyle: "long", timeZone: "UTC" })

const timeOf = (at: number | null) =>
  at === null ? "soon" : `at ${new Date(at).toLocaleTimeString("en-GB", { timeStyle: "short", timeZone: "UTC" })} UTC`

const CHANNEL_NAME: Record<Channel, string> = { inbox: "the inbox", email: "e-mail", push: "push messages" }

function deliveryProblem(
  { status, reason, attempts, dueAt }: Delivery,
  { isHeld }: { isHeld: boolean },
): string | undefined {
  if (status === "pending" && reason) return `Not yet (${reason}). It is tried again ${timeOf(dueAt)}.`
  if (status === "pending" && isHeld && attempts === 0) {
    return `It waits for a summary of what went wrong, and leaves ${timeOf(dueAt)} at the latest.`
  }
  if (status === "failed" || status === "dead") return `It could not be delivered: ${reason ?? "unknown"}.`
  if (status === "suppressed") return `It was not sent: ${reason ?? "unknown"}.`
  return undefined
}

function explain(of: { reason: Reason; since: number | undefined; label: string; channel: Channel }): string {
  const channel = CHANNEL_NAME[of.channel]
  const on = of.since === undefined ? "" : ` on ${day(of.since)}`
  switch (of.reason) {
    case "subscribed":
      return of.channel === "push"
        ? `You are subscribed to ${of.label}, and told on your devices.`
        : `You are subscribed to ${of.label}.`
    case "required_by_organisation":
      return `Your organisation requires ${channel} for ${of.label}.`
    case "off_by_organisation":
      return `Your organisation turned ${channel} off for ${of.label}.`
    case "off_by_default":
      return `Your organisation leaves ${channel} off for ${of.label} until you turn it on.`
    case "category_off":
      return `You turned ${of.label} off${on}.`
    case "channel_off_for_category":
      return `You turned ${channel} off for ${of.label}${on}.`
    case "email_off":
      return `You turned e-mail off${on}.`
    case "email_bounced":
      return `Your mailbox refused our e-mail${on}, so it was turned off. Turn it on again when that is mended.`
    case "email_complained":
      return `You marked our e-mail as spam${on}, so it was turned off. Turn it on again if you want it.`
    case "not_a_member":
      return "You were no longer a member of the organisation."
    case "no_device":
      return "No device of yours takes push messages any more."
  }
}
