import type { Category } from "../domain/categories"
import type { Channel } from "../domain/channels"
import type { OptOutCause, Policy, Reason } from "../domain/delivery-rules"

/** What somebody switched for a category, or for `all`; with a reason if it was switched for them. */
export type Switch = {
  category: Category | "all"
  channel: Channel
  enabled: boolean
  changedAt: number
  reason?: OptOutCause | null
}
export type OrgPolicy = { category: Category | "all"; channel: Channel; policy: Policy }

export type Person = { switches: Switch[]; policies: OrgPolicy[] }

export type Decision =
  | { kind: "deliver"; reason: Reason }
  /** Later, on this channel. No rule defers yet; quiet hours will. */
  | { kind: "defer"; reason: Reason; until: number }
  | { kind: "suppress"; reason: Reason; since?: number }

/**
 * Whether this person is told of this on this channel. The first rule that speaks wins: the organisation's
 * orders, then the person's switches, then the organisation's default, then yes.
 */
export function decide(person: Person, notification: { category: Category }, channel: Channel, _now: number): Decision {
  const { category } = notification
  const policyOf = (on: Channel) =>
    (
      person.policies.find((p) => p.channel === on && p.category === category) ??
      person.policies.find((p) => p.channel === on && p.category === "all")
    )?.policy
  const switched = (of: Category | "all", on: Channel) =>
    person.switches.find((s) => s.category === of && s.channel === on)

  const ordered = policyOf(channel)
  if (ordered === "required") return { kind: "deliver", reason: "required_by_organisation" }
  // Without the inbox there is nothing to be told of on any other channel.
  if (ordered === "off" || policyOf("inbox") === "off") return { kind: "suppress", reason: "off_by_organisation" }

  const subscription = switched(category, "inbox")
  if (subscription?.enabled === false) return suppressed("category_off", subscription)
  const refinement = channel === "inbox" ? undefined : switched(category, channel)
  if (refinement?.enabled === false) return suppressed("channel_off_for_category", refinement)
  const master = channel === "email" ? switched("all", "email") : undefined
  if (master?.enabled === false) return suppressed(master.reason ? `email_${master.reason}` : "email_off", master)

  const isOffByDefault = (on: Channel) => policyOf(on) === "default_off" && switched(category, on)?.enabled !== true
  if (isOffByDefault(channel) || isOffByDefault("inbox")) return { kind: "suppress", reason: "off_by_default" }
  return { kind: "deliver", reason: "subscribed" }
}

const suppressed = (reason: Reason, by: Switch): Decision => ({ kind: "suppress", reason, since: by.changedAt })
