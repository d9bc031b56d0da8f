import { describe, expect, it, vi } from "vitest"
import { DAY, NOON } from "../support/clock"
import { alice, bob, charlie } from "../support/people"
import { rows } from "../support/rows"
import { defaultPreferences } from "./default-preferences"

const PATH = "/api/notifications/preferences"
const change = async (part: unknown) => {
  const answer = await bob.put(PATH, part)
  return { status: answer.status, body: await answer.json<any>() }
}
const switches = () =>
  rows(
    "SELECT category, channel, enabled, changed_at FROM user_notification_preferences ORDER BY category, channel, org_user_id",
  )

describe("changing a part", () => {
  const channels = defaultPreferences().channels

  it.each<[string, object, object]>([
    ["the master switch", { email_notifications_enabled: false }, { email_notifications_enabled: false }],
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
  ])("answers the whole: %s", async (_, part, different) => {
    const whole = { ...defaultPreferences(), ...different }
    expect(await change(part)).toEqual({ status: 200, body: { success: true, res: whole } })
    expect(await (await bob.get(PATH)).json()).toEqual({ success: true, res: whole })
  })

  it("takes the whole object back as it was given", async () => {
    const off = JSON.parse(JSON.stringify(defaultPreferences()).replaceAll("true", "false"))
    expect((await change(off)).body.res).toEqual(off)
    expect((await change(defaultPreferences())).body.res).toEqual(defaultPreferences())
  })

  it("leaves what is not named as it was", async () => {
    await change({ incident_notifications: false })
    expect((await change({ system_notifications: false })).body.res).toEqual({
      ...defaultPreferences(),
      incident_notifications: false,
      system_notifications: false,
    })
  })

  it("changes nobody else", async () => {
    await change({ job_failure_notifications: false })
    for (const other of [alice, charlie]) expect((await (await other.get(PATH)).json<any>()).res).toEqual(defaultPreferences())
    expect(await switches()).toHaveLength(1)
  })
})

describe("the day of a change", () => {
  const NEXT_DAY = NOON + DAY
  const changedOn = async (day: number, part: object) => {
    vi.setSystemTime(day)
    await change(part)
  }
  const incident = { category: "incident", channel: "inbox" }

  it("is kept when the same is said again", async () => {
    await changedOn(NOON, { incident_notifications: false })
    await changedOn(NEXT_DAY, { incident_notifications: false })
    expect(await switches()).toEqual([{ ...incident, enabled: 0, changed_at: NOON }])
  })

  it("moves when it is switched back", async () => {
    await changedOn(NOON, { incident_notifications: false })
    await changedOn(NEXT_DAY, { incident_notifications: true })
    expect(await switches()).toEqual([{ ...incident, enabled: 1, changed_at: NEXT_DAY }])
  })

  it("moves only for what is different", async () => {
    await changedOn(NOON, { incident_notifications: false, channels: { incident: { email: false } } })
    await changedOn(NEXT_DAY, { incident_notifications: true, channels: { incident: { email: false } } })
    expect(await switches()).toEqual([
      { category: "incident", channel: "email", enabled: 0, changed_at: NOON },
      { ...incident, enabled: 1, changed_at: NEXT_DAY },
    ])
  })
})

describe("what does not fit", () => {
  it.each<[string, unknown, (string | number)[]]>([
    ["an unknown field", { sms_notifications_enabled: true }, ["sms_notifications_enabled"]],
    ["an unknown category", { channels: { weather: { email: false } } }, ["channels", "weather"]],
    ["an unknown channel", { channels: { incident: { sms: false } } }, ["channels", "incident", "sms"]],
    ["a word", { incident_notifications: "false" }, ["incident_notifications"]],
    ["a number", { email_notifications_enabled: 0 }, ["email_notifications_enabled"]],
    ["null", { channels: { incident: { email: null } } }, ["channels", "incident", "email"]],
    ["a list of channels", { channels: ["email"] }, ["channels"]],
    ["a category that is a boolean", { channels: { incident: false } }, ["channels", "incident"]],
    ["a list", [], []],
    ["null instead of an object", null, []],
  ])("is refused with its place: %s", async (_, part, place) => {
    const { status, body } = await change(part)
    expect(status).toBe(422)
    expect(body.detail[0]).toEqual({ loc: ["body", ...place], msg: expect.any(String), type: expect.any(String) })
    expect(await switches()).toEqual([])
  })

  it("is refused whole, together with what would fit", async () => {
    expect((await change({ incident_notifications: false, surprise: true })).status).toBe(422)
    expect(await switches()).toEqual([])
  })

  it("hides a stranger's organisation behind a 404", async () => {
    const answer = await charlie.put(PATH, { incident_notifications: false }, { "x-dalgo-org": "acme" })
    expect(answer.status).toBe(404)
    expect(await switches()).toEqual([])
  })
})
