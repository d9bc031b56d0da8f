import { env } from "cloudflare:workers"
import { describe, expect, it, vi } from "vitest"
import { DAY, NOON } from "../../support/clock"
import { metered } from "../../support/d1-meter"
import { alice, bob, charlie, cookieOf } from "../../support/people"
import { selectRows } from "../../support/select-rows"
import { workerWithEnv } from "../../support/worker-with-env"
import { defaultPreferences } from "../default-preferences"
import { defaultUserPreferences } from "./default-user-preferences"

const PATH = "/api/userpreferences/"
const PREFERENCES = "/api/notifications/preferences"
const change = async (part: unknown, headers = {}) => {
  const answer = await bob.put(PATH, part, headers)
  return { status: answer.status, body: await answer.json<any>() }
}
const stored = () => selectRows("SELECT * FROM user_preferences")
const switches = () => selectRows("SELECT category, channel, enabled FROM user_notification_preferences")

const TOUR = { product_tour: { skipped: true, completed: false }, insights: { skipped: false, completed: true } }

describe("changing settings", () => {
  it.each<[string, object]>([
    ["e-mail off", { enable_email_notifications: false }],
    ["the disclaimer", { disclaimer_shown: true }],
    ["the last tab", { last_visited_transform_tab: "github" }],
    ["the request for summaries", { enable_llm_requested: true }],
    ["the tour", { trial_walkthrough: TOUR }],
    ["everything at once", { ...defaultUserPreferences(), disclaimer_shown: true, trial_walkthrough: TOUR }],
    ["nothing", {}],
  ])("returns all settings: %s", async (_, part) => {
    const expected = { ...defaultUserPreferences(), ...part }
    expect(await change(part)).toEqual({ status: 200, body: { success: true, res: expected } })
    expect(await (await bob.get(PATH)).json()).toEqual({ success: true, res: expected })
  })

  it("accepts the object that it returned", async () => {
    await change({ disclaimer_shown: true, last_visited_transform_tab: "ui", trial_walkthrough: TOUR })
    const settings = (await (await bob.get(PATH)).json<any>()).res
    expect((await change(settings)).body.res).toEqual(settings)
  })

  it("leaves other settings as they are", async () => {
    await change({ last_visited_transform_tab: "ui" })
    await change({ trial_walkthrough: TOUR })
    expect((await change({ disclaimer_shown: true })).body.res).toEqual({
      ...defaultUserPreferences(),
      last_visited_transform_tab: "ui",
      trial_walkthrough: TOUR,
      disclaimer_shown: true,
    })
  })

  it("resets stored settings", async () => {
    await change({ last_visited_transform_tab: "ui", trial_walkthrough: TOUR, disclaimer_shown: true })
    const back = { last_visited_transform_tab: null, trial_walkthrough: {}, disclaimer_shown: false }
    expect((await change(back)).body.res).toEqual(defaultUserPreferences())
  })

  it("ignores is_llm_active, which the organisation decides", async () => {
    expect(await change({ is_llm_active: true })).toEqual({
      status: 200,
      body: { success: true, res: defaultUserPreferences() },
    })
    expect(await selectRows("SELECT * FROM org_preferences")).toEqual([])
  })

  it("does not change the settings of other people", async () => {
    await change({ enable_email_notifications: false, disclaimer_shown: true })
    for (const other of [alice, charlie])
      expect((await (await other.get(PATH)).json<any>()).res).toEqual(defaultUserPreferences())
  })
})

describe("the switch for all e-mail", () => {
  const preferences = async () => (await (await bob.get(PREFERENCES)).json<any>()).res

  it("is the switch of the notification preferences", async () => {
    await change({ enable_email_notifications: false })
    expect(await preferences()).toEqual({ ...defaultPreferences(), email_notifications_enabled: false })
    await change({ enable_email_notifications: true })
    expect(await preferences()).toEqual(defaultPreferences())
  })

  it("follows a change of the notification preferences", async () => {
    await bob.put(PREFERENCES, { email_notifications_enabled: false })
    expect((await change({})).body.res.enable_email_notifications).toBe(false)
    await bob.put(PREFERENCES, { email_notifications_enabled: true })
    expect((await change({})).body.res.enable_email_notifications).toBe(true)
  })

  it("is not the switch of one category", async () => {
    await bob.put(PREFERENCES, { incident_notifications: false, channels: { incident: { email: false } } })
    expect((await change({})).body.res.enable_email_notifications).toBe(true)
  })

  it("is stored in one row, however often it is set", async () => {
    for (let i = 0; i < 2; i++) await change({ enable_email_notifications: false })
    expect(await switches()).toEqual([{ category: "all", channel: "email", enabled: 0 }])
    expect(await stored()).toEqual([])
  })
})

it("has the switch of schema changes under the name of Dalgo's web app", async () => {
  const preferences = async () => (await (await bob.get(PREFERENCES)).json<any>()).res
  for (const isOn of [false, true]) {
    const { body } = await change({ enable_schema_change_notifications: isOn })
    expect(body.res).toEqual({ ...defaultUserPreferences(), enable_schema_change_notifications: isOn })
    expect(await preferences()).toEqual({ ...defaultPreferences(), schema_change_notifications: isOn })
    await bob.put(PREFERENCES, { schema_change_notifications: !isOn })
    expect((await change({})).body.res.enable_schema_change_notifications).toBe(!isOn)
  }
  expect(await switches()).toEqual([{ category: "schema_change", channel: "inbox", enabled: 0 }])
})

describe("the stored settings", () => {
  it("are one row with the times of its first and last change", async () => {
    vi.setSystemTime(NOON)
    await change({ disclaimer_shown: true, trial_walkthrough: TOUR })
    vi.setSystemTime(NOON + DAY)
    await change({ last_visited_transform_tab: "github" })
    expect(await stored()).toEqual([
      {
        id: 1,
        orguser_id: bob.orgUserId,
        disclaimer_shown: 1,
        last_visited_transform_tab: "github",
        enable_llm_requested: 0,
        trial_walkthrough: JSON.stringify(TOUR),
        created_at: new Date(NOON).toISOString(),
        updated_at: new Date(NOON + DAY).toISOString(),
      },
    ])
    expect(await switches()).toEqual([])
  })

  it.each<[string, object]>([
    ["no field", {}],
    ["an unknown field", { theme: "dark" }],
    ["null", { enable_email_notifications: null, disclaimer_shown: null, trial_walkthrough: null }],
    ["what belongs to the organisation", { is_llm_active: true }],
  ])("are not touched by a change of %s", async (_, part) => {
    expect(await change(part)).toMatchObject({ status: 200, body: { res: defaultUserPreferences() } })
    expect(await stored()).toEqual([])
    expect(await switches()).toEqual([])
  })
})

it("takes one round trip, reading included", async () => {
  await bob.get(PATH)
  const { db, spent } = metered(env.DB)
  const answer = await workerWithEnv({ DB: db })(PATH, {
    method: "PUT",
    headers: { ...(await cookieOf(bob.userId)), "content-type": "application/json" },
    body: JSON.stringify({ enable_email_notifications: false, disclaimer_shown: true }),
  })
  expect(answer.status).toBe(200)
  expect(spent).toMatchObject({ roundTrips: 1, statements: 3 })
})

it("reads what Dalgo's backend reads as a boolean", async () => {
  for (const off of [0, "0", "false", "False", "FALSE", "no", "off", "n", "f"]) {
    await change({ enable_email_notifications: true })
    expect((await change({ enable_email_notifications: off })).body.res.enable_email_notifications).toBe(false)
  }
  for (const on of [1, 1.0, "1", "true", "True", "yes", "On", "Y", "t"]) {
    await change({ enable_email_notifications: false })
    expect((await change({ enable_email_notifications: on })).body.res.enable_email_notifications).toBe(true)
  }
})

describe("an invalid change", () => {
  it.each<[string, unknown, string[]]>([
    ["a word", { enable_email_notifications: "never" }, ["enable_email_notifications"]],
    ["an empty word", { enable_email_notifications: "" }, ["enable_email_notifications"]],
    ["a number", { disclaimer_shown: 2 }, ["disclaimer_shown"]],
    ["a list for a switch", { enable_schema_change_notifications: [] }, ["enable_schema_change_notifications"]],
    ["a tab that is not there", { last_visited_transform_tab: "sql" }, ["last_visited_transform_tab"]],
    ["a tour that is a list", { trial_walkthrough: [] }, ["trial_walkthrough"]],
    ["a word for a read-only field", { is_llm_active: "maybe" }, ["is_llm_active"]],
    ["a list", [], []],
  ])("is refused with the path of the error: %s", async (_, part, path) => {
    const { status, body } = await change(part)
    expect(status).toBe(422)
    expect(body.detail).toEqual([{ loc: ["body", ...path], msg: expect.any(String), type: expect.any(String) }])
  })

  it("is refused as a whole", async () => {
    expect((await change({ enable_email_notifications: false, disclaimer_shown: "maybe" })).status).toBe(422)
    expect([...(await stored()), ...(await switches())]).toEqual([])
  })

  it("is a 404 in another organisation", async () => {
    const part = { enable_email_notifications: false, disclaimer_shown: true }
    expect((await charlie.put(PATH, part, { "x-dalgo-org": "acme" })).status).toBe(404)
    expect([...(await stored()), ...(await switches())]).toEqual([])
  })
})
