import { describe, expect, it, vi } from "vitest"
import { DAY, NOON } from "../support/clock"
import { alice, bob, charlie } from "../support/people"
import { selectRows } from "../support/select-rows"
import { defaultPreferences } from "./default-preferences"

const PATH = "/api/notifications/preferences"
const change = async (part: unknown) => {
  const answer = await bob.put(PATH, part)
  return { status: answer.status, body: await answer.json<any>() }
}
const switches = () =>
  selectRows(
    "SELECT category, channel, enabled, changed_at FROM user_notification_preferences ORDER BY category, channel, org_user_id",
  )

describe("changing preferences", () => {
  const channels = defaultPreferences().channels

  it.each<[string, object, object]>([
    ["the switch for all e-mail", { email_notifications_enabled: false }, { email_notifications_enabled: false }],
    ["one category", { late_run_notifications: false }, { late_run_notifications: false }],
    [
      "several at once",
      { incident_notifications: false, system_notifications: false, email_notifications_enabled: false },
      { incident_notifications: false, system_notifications: false, email_notifications_enabled: false },
    ],
    [
      "one channel of one category",
      { channels: { job_failure: { email: false } } },
      { channels: { ...channels, job_failure: { email: false, push: true } } },
    ],
    [
      "channels of several categories",
      { channels: { system: { push: false }, dbt_test_failure: { email: false, push: false } } },
      {
        channels: {
          ...channels,
          system: { email: true, push: false },
          dbt_test_failure: { email: false, push: false },
        },
      },
    ],
    ["no channel", { channels: {} }, {}],
    ["nothing", {}, {}],
  ])("returns all preferences: %s", async (_, part, different) => {
    const expected = { ...defaultPreferences(), ...different }
    expect(await change(part)).toEqual({ status: 200, body: { success: true, res: expected } })
    expect(await (await bob.get(PATH)).json()).toEqual({ success: true, res: expected })
  })

  it("accepts the object that it returned", async () => {
    const off = JSON.parse(JSON.stringify(defaultPreferences()).replaceAll("true", "false"))
    expect((await change(off)).body.res).toEqual(off)
    expect((await change(defaultPreferences())).body.res).toEqual(defaultPreferences())
  })

  it("leaves other preferences as they are", async () => {
    await change({ incident_notifications: false })
    expect((await change({ system_notifications: false })).body.res).toEqual({
      ...defaultPreferences(),
      incident_notifications: false,
      system_notifications: false,
    })
  })

  it("does not change the preferences of other people", async () => {
    await change({ job_failure_notifications: false })
    for (const other of [alice, charlie])
      expect((await (await other.get(PATH)).json<any>()).res).toEqual(defaultPreferences())
    expect(await switches()).toHaveLength(1)
  })
})

describe("the time of a change", () => {
  const NEXT_DAY = NOON + DAY
  const changedOn = async (day: number, part: object) => {
    vi.setSystemTime(day)
    await change(part)
  }
  const incident = { category: "incident", channel: "inbox" }

  it("stays if the value stays", async () => {
    await changedOn(NOON, { incident_notifications: false })
    await changedOn(NEXT_DAY, { incident_notifications: false })
    expect(await switches()).toEqual([{ ...incident, enabled: 0, changed_at: NOON }])
  })

  it("moves if the value changes back", async () => {
    await changedOn(NOON, { incident_notifications: false })
    await changedOn(NEXT_DAY, { incident_notifications: true })
    expect(await switches()).toEqual([{ ...incident, enabled: 1, changed_at: NEXT_DAY }])
  })

  it("moves only for the switches that change", async () => {
    await changedOn(NOON, { incident_notifications: false, channels: { incident: { email: false } } })
    await changedOn(NEXT_DAY, { incident_notifications: true, channels: { incident: { email: false } } })
    expect(await switches()).toEqual([
      { category: "incident", channel: "email", enabled: 0, changed_at: NOON },
      { ...incident, enabled: 1, changed_at: NEXT_DAY },
    ])
  })
})

describe("an invalid change", () => {
  it.each<[string, unknown, (string | number)[]]>([
    ["an unknown field", { sms_notifications_enabled: true }, ["sms_notifications_enabled"]],
    ["an unknown category", { channels: { weather: { email: false } } }, ["channels", "weather"]],
    ["an unknown channel", { channels: { incident: { sms: false } } }, ["channels", "incident", "sms"]],
    ["a string", { incident_notifications: "false" }, ["incident_notifications"]],
    ["a number", { email_notifications_enabled: 0 }, ["email_notifications_enabled"]],
    ["null", { channels: { incident: { email: null } } }, ["channels", "incident", "email"]],
    ["a list of channels", { channels: ["email"] }, ["channels"]],
    ["a category that is a boolean", { channels: { incident: false } }, ["channels", "incident"]],
    ["a list", [], []],
    ["null instead of an object", null, []],
  ])("is refused with the path of the error: %s", async (_, part, path) => {
    const { status, body } = await change(part)
    expect(status).toBe(422)
    expect(body.detail[0]).toEqual({ loc: ["body", ...path], msg: expect.any(String), type: expect.any(String) })
    expect(await switches()).toEqual([])
  })

  it("is refused as a whole", async () => {
    expect((await change({ incident_notifications: false, surprise: true })).status).toBe(422)
    expect(await switches()).toEqual([])
  })

  it("is a 404 in another organisation", async () => {
    const answer = await charlie.put(PATH, { incident_notifications: false }, { "x-dalgo-org": "acme" })
    expect(answer.status).toBe(404)
    expect(await switches()).toEqual([])
  })
})
