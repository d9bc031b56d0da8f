import { CATEGORY, type Category } from "../domain/categories"
import type { Channel } from "../domain/channels"
import type { Deps } from "../deps"
import { notFound } from "../runtime/errors"
import type { Membership } from "../auth/membership"
import { type DeferCause, isDeferCause, isReason, type Reason, type ChannelReasons } from "../domain/delivery-rules"
import { listOrgNames } from "../domain/org-names"
import { formatDay, formatTime } from "../domain/time"
import type { TraceEntry } from "./docs"
import * as queries from "./trace-queries"

/** Why this person did or did not get a notification, for each channel. One round trip. */
export async function getTrace(deps: Deps, { me, id }: { me: Membership; id: number }): Promise<TraceEntry[]> {
  const [[notification], deliveries] = await deps.db.batch(
    queries.selectTrace(deps.db, { orgUserId: me.orgUserId, id }),
  )
  const isOwn = notification && (notification.arrivedAt !== null || deliveries.length > 0)
  if (!isOwn) throw notFound("notification")
  return toTrace({ ...notification, deliveries }, { zone: me.timeZone, now: deps.now() })
}

type NotificationTrace = {
  category: Category
  /** When it entered the inbox; `null`: never. */
  arrivedAt: number | null
  withheld: ChannelReasons | null
  /** When its e-mail leaves even without a summary; `null`: e-mail does not wait for one. */
  emailDueAt: number | null
  /** Its sender has sent the e-mail itself. */
  skipEmail: boolean
  deliveries: Delivery[]
}
type Delivery = {
  channel: Channel
  status: Status
  attempts: number
  reason: string | null
  since: number | null
  updatedAt: number
  /** The next attempt. */
  dueAt: number | null
  /** The organisations that share its e-mail. */
  sharedWith?: string[] | null
}
type Status = "pending" | "sending" | "sent" | "failed" | "suppressed" | "dead"

/** The trace of one notification for one person, the inbox first. */
export function toTrace(trace: NotificationTrace, reader: Reader): TraceEntry[] {
  const { category, arrivedAt, withheld, emailDueAt, skipEmail, deliveries } = trace
  const { label } = CATEGORY[category]
  const sentenceFor = (channel: Channel, reason: Reason, since?: number, sharedWith: string[] = []) =>
    explain({ reason, since, label, channel, reader, sharedWith })
  // The inbox row holds the reasons of the other channels. Without an inbox row, only a channel that the organisation
  // requires delivers: test/preferences/decide.test.ts checks this.
  const defaultReason = arrivedAt === null ? "required_by_organisation" : "subscribed"
  const entries = deliveries.map((delivery) => {
    const { channel, status, reason, since, updatedAt, sharedWith } = delivery
    const isHeld = channel === "email" && emailDueAt !== null
    const sentence =
      status === "suppressed" && isReason(reason)
        ? sentenceFor(channel, reason, since ?? undefined, sharedWith ?? [])
        : (statusSentence(delivery, { isHeld, reader }) ??
          sentenceFor(channel, withheld?.[channel]?.reason ?? defaultReason))
    const outcome = status === "sending" ? ("pending" as const) : status
    return { channel, outcome, reason: sentence, at: iso(updatedAt) }
  })
  if (arrivedAt === null) return entries

  const at = iso(arrivedAt)
  const inbox = sentenceFor("inbox", withheld?.inbox?.reason ?? "subscribed")
  const suppressed = Object.entries(withheld ?? {})
    .filter(([channel]) => channel !== "inbox" && entries.every((entry) => entry.channel !== channel))
    .map(([channel, { reason, since }]) => ({
      channel: channel as Channel,
      outcome: "suppressed" as const,
      reason: sentenceFor(channel as Channel, reason, since),
      at,
    }))
  const mailedBySender = { channel: "email" as const, outcome: "suppressed" as const, reason: MAILED_BY_SENDER, at }
  return [
    { channel: "inbox", outcome: "sent", reason: inbox, at },
    ...entries,
    ...suppressed,
    ...(skipEmail ? [mailedBySender] : []),
  ]
}

const MAILED_BY_SENDER = "It was not e-mailed here: its sender has e-mailed it."

const iso = (at: number) => new Date(at).toISOString()

/** The zone in which the person reads times, and the time of reading. */
type Reader = { zone: string; now: number }

const timeOf = (at: number | null, reader: Reader) => (at === null ? "soon" : `on ${formatTime(at, reader)}`)

const DEFER_PHRASE: Record<DeferCause, string> = {
  quiet_hours: "you have quiet hours until then",
  other_organisations: "one e-mail goes to you for all your organisations",
}

const CHANNEL_NAME: Record<Channel, string> = { inbox: "the inbox", email: "e-mail", push: "push messages" }

function statusSentence(
  { status, reason, attempts, dueAt }: Delivery,
  { isHeld, reader }: { isHeld: boolean; reader: Reader },
): string | undefined {
  if (status === "pending" && isDeferCause(reason)) {
    return `It leaves ${timeOf(dueAt, reader)}, because ${DEFER_PHRASE[reason]}.`
  }
  if (status === "pending" && reason)
    return `It could not be sent yet (${reason}). The next attempt is ${timeOf(dueAt, reader)}.`
  if (status === "pending" && isHeld && attempts === 0) {
    return `It waits for a summary of the failure and leaves ${timeOf(dueAt, reader)} at the latest.`
  }
  if (status === "failed" || status === "dead") return `It could not be delivered: ${reason ?? "unknown"}.`
  if (status === "suppressed") return `It was not sent: ${reason ?? "unknown"}.`
  return undefined
}

type Explained = {
  reason: Reason
  since: number | undefined
  label: string
  channel: Channel
  reader: Reader
  sharedWith: string[]
}

function explain(of: Explained): string {
  const channel = CHANNEL_NAME[of.channel]
  const on = of.since === undefined ? "" : ` on ${formatDay(of.since, of.reader)}`
  switch (of.reason) {
    case "subscribed":
      return of.channel === "push"
        ? `You are subscribed to ${of.label} and get push messages on your devices.`
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
      return `Your mailbox refused our e-mail${on}, so we turned e-mail off. Turn it on again when your mailbox works.`
    case "email_complained":
      return `You marked our e-mail as spam${on}, so we turned e-mail off. Turn it on again if you want it.`
    case "not_a_member":
      return "You were no longer a member of the organisation when it was sent."
    case "no_device":
      return "None of your devices accepts push messages any more."
    case "same_address":
      return of.sharedWith.length > 0
        ? `It was e-mailed to you once, with ${listOrgNames(of.sharedWith)}.`
        : "It was e-mailed to you once for several organisations."
  }
}
