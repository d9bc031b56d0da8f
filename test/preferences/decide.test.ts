import { describe, expect, it } from "vitest"
import { CATEGORIES, type Category } from "../../src/domain/categories"
import { type Channel, CHANNELS } from "../../src/domain/channels"
import type { Policy } from "../../src/domain/delivery-rules"
import { decide, type Decision, type OrgPolicy, type Person, type Switch } from "../../src/preferences/decide"

const NOW = Date.UTC(2026, 10, 20)
const THIRD_OF_NOVEMBER = Date.UTC(2026, 10, 3)

type Of = { category?: Category | "all"; channel?: Channel; at?: number }

const off = ({ category = "job_failure", channel = "inbox", at = THIRD_OF_NOVEMBER }: Of = {}): Switch => ({
  category,
  channel,
  enabled: false,
  changedAt: at,
})
const on = (of: Of = {}): Switch => ({ ...off(of), enabled: true })
const policy = (value: Policy, { category = "job_failure", channel = "email" }: Of = {}): OrgPolicy => ({
  category,
  channel,
  policy: value,
})

const categoryOff = off()
const emailOffForCategory = off({ channel: "email" })
const masterOff = off({ category: "all", channel: "email" })

const person = (...rules: (Switch | OrgPolicy)[]): Person => ({
  switches: rules.filter((rule) => "enabled" in rule),
  policies: rules.filter((rule) => "policy" in rule),
})
const decisionFor = (who: Person, channel: Channel, category: Category = "job_failure") =>
  decide(who, { category }, channel, NOW)

const yes: Decision = { kind: "deliver", reason: "subscribed" }
const required: Decision = { kind: "deliver", reason: "required_by_organisation" }
const no = (reason: Decision["reason"], since?: number): Decision => ({
  kind: "suppress",
  reason,
  ...(since !== undefined && { since }),
})

describe("a person without settings, in an organisation without policies", () => {
  it.each(CATEGORIES.flatMap((category) => CHANNELS.map((channel) => [category, channel] as const)))(
    "gets %s on %s",
    (category, channel) => {
      expect(decisionFor(person(), channel, category)).toEqual(yes)
    },
  )
})

type Case = [sentence: string, who: Person, on: Record<Channel, Decision>]

const day = THIRD_OF_NOVEMBER
const everywhere = (decision: Decision) => ({ inbox: decision, email: decision, push: decision })

describe("the settings of a person", () => {
  it.each<Case>([
    ["a category that is off is off on every channel", person(categoryOff), everywhere(no("category_off", day))],
    [
      "e-mail off for a category leaves the other channels on",
      person(emailOffForCategory),
      { inbox: yes, email: no("channel_off_for_category", day), push: yes },
    ],
    [
      "push off for a category leaves the other channels on",
      person(off({ channel: "push" })),
      { inbox: yes, email: yes, push: no("channel_off_for_category", day) },
    ],
    [
      "all e-mail off leaves the other channels on",
      person(masterOff),
      { inbox: yes, email: no("email_off", day), push: yes },
    ],
    [
      "e-mail off after a bounce leaves the other channels on",
      person({ ...masterOff, reason: "bounced" }),
      { inbox: yes, email: no("email_bounced", day), push: yes },
    ],
    [
      "e-mail off after a complaint leaves the other channels on",
      person({ ...masterOff, reason: "complained" }),
      { inbox: yes, email: no("email_complained", day), push: yes },
    ],
    [
      "e-mail off for the category is the reason even after a bounce",
      person({ ...masterOff, reason: "bounced" }, emailOffForCategory),
      { inbox: yes, email: no("channel_off_for_category", day), push: yes },
    ],
    ["another category that is off changes nothing", person(off({ category: "incident" })), everywhere(yes)],
    ["a category that is on again is on", person(on(), on({ channel: "email" })), everywhere(yes)],
    ["e-mail that is on again is on", person(on({ category: "all", channel: "email" })), everywhere(yes)],
    [
      "e-mail on for a category does not override all e-mail off",
      person(on({ channel: "email" }), masterOff),
      { inbox: yes, email: no("email_off", day), push: yes },
    ],
    [
      "e-mail on for a category does not override the category off",
      person(on({ channel: "email" }), categoryOff),
      everywhere(no("category_off", day)),
    ],
    [
      "each decision has the time of the switch that made it",
      person(off({ at: 1 }), off({ channel: "email", at: 2 }), off({ category: "all", channel: "email", at: 3 })),
      everywhere(no("category_off", 1)),
    ],
  ])("%s", (_, who, expected) => {
    for (const channel of CHANNELS)
      expect({ [channel]: decisionFor(who, channel) }).toEqual({ [channel]: expected[channel] })
  })
})

describe("the policies of an organisation", () => {
  it.each<Case>([
    ["a required channel is delivered", person(policy("required")), { inbox: yes, email: required, push: yes }],
    [
      "a channel that is off is suppressed",
      person(policy("off")),
      { inbox: yes, email: no("off_by_organisation"), push: yes },
    ],
    [
      "a channel that is off by default is suppressed",
      person(policy("default_off")),
      { inbox: yes, email: no("off_by_default"), push: yes },
    ],
    [
      "a channel that is off by default is delivered to people who turned it on",
      person(policy("default_off"), on({ channel: "email" })),
      everywhere(yes),
    ],
    [
      "the switch for all e-mail does not turn on a channel that is off by default",
      person(policy("default_off"), on({ category: "all", channel: "email" })),
      { inbox: yes, email: no("off_by_default"), push: yes },
    ],
    [
      "a subscription does not turn on e-mail that is off by default",
      person(policy("default_off"), on()),
      { inbox: yes, email: no("off_by_default"), push: yes },
    ],
    [
      "a category that is off by default is delivered to people who subscribed",
      person(policy("default_off", { channel: "inbox" }), on()),
      everywhere(yes),
    ],
    [
      "a category that is off is off on every channel, whatever the person set",
      person(policy("off", { channel: "inbox" }), on(), on({ channel: "email" })),
      everywhere(no("off_by_organisation")),
    ],
    [
      "a category that is off by default is off on every channel",
      person(policy("default_off", { channel: "inbox" }), on({ channel: "email" })),
      everywhere(no("off_by_default")),
    ],
    [
      "required e-mail is delivered for a category that is off",
      person(policy("off", { channel: "inbox" }), policy("required")),
      { inbox: no("off_by_organisation"), email: required, push: no("off_by_organisation") },
    ],
    [
      "a required category delivers no e-mail to people who turned the category off",
      person(policy("required", { channel: "inbox" }), categoryOff),
      { inbox: required, email: no("category_off", day), push: no("category_off", day) },
    ],
    [
      "the person's own setting is the reason if the default is off as well",
      person(policy("default_off"), emailOffForCategory),
      { inbox: yes, email: no("channel_off_for_category", day), push: yes },
    ],
    [
      "a policy for all categories applies to each",
      person(policy("required", { category: "all" })),
      { inbox: yes, email: required, push: yes },
    ],
    [
      "a policy for one category overrides the one for all",
      person(policy("off", { category: "all" }), policy("required")),
      { inbox: yes, email: required, push: yes },
    ],
    [
      "an off policy for one category overrides a required one for all",
      person(policy("required", { category: "all" }), policy("off")),
      { inbox: yes, email: no("off_by_organisation"), push: yes },
    ],
    [
      "a policy for another category changes nothing",
      person(policy("off", { category: "incident" }), policy("required", { category: "system" })),
      everywhere(yes),
    ],
    [
      "required e-mail is delivered to people who turned the category off",
      person(policy("required"), categoryOff),
      { inbox: no("category_off", day), email: required, push: no("category_off", day) },
    ],
    [
      "a person cannot turn on a channel that is off",
      person(policy("off"), on({ channel: "email" }), on({ category: "all", channel: "email" })),
      { inbox: yes, email: no("off_by_organisation"), push: yes },
    ],
  ])("%s", (_, who, expected) => {
    for (const channel of CHANNELS)
      expect({ [channel]: decisionFor(who, channel) }).toEqual({ [channel]: expected[channel] })
  })
})

describe("the order of the rules", () => {
  // Each rule together with all later rules: the first one decides.
  const later = [policy("default_off"), masterOff, emailOffForCategory, categoryOff]

  it.each<[string, Person, Decision]>([
    ["required", person(policy("required"), ...later.slice(1)), required],
    ["off by the organisation", person(policy("off"), ...later.slice(1)), no("off_by_organisation")],
    ["the category", person(...later), no("category_off", day)],
    ["the channel", person(...later.slice(0, 3)), no("channel_off_for_category", day)],
    ["all e-mail", person(...later.slice(0, 2)), no("email_off", day)],
    ["the organisation's default", person(...later.slice(0, 1)), no("off_by_default")],
    ["delivery", person(), yes],
  ])("%s comes before the later rules", (_, who, expected) => {
    expect(decisionFor(who, "email")).toEqual(expected)
  })

  it("is the same in any order of the rows", () => {
    const who = person(...later, policy("off", { category: "all" }))
    const reversed = { switches: who.switches.toReversed(), policies: who.policies.toReversed() }
    expect(decisionFor(reversed, "email")).toEqual(decisionFor(who, "email"))
  })
})

it("delivers e-mail and push without the inbox only if the organisation requires it", () => {
  const rules = (["inbox", "email", "push"] as const).map((channel) => [
    [],
    ...(["required", "off", "default_off"] as const).map((value) => [policy(value, { channel })]),
    ...[on, off].flatMap((setting) => [
      [setting({ channel })],
      [policy("default_off", { channel }), setting({ channel })],
      [policy("required", { channel }), setting({ channel })],
      [setting({ channel, category: "all" })],
    ]),
  ])
  const [inboxRules = [], ...otherRules] = rules
  const people = inboxRules.flatMap((inbox) => otherRules.flat().map((other) => person(...inbox, ...other)))
  const withoutInbox = people.filter((who) => decisionFor(who, "inbox").kind === "suppress")
  expect(withoutInbox.length).toBeGreaterThan(10)
  for (const who of withoutInbox) {
    for (const channel of ["email", "push"] as const) {
      const decision = decisionFor(who, channel)
      if (decision.kind === "deliver") expect(decision.reason).toBe("required_by_organisation")
    }
  }
})
