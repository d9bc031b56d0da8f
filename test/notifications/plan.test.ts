import { describe, expect, expectTypeOf, it } from "vitest"
import { type DecidedAddressee, decideAll, planDeliveries } from "../../src/notifications/plan"
import { type Decisions, decide } from "../../src/preferences/decide"
import { ACME, GLOBEX } from "../support/people"

const yes = { kind: "deliver", reason: "subscribed" } as const
const no = { kind: "suppress", reason: "channel_off_for_category", since: 5 } as const
const later = { kind: "defer", reason: "subscribed", until: 100, cause: "quiet_hours" } as const

const person = (orgUserId: number, decisions: DecidedAddressee["decisions"], orgId = ACME): DecidedAddressee => ({
  orgUserId,
  orgId,
  decisions,
})
const plan = (people: DecidedAddressee[], emailDueAt: number | null = null) => planDeliveries(people, { emailDueAt })

describe("a plan", () => {
  it.each<[string, Decisions["email"], object]>([
    ["delivered", yes, { outbox: { email: [1], push: [1] }, deferred: [] }],
    [
      "deferred",
      later,
      {
        outbox: { email: [], push: [] },
        deferred: (["email", "push"] as const).map((channel) => ({
          channel,
          recipientId: 1,
          dueAt: 100,
          cause: "quiet_hours",
        })),
      },
    ],
    ["suppressed", no, { outbox: { email: [], push: [] }, deferred: [] }],
  ])("has e-mail and push that are %s", (_, decision, expected) => {
    expect(plan([person(1, { inbox: yes, email: decision, push: decision })])).toMatchObject(expected)
  })

  it("plans no push without a device", () => {
    expect(plan([person(1, { inbox: yes, email: yes })])).toMatchObject({ outbox: { email: [1], push: [] } })
  })

  it("keeps a deferred e-mail at least as long as e-mail waits for a summary, and a push no longer", () => {
    const { deferred } = plan([person(1, { inbox: yes, email: later, push: later })], 200)
    expect(deferred.map(({ channel, dueAt }) => [channel, dueAt])).toEqual([
      ["email", 200],
      ["push", 100],
    ])
  })

  it("keeps the reasons of all channels in the inbox row, except `subscribed`", () => {
    const required = { ...later, reason: "required_by_organisation" } as const
    expect(plan([person(1, { inbox: yes, email: required, push: no })]).inboxes).toEqual([
      {
        orgUserId: 1,
        withheld: {
          email: { reason: "required_by_organisation" },
          push: { reason: "channel_off_for_category", since: 5 },
        },
      },
    ])
    expect(plan([person(1, { inbox: yes, email: later })]).inboxes).toEqual([{ orgUserId: 1, withheld: null }])
  })

  it("suppresses the inbox, and still sends an e-mail that is required", () => {
    const off = { kind: "suppress", reason: "category_off", since: 7 } as const
    expect(plan([person(1, { inbox: off, email: yes })])).toEqual({
      inboxes: [],
      outbox: { email: [1], push: [] },
      deferred: [],
      suppressed: [{ orgUserId: 1, reason: "category_off", since: 7 }],
      reached: new Map(),
    })
  })

  it("groups the people whose inbox is reached by organisation", () => {
    const all = { inbox: yes, email: no }
    expect(plan([person(1, all), person(3, all, GLOBEX), person(2, all)]).reached).toEqual(
      new Map([
        [ACME, [1, 2]],
        [GLOBEX, [3]],
      ]),
    )
  })
})

describe("the decisions", () => {
  const addressee = { orgUserId: 1, orgId: ACME, switches: [], policies: [], hasDevice: true }

  it("are made for every channel, and for push only with a device", () => {
    const all = { inbox: yes, email: yes, push: yes }
    const { push: _, ...withoutPush } = all
    expect(
      decideAll([addressee, { ...addressee, hasDevice: false }], { category: "incident", skipEmail: false }, 0),
    ).toEqual([
      { orgUserId: 1, orgId: ACME, decisions: all },
      { orgUserId: 1, orgId: ACME, decisions: withoutPush },
    ])
  })

  it("are not made for an e-mail that the sender has sent", () => {
    const [{ decisions } = { decisions: {} }] = decideAll([addressee], { category: "incident", skipEmail: true }, 0)
    expect(decisions).toEqual({ inbox: yes, push: yes })
  })

  it("cannot defer the inbox", () => {
    const inbox = decide(addressee, { category: "incident" }, "inbox", 0)
    expectTypeOf(inbox.kind).toEqualTypeOf<"deliver" | "suppress">()
    const email = decide(addressee, { category: "incident" }, "email", 0)
    expectTypeOf(email.kind).toEqualTypeOf<"deliver" | "suppress" | "defer">()
    expect([inbox, email]).toEqual([yes, yes])
  })
})
