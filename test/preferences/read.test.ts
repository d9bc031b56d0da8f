import { env } from "cloudflare:workers"
import { expect, it } from "vitest"
import { alice, anonymous, bob, charlie, GLOBEX, server } from "../support/people"
import { defaultPreferences } from "./default-preferences"

const PATH = "/api/notifications/preferences"

it("returns everything on by default", async () => {
  const answer = await bob.get(PATH)
  expect(answer.status).toBe(200)
  expect(await answer.json()).toEqual({ success: true, res: defaultPreferences() })
})

it("accepts the path with and without a slash at the end", async () => {
  expect(await (await bob.get(`${PATH}/`)).json()).toEqual({ success: true, res: defaultPreferences() })
})

it("returns each person their own preferences", async () => {
  await bob.put(PATH, { incident_notifications: false })
  expect((await (await bob.get(PATH)).json<any>()).res.incident_notifications).toBe(false)
  for (const other of [alice, charlie]) {
    expect((await (await other.get(PATH)).json<any>()).res).toEqual(defaultPreferences())
  }
})

it("keeps separate preferences for each organisation", async () => {
  await env.DB.prepare("INSERT INTO org_users (id, org_id, user_id, email, role) VALUES (9, ?, '2', ?, 'member')")
    .bind(GLOBEX, bob.email)
    .run()
  await bob.put(PATH, { email_notifications_enabled: false }, { "x-dalgo-org": "globex" })
  const inAcme = await (await bob.get(PATH, { "x-dalgo-org": "acme" })).json<any>()
  const inGlobex = await (await bob.get(PATH, { "x-dalgo-org": "globex" })).json<any>()
  expect(inAcme.res).toEqual(defaultPreferences())
  expect(inGlobex.res).toEqual({ ...defaultPreferences(), email_notifications_enabled: false })
})

it("is a 404 in another organisation", async () => {
  expect((await charlie.get(PATH, { "x-dalgo-org": "acme" })).status).toBe(404)
})

it("needs a signed-in person", async () => {
  expect((await anonymous.get(PATH)).status).toBe(401)
  expect((await server.get(PATH)).status).toBe(403)
})
