import { beforeEach, expect, it, vi } from "vitest"
import { clearMembershipCache } from "../../src/auth/membership"
import { NOON } from "../support/clock"
import { aiAnswer, fakeAi } from "../support/fake-ai"
import { fakeFetch } from "../support/fake-fetch"
import { fakePrefect } from "../support/fake-prefect"
import { fakeSes } from "../support/fake-ses"
import { messagesOf } from "../support/inbox"
import { ACME, alice, type ApiClient, bob, charlie, server } from "../support/people"
import { postPrefectWebhook, runStateBody } from "../support/prefect-webhook"
import { captureQueues } from "../support/queues"
import { selectRows } from "../support/select-rows"

const PREFERENCES = "/api/notifications/preferences"
const INDIA = "Dashboards show the data of 19 November 2026, 9:30 pm IST."
const KENYA = "Dashboards show the data of 19 November 2026, 7:00 pm EAT."

let drain: ReturnType<typeof captureQueues>["drain"]
let provider: ReturnType<typeof fakeSes>
beforeEach(async () => {
  vi.setSystemTime(NOON)
  drain = captureQueues().drain
  provider = fakeSes()
  fakeAi({ response: aiAnswer("the sync.") })
  fakeFetch(fakePrefect({ completed: [{ end_time: "2026-11-19T16:00:00Z" }] }), provider.handler)
  await selectRows("UPDATE orgs SET timezone = 'Asia/Kolkata' WHERE id = ?", ACME)
  clearMembershipCache()
})

const fail = async () => {
  await postPrefectWebhook(runStateBody("Failed"))
  await drain()
}
const zoneOf = async (person: ApiClient) => (await (await person.get(PREFERENCES)).json<any>()).res.timezone
const secondLineOf = async (person: ApiClient) => (await messagesOf(person))[0]?.split("\n")[1]

it("of a person decides how they read the times of a message, in the inbox and in mails", async () => {
  await bob.put(PREFERENCES, { timezone: "Africa/Nairobi" })
  await fail()
  expect([await secondLineOf(alice), await secondLineOf(bob)]).toEqual([INDIA, KENYA])
  for (const { to, text } of provider.mails) {
    expect(text.includes(INDIA)).toBe(to === alice.email)
    expect(text.includes(KENYA)).toBe(to === bob.email)
  }
  const { res } = await (await bob.get("/api/notifications/filtered")).json<any>()
  expect(res[0].message).toContain(KENYA)
})

it("takes effect at once for messages that came before, and null is the organisation's again", async () => {
  await fail()
  expect(await secondLineOf(bob)).toBe(INDIA)
  const { res } = await (await bob.put(PREFERENCES, { timezone: "Africa/Nairobi" })).json<any>()
  expect(res.timezone).toBe("Africa/Nairobi")
  expect(await secondLineOf(bob)).toBe(KENYA)
  await bob.put(PREFERENCES, { timezone: null })
  expect([await zoneOf(bob), await secondLineOf(bob)]).toEqual([null, INDIA])
})

it("is one's own, stays when other preferences change, and survives a sync of the members", async () => {
  await bob.put(PREFERENCES, { timezone: "Africa/Nairobi", incident_notifications: false })
  await bob.put(PREFERENCES, { incident_notifications: true })
  await server.put("/api/orgs/acme/members", [
    { user_id: "1", email: alice.email, role: "admin" },
    { user_id: "2", email: bob.email, role: "member" },
  ])
  expect([await zoneOf(alice), await zoneOf(bob), await zoneOf(charlie)]).toEqual([null, "Africa/Nairobi", null])
})

it.each(["Nairobi", "+03:00", "", 3, {}])("is refused if it is not one: %j", async (timezone) => {
  expect((await bob.put(PREFERENCES, { timezone })).status).toBe(422)
  expect(await zoneOf(bob)).toBeNull()
})

it("does not change the text of people, though it names the same time", async () => {
  const words = "19 November 2026, 9:30 pm IST"
  await alice.post("/api/notifications/", { author: "a", message: words, sent_to: "all_org_users", org_slug: "acme" })
  await bob.put(PREFERENCES, { timezone: "Africa/Nairobi" })
  expect(await messagesOf(bob)).toEqual([words])
})
