import { expect, it } from "vitest"
import { orgDocs } from "../../src/orgs/docs"
import { fakePrefect } from "../support/fake-prefect"
import { fakeFetch } from "../support/fake-fetch"
import { aiAnswer, fakeAi } from "../support/fake-ai"
import { dora, server } from "../support/people"
import { postPrefectWebhook, runStateBody } from "../support/prefect-webhook"
import { captureQueues } from "../support/queues"
import { selectRows } from "../support/select-rows"
import { costOf, sync } from "../support/org-members"

const INITECH = "/api/orgs/initech"

const save = async (body: object, path = INITECH) => {
  const answer = await server.put(path, body)
  expect(answer.status).toBe(200)
  return orgDocs["PUT /api/orgs/:slug"].response.parse(await answer.json()).res
}
const fresh = { slug: "initech", name: "Initech", timezone: "UTC", llm_optin: null, urgent_categories: null }

it("creates an organisation without members", async () => {
  expect(await save({ name: " Initech " })).toEqual(fresh)
  expect(await selectRows("SELECT slug, name FROM orgs WHERE slug = 'initech'")).toEqual([
    { slug: "initech", name: "Initech" },
  ])
  expect(await selectRows("SELECT * FROM org_preferences")).toEqual([])
  expect(await sync([], "/api/orgs/initech/members")).toEqual({ added: 0, changed: 0, removed: 0, unchanged: 0 })
})

it("changes only the name of an existing organisation", async () => {
  const before = await selectRows("SELECT * FROM org_users ORDER BY id")
  expect(await save({ name: "Acme International" }, "/api/orgs/acme")).toMatchObject({ name: "Acme International" })
  expect(await selectRows("SELECT id, slug, name FROM orgs ORDER BY id")).toEqual([
    { id: 1, slug: "acme", name: "Acme International" },
    { id: 2, slug: "globex", name: "Globex" },
    { id: 3, slug: "dalgo", name: "Dalgo" },
  ])
  expect(await selectRows("SELECT * FROM org_users ORDER BY id")).toEqual(before)
})

it("stores the settings for failures", async () => {
  const decided = { llm_optin: false, urgent_categories: ["late_run", "incident"] }
  const saved = { ...fresh, llm_optin: false, urgent_categories: ["incident", "late_run"] }
  expect(await save({ name: "Initech", ...decided })).toEqual(saved)
  expect(await save({ name: "Initech" })).toEqual(saved)
  expect(await save({ name: "Initech", llm_optin: true })).toEqual({ ...saved, llm_optin: true })
  expect(await save({ name: "Initech", urgent_categories: [] })).toEqual({
    ...saved,
    llm_optin: true,
    urgent_categories: [],
  })
  expect(await save({ name: "Initech", timezone: "UTC", llm_optin: null, urgent_categories: null })).toEqual(fresh)
})

it("stores the time zone, which stays where it is left out and is UTC again with null", async () => {
  const inIndia = { ...fresh, timezone: "Asia/Kolkata" }
  expect(await save({ name: "Initech", timezone: "Asia/Kolkata" })).toEqual(inIndia)
  expect(await save({ name: "Initech" })).toEqual(inIndia)
  expect(await save({ name: "Initech", timezone: null })).toEqual(fresh)
})

it.each(["IST?", "India", "+05:30", "", "Asia/Nowhere", 5])(
  "refuses a time zone that is not one: %j",
  async (timezone) => {
    expect((await server.put(INITECH, { name: "Initech", timezone })).status).toBe(422)
    expect(await selectRows("SELECT id FROM orgs WHERE slug = 'initech'")).toEqual([])
  },
)

it("leaves the chat webhooks of an organisation alone", async () => {
  await save({ name: "Acme", llm_optin: true }, "/api/orgs/acme")
  const hook = "https://discord.com/api/webhooks/1/x"
  await selectRows(
    `INSERT INTO chat_webhooks (org_id, product, enabled, webhook, created_at, updated_at)
     VALUES (1, 'discord', 1, ?, 0, 0)`,
    hook,
  )
  await save({ name: "Acme", llm_optin: false, urgent_categories: ["system"] }, "/api/orgs/acme")
  expect(await selectRows("SELECT * FROM org_preferences")).toMatchObject([
    { org_id: 1, llm_optin: 0, urgent_categories: '["system"]' },
  ])
  expect(await selectRows("SELECT product, enabled, webhook FROM chat_webhooks")).toEqual([
    { product: "discord", enabled: 1, webhook: hook },
  ])
})

it.each([
  { name: "Initech" },
  { name: "Initech", llm_optin: true, urgent_categories: ["incident", "job_failure"] },
  { name: "Initech", timezone: "UTC", llm_optin: null, urgent_categories: null },
])("writes nothing the second time: %j", async (body) => {
  const first = await costOf("PUT", INITECH, body)
  const again = await costOf("PUT", INITECH, body)
  expect(first.rowsWritten).toBeGreaterThan(0)
  expect(again).toMatchObject({ status: 200, roundTrips: 1, rowsWritten: 0, response: first.response })
})

it("writes nothing for its own response, or for the same categories in another order", async () => {
  const { slug: _, ...saved } = await save({ name: "Initech", urgent_categories: ["system", "incident", "system"] })
  expect(await costOf("PUT", INITECH, saved)).toMatchObject({ rowsWritten: 0 })
  const turned = { ...saved, urgent_categories: saved.urgent_categories?.toReversed() }
  expect(await costOf("PUT", INITECH, turned)).toMatchObject({ rowsWritten: 0 })
})

it("creates one organisation for two concurrent requests", async () => {
  await Promise.all([save({ name: "Initech" }), save({ name: "Initech" })])
  expect(await selectRows("SELECT slug FROM orgs WHERE slug = 'initech'")).toHaveLength(1)
})

it("is found at once, even after a request before its creation", async () => {
  const body = { author: "dora", message: "hello", sent_to: "all_org_users", org_slug: "initech" }
  const sendNotification = async () => (await dora.post("/api/notifications/", body)).json()
  captureQueues()
  expect(await sendNotification()).toEqual({ detail: "organisation not found" })
  await save({ name: "Initech" })
  expect(await sendNotification()).toEqual({ detail: "No users found for the given information" })
})

it("applies urgent_categories to the next failures", async () => {
  fakeFetch(fakePrefect())
  fakeAi({ response: aiAnswer("the sync.") })
  const { drain } = captureQueues()
  await save({ name: "Acme", urgent_categories: [] }, "/api/orgs/acme")
  await postPrefectWebhook(runStateBody("Failed"))
  await drain()
  expect(await selectRows("SELECT category, urgent FROM notifications")).toEqual([
    { category: "job_failure", urgent: 0 },
  ])
})

it.each(["a", "A-b_9", "x".repeat(100)])("accepts the slug %s", async (slug) => {
  expect(await save({ name: "X" }, `/api/orgs/${slug}`)).toMatchObject({ slug })
})

it.each(["x".repeat(101), "a.b", "a%20b", "a%2Fb", "%C3%A9", "a'b", "%00", "%25"])(
  "does not take the slug %s",
  async (slug) => {
    for (const answer of [
      await server.put(`/api/orgs/${slug}`, { name: "X" }),
      await server.put(`/api/orgs/${slug}/members`, []),
      await server.patch(`/api/orgs/${slug}/members`, []),
      await server.delete(`/api/orgs/${slug}/members/1`),
    ]) {
      expect(answer.status).toBe(422)
      expect((await answer.json<any>()).detail).toMatchObject([{ loc: ["path", "slug"] }])
    }
    expect(await selectRows("SELECT id FROM orgs")).toHaveLength(3)
  },
)

it.each<[string, object]>([
  ["name", {}],
  ["name", { name: " " }],
  ["name", { name: "x".repeat(201) }],
  ["name", { name: null }],
  ["llm_optin", { name: "X", llm_optin: "yes" }],
  ["urgent_categories", { name: "X", urgent_categories: "incident" }],
  ["urgent_categories.0", { name: "X", urgent_categories: ["weather"] }],
  ["id", { name: "X", id: 1 }],
  ["slug", { name: "X", slug: "acme" }],
])("rejects %s: %j", async (where, body) => {
  const answer = await server.put(INITECH, body)
  expect(answer.status).toBe(422)
  const { detail } = await answer.json<any>()
  expect(detail.map((issue: any) => issue.loc.join("."))).toEqual([`body.${where}`])
  expect(await selectRows("SELECT id FROM orgs WHERE slug = 'initech'")).toEqual([])
})
