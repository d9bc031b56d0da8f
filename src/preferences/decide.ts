import type { Category } from "../domain/categories"
import type { Channel } from "../domain/channels"
import type { DeferCause, OptOutCause, Policy, Reason } from "../domain/delivery-rules"

/** A person's setting for one category, or for `all`. It has a reason if the service changed it. */
export type Switch = {
  category: Category | "all"
  channel: Channel
  enabled: boolean
  changedAt: number
  reason?: OptOutCause | null
}
export type OrgPolicy = { category: Category | "all"; channel: Channel; policy: Policy }

export type Person = { switches: Switch[]; policies: OrgPolicy[] }

/** `since`: when the person turned it off. */
type DeliverOrSuppress = { kind: "deliver"; reason: Reason } | { kind: "suppress"; reason: Reason; since?: number }
/** `reason` says why it is delivered, `cause` why it waits. No rule defers yet; quiet hours will. */
type Defer = { kind: "defer"; reason: Reason; until: number; cause: DeferCause }

/** A notification enters the inbox at once or never. Messages on the other channels can wait. */
export type Decisions = {
  inbox: DeliverOrSuppress
  email: DeliverOrSuppress | Defer
  push: DeliverOrSuppress | Defer
}
export type Decision = Decisions[Channel]

/**
 * Whether this person gets this notification on this channel. The first rule that applies decides: required or turned
 * off by the organisation, then the person's own settings, then the default of the organisation. Otherwise: deliver.
 */
export function decide<On extends Channel>(
  person: Person,
  notification: { category: Category },
  channel: On,
  _now: number,
): Decisions[On] {
  const { category } = notification
  const policyOn = (on: Channel) =>
    (
      person.policies.find((policy) => policy.channel === on && policy.category === category) ??
      person.policies.find((policy) => policy.channel === on && policy.category === "all")
    )?.policy
  const switchOf = (of: Category | "all", on: Channel) =>
    person.switches.find((one) => one.category === of && one.channel === on)

  const policy = policyOn(channel)
  if (policy === "required") return { kind: "deliver", reason: "required_by_organisation" }
  // E-mail and push announce what is in the inbox.
  if (policy === "off" || policyOn("inbox") === "off") return { kind: "suppress", reason: "off_by_organisation" }

  const subscription = switchOf(category, "inbox")
  if (subscription?.enabled === false) return suppressedBy(subscription, "category_off")
  const onThisChannel = channel === "inbox" ? undefined : switchOf(category, channel)
  if (onThisChannel?.enabled === false) return suppressedBy(onThisChannel, "channel_off_for_category")
  const allEmail = channel === "email" ? switchOf("all", "email") : undefined
  if (allEmail?.enabled === false)
    return suppressedBy(allEmail, allEmail.reason ? `email_${allEmail.reason}` : "email_off")

  const isOffByDefault = (on: Channel) => policyOn(on) === "default_off" && switchOf(category, on)?.enabled !== true
  if (isOffByDefault(channel) || isOffByDefault("inbox")) return { kind: "suppress", reason: "off_by_default" }
  return { kind: "deliver", reason: "subscribed" }
}

const suppressedBy = ({ changedAt }: Switch, reason: Reason) => ({
  kind: "suppress" as const,
  reason,
  since: changedAt,
})
