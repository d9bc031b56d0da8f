import { env } from "cloudflare:workers"
import { describe, expect, it } from "vitest"
import { metered } from "../../support/d1-meter"
import { ACME, alice, anonymous, bob, charlie, cookieOf, GLOBEX, server } from "../../support/people"
import { selectRows } from "../../support/select-rows"
import { workerWithEnv } from "../../support/worker-with-env"
import { defaultUserPreferences } from "./default-user-preferences"

const PATH = "/api/userpreferences/"
const read = async (person: typeof bob, headers = {}) => (await person.get(PATH, headers)).json<any>()

it("returns the defaults if nothing is stored", async () => {
  const answer = await bob.get(PATH)
  expect(answer.status).toBe(200)
  expect(await answer.json()).toEqual({ success: true, res: defaultUserPreferences() })
})

it("accepts the path with and without a slash at the end", async () => {
  expect(await (await bob.get("/api/userpreferences")).json()).toEqual({ success: true, res: defaultUserPreferences() })
})

it("returns each person their own settings", async () => {
  await bob.put(PATH, { disclaimer_shown: true })
  expect((await read(bob)).res.disclaimer_shown).toBe(true)
  for (const other of [alice, charlie]) expect((await read(other)).res).toEqual(defaultUserPreferences())
})

it("keeps separate settings for each organisation", async () => {
  await env.DB.prepare("INSERT INTO org_users (id, org_id, user_id, email, role) VALUES (9, ?, '2', ?, 'member')")
    .bind(GLOBEX, bob.email)
    .run()
  await bob.put(PATH, { last_visited_transform_tab: "github" }, { "x-dalgo-org": "globex" })
  expect((await read(bob, { "x-dalgo-org": "acme" })).res).toEqual(defaultUserPreferences())
  expect((await read(bob, { "x-dalgo-org": "globex" })).res).toEqual({
    ...defaultUserPreferences(),
    last_visited_transform_tab: "github",
  })
})

it("reads rows that were imported from Dalgo", async () => {
  await env.DB.prepare(
    `INSERT INTO user_preferences (id, orguser_id, disclaimer_shown, last_visited_transform_tab, enable_llm_requested,
     trial_walkthrough, created_at, updated_at)
     VALUES (7, ?, 1, 'ui', 1, '{"insights": {"skipped": true, "completed": false}}', '2025-01-01T00:00:00Z', '2025-01-01T00:00:00Z')`,
  )
    .bind(bob.orgUserId)
    .run()
  expect((await read(bob)).res).toEqual({
    ...defaultUserPreferences(),
    disclaimer_shown: true,
    last_visited_transform_tab: "ui",
    enable_llm_requested: true,
    trial_walkthrough: { insights: { skipped: true, completed: false } },
  })
})

it.each(["skipped", "", "{", '"skipped"', "[1]", "7", "null"])(
  "returns an empty walkthrough for an imported value that is no object: %s",
  async (stored) => {
    await selectRows(
      "INSERT INTO user_preferences (orguser_id, trial_walkthrough, created_at, updated_at) VALUES (?, ?, '', '')",
      bob.orgUserId,
      stored,
    )
    expect((await read(bob)).res).toEqual(defaultUserPreferences())
    const changed = await bob.put(PATH, { disclaimer_shown: true })
    expect((await changed.json<any>()).res).toEqual({ ...defaultUserPreferences(), disclaimer_shown: true })
  },
)

describe("is_llm_active", () => {
  const setOptin = (optin: number | null) =>
    env.DB.prepare("INSERT INTO org_preferences (org_id, llm_optin, created_at, updated_at) VALUES (?, ?, '', '')")
      .bind(ACME, optin)
      .run()

  it.each([
    [1, true],
    [0, false],
    [null, false],
  ])("is the setting of the organisation: %s", async (optin, isActive) => {
    await setOptin(optin)
    for (const person of [alice, bob]) expect((await read(person)).res.is_llm_active).toBe(isActive)
  })

  it("is not the setting of another organisation", async () => {
    await setOptin(1)
    expect((await read(charlie)).res.is_llm_active).toBe(false)
  })
})

it("takes one round trip once the membership is cached", async () => {
  await bob.put(PATH, { enable_email_notifications: false, disclaimer_shown: true })
  const { db, spent } = metered(env.DB)
  const answer = await workerWithEnv({ DB: db })(PATH, { headers: await cookieOf(bob.userId) })
  expect(answer.status).toBe(200)
  expect(spent).toMatchObject({ roundTrips: 1, statements: 1, rowsWritten: 0 })
})

it("is a 404 in another organisation", async () => {
  expect((await charlie.get(PATH, { "x-dalgo-org": "acme" })).status).toBe(404)
})

it("needs a signed-in person", async () => {
  expect((await anonymous.get(PATH)).status).toBe(401)
  expect((await server.get(PATH)).status).toBe(403)
})
