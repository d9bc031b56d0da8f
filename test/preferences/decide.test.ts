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
const policy = (kind: Policy, { category = "job_failure", channel = "email" }: Of = {}): OrgPolicy => ({
  category,
  channel,
  policy: kind,
})

const categoryOff = off()
const emailOffForCategory = off({ channel: "email" })
const masterOff = off({ category: "all", channel: "email" })

const person = (...rules: (Switch | OrgPolicy)[]): Person => ({
  switches: rules.filter((rule) => "enabled" in rule),
  policies: rules.filter((rule) => "policy" in rule),
})
const told = (who: Person, channel: Channel, category: Category = "job_failure") =>
  decide(who, { category }, channel, NOW)

const yes: Decision = { kind: "deliver", reason: "subscribed" }
const required: Decision = { kind: "deliver", reason: "required_by_organisation" }
const no = (reason: Decision["reason"], since?: number): Decision => ({
  kind: "suppress",
  reason,
  ...(since !== undefined && { since }),
})

describe("somebody who switched nothing, in an organisation that decided nothing", () => {
  it.each(CATEGORIES.flatMap((category) => CHANNELS.map((channel) => [category, channel] as const)))(
    "is told of %s on %s",
    (category, channel) => {
      expect(told(person(), channel, category)).toEqual(yes)
    },
  )
})

type Case = [sentence: string, who: Person, on: Record<Channel, Decision>]

const day = THIRD_OF_NOVEMBER
const nowhere = (decision: Decision) => ({ inbox: decision, email: decision, push: decision })

describe("what a person switched", () => {
  it.each<Case>([
    ["a category off ends it everywhere", person(categoryOff), nowhere(no("category_off", day))],
    [
      "e-mail off for a category leaves the rest",
      person(emailOffForCategory),
      { inbox: yes, email: no("channel_off_for_category", day), push: yes },
    ],
    [
      "push off for a category leaves the rest",
      person(off({ channel: "push" })),
      { inbox: yes, email: yes, push: no("channel_off_for_category", day) },
    ],
    ["e-mail off leaves the rest", person(masterOff), { inbox: yes, email: no("email_off", day), push: yes }],
    [
      "e-mail that a mailbox refused leaves the rest",
      person({ ...masterOff, reason: "bounced" }),
      { inbox: yes, email: no("email_bounced", day), push: yes },
    ],
    [
      "e-mail that was marked as spam leaves the rest",
      person({ ...masterOff, reason: "complained" }),
      { inbox: yes, email: no("email_complained", day), push: yes },
    ],
    [
      "e-mail off for a category goes before a mailbox that refused it",
      person({ ...masterOff, reason: "bounced" }, emailOffForCategory),
      { inbox: yes, email: no("channel_off_for_category", day), push: yes },
    ],
    ["another category off changes nothing", person(off({ category: "incident" })), nowhere(yes)],
    ["a category that is on again is on", person(on(), on({ channel: "email" })), nowhere(yes)],
    ["e-mail that is on again is on", person(on({ category: "all", channel: "email" })), nowhere(yes)],
    [
      "e-mail on for a category does not overrule e-mail off",
      person(on({ channel: "email" }), masterOff),
      { inbox: yes, email: no("email_off", day), push: yes },
    ],
    [
      "e-mail on for a category does not overrule the category",
      person(on({ channel: "email" }), categoryOff),
      nowhere(no("category_off", day)),
    ],
    [
      "each answer names the day of the switch that gave it",
      person(off({ at: 1 }), off({ channel: "email", at: 2 }), off({ category: "all", channel: "email", at: 3 })),
      nowhere(no("category_off", 1)),
    ],
  ])("%s", (_, who, expected) => {
    for (const channel of CHANNELS) expect({ [channel]: told(who, channel) }).toEqual({ [channel]: expected[channel] })
  })
})

describe("what an organisation decided", () => {
  it.each<Case>([
    ["what is required is sent", person(policy("required")), { inbox: yes, email: required, push: yes }],
    ["what is off is not sent", person(policy("off")), { inbox: yes, email: no("off_by_organisation"), push: yes }],
    [
      "what is off by default is not sent",
      person(policy("default_off")),
      { inbox: yes, email: no("off_by_default"), push: yes },
    ],
    [
      "what is off by default is sent to whoever switched it on",
      person(policy("default_off"), on({ channel: "email" })),
      nowhere(yes),
    ],
    [
      "the master switch of e-mail chooses no category",
      person(policy("default_off"), on({ category: "all", channel: "email" })),
      { inbox: yes, email: no("off_by_default"), push: yes },
    ],
    [
      "being subscribed to a category does not choose its e-mail",
      person(policy("default_off"), on()),
      { inbox: yes, email: no("off_by_default"), push: yes },
    ],
    [
      "a category that is off by default can be subscribed to",
      person(policy("default_off", { channel: "inbox" }), on()),
      nowhere(yes),
    ],
    [
      "a category that is off is off everywhere",
      person(policy("off", { channel: "inbox" }), on(), on({ channel: "email" })),
      nowhere(no("off_by_organisation")),
    ],
    [
      "so is one that is off by default",
      person(policy("default_off", { channel: "inbox" }), on({ channel: "email" })),
      nowhere(no("off_by_default")),
    ],
    [
      "e-mail can be required of a category that is off",
      person(policy("off", { channel: "inbox" }), policy("required")),
      { inbox: no("off_by_organisation"), email: required, push: no("off_by_organisation") },
    ],
    [
      "a category that is required brings no e-mail to whoever left it",
      person(policy("required", { channel: "inbox" }), categoryOff),
      { inbox: required, email: no("category_off", day), push: no("category_off", day) },
    ],
    [
      "a person's own off is the reason where the default is off as well",
      person(policy("default_off"), emailOffForCategory),
      { inbox: yes, email: no("channel_off_for_category", day), push: yes },
    ],
    [
      "an order for all categories holds for each",
      person(policy("required", { category: "all" })),
      { inbox: yes, email: required, push: yes },
    ],
    [
      "an order for one category overrules the one for all",
      person(policy("off", { category: "all" }), policy("required")),
      { inbox: yes, email: required, push: yes },
    ],
    [
      "and so does the other way round",
      person(policy("required", { category: "all" }), policy("off")),
      { inbox: yes, email: no("off_by_organisation"), push: yes },
    ],
    [
      "an order for another category is none",
      person(policy("off", { category: "incident" }), policy("required", { category: "system" })),
      nowhere(yes),
    ],
    [
      "what is required by e-mail is sent by e-mail even to whoever left the category",
      person(policy("required"), categoryOff),
      { inbox: no("category_off", day), email: required, push: no("category_off", day) },
    ],
    [
      "what is off cannot be switched on",
      person(policy("off"), on({ channel: "email" }), on({ category: "all", channel: "email" })),
      { inbox: yes, email: no("off_by_organisation"), push: yes },
    ],
  ])("%s", (_, who, expected) => {
    for (const channel of CHANNELS) expect({ [channel]: told(who, channel) }).toEqual({ [channel]: expected[channel] })
  })
})

describe("the order of the rules", () => {
  // Each rule with everything that comes after it: the first one speaks.
  const later = [policy("default_off"), masterOff, emailOffForCategory, categoryOff]

  it.each<[string, Person, Decision]>([
    ["required", person(policy("required"), ...later.slice(1)), required],
    ["off by the organisation", person(policy("off"), ...later.slice(1)), no("off_by_organisation")],
    ["the category", person(...later), no("category_off", day)],
    ["the channel", person(...later.slice(0, 3)), no("channel_off_for_category", day)],
    ["e-mail as a whole", person(...later.slice(0, 2)), no("email_off", day)],
    ["the organisation's default", person(...later.slice(0, 1)), no("off_by_default")],
    ["yes", person(), yes],
  ])("%s comes before what follows it", (_, who, expected) => {
    expect(told(who, "email")).toEqual(expected)
  })

  it("does not depend on the order of the rows", () => {
    const who = person(...later, policy("off", { category: "all" }))
    const reversed = { switches: who.switches.toReversed(), policies: who.policies.toReversed() }
    expect(told(reversed, "email")).toEqual(told(who, "email"))
  })
})

it("lets a channel through without the inbox only where the organisation requires it", () => {
  const rules = (["inbox", "email", "push"] as const).map((channel) => [
    [],
    ...(["required", "off", "default_off"] as const).map((kind) => [policy(kind, { channel })]),
    ...[on, off].flatMap((switched) => [
      [switched({ channel })],
      [policy("default_off", { channel }), switched({ channel })],
      [policy("required", { channel }), switched({ channel })],
      [switched({ channel, category: "all" })],
    ]),
  ])
  const [ofInbox = [], ...others] = rules
  const people = ofInbox.flatMap((inbox) => others.flat().map((other) => person(...inbox, ...other)))
  const without = people.filter((who) => told(who, "inbox").kind === "suppress")
  expect(without.length).toBeGreaterThan(10)
  for (const who of without) {
    for (const channel of ["email", "push"] as const) {
      const decision = told(who, channel)
      if (decision.kind === "deliver") expect(decision.reason).toBe("required_by_organisation")
    }
  }
})
