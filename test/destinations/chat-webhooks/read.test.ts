import { env } from "cloudflare:workers"
import { expect, it } from "vitest"
import { metered } from "../../support/d1-meter"
import { ACME, alice, anonymous, bob, charlie, cookieOf, dora, server } from "../../support/people"
import { selectRows } from "../../support/select-rows"
import { workerWithEnv } from "../../support/worker-with-env"

const PATH = "/api/orgpreferences/"
const IN_ACME = { "x-dalgo-org": "acme" }
const defaults = (slug: string, name: string) => ({
  org: { name, slug },
  llm_optin: false,
  enable_discord_notifications: false,
  discord_webhook: null,
  enable_slack_notifications: false,
  slack_webhook: null,
  urgent_categories: null,
})
const store = async (values: {
  optin: number | null
  urgent: string | null
  enabled: number
  webhook: string | null
}) => {
  await selectRows(
    "INSERT INTO org_preferences (id, org_id, llm_optin, urgent_categories, created_at, updated_at) VALUES (7, ?, ?, ?, '', '')",
    ACME,
    values.optin,
    values.urgent,
  )
  await selectRows(
    `INSERT INTO chat_webhooks (org_id, product, enabled, webhook, created_at, updated_at)
     VALUES (?, 'discord', ?, ?, 0, 0)`,
    ACME,
    values.enabled,
    values.webhook,
  )
}
const read = async () => (await (await alice.get(PATH)).json<any>()).res

it("answers the defaults for a new organisation, and inserts no row", async () => {
  const answer = await alice.get(PATH)
  expect(answer.status).toBe(200)
  expect(await answer.json()).toEqual({ success: true, res: defaults("acme", "Acme") })
  expect(await selectRows("SELECT * FROM org_preferences")).toEqual([])
  expect(await selectRows("SELECT * FROM chat_webhooks")).toEqual([])
})

it("answers with and without a trailing slash", async () => {
  expect(await (await alice.get("/api/orgpreferences")).json()).toEqual(await (await alice.get(PATH)).json())
})

it("shows the preferences, and the last four characters of the webhook", async () => {
  const webhook = "https://discord.com/api/webhooks/123456789012345678/a-token-that-ends-in-wxyz"
  await store({ optin: 1, urgent: '["incident"]', enabled: 1, webhook })
  expect(await read()).toEqual({
    org: { name: "Acme", slug: "acme" },
    llm_optin: true,
    enable_discord_notifications: true,
    discord_webhook: "https://discord.com/api/webhooks/…wxyz",
    enable_slack_notifications: false,
    slack_webhook: null,
    urgent_categories: ["incident"],
  })
})

it.each([null, ""])("shows no webhook where Dalgo stored none: %j", async (webhook) => {
  await store({ optin: null, urgent: null, enabled: 0, webhook })
  expect(await read()).toEqual(defaults("acme", "Acme"))
})

it("is for every member of the organisation, since the form of the web app needs it", async () => {
  const statuses = async (headers = {}) =>
    Promise.all(
      [anonymous, bob, alice, charlie, dora, server].map(async (one) => (await one.get(PATH, headers)).status),
    )
  expect(await statuses(IN_ACME)).toEqual([401, 200, 200, 404, 200, 200])
  // A server belongs to no organisation.
  expect(await statuses()).toEqual([401, 200, 200, 200, 200, 400])
})

it("shows a member nothing of the webhook", async () => {
  const webhook = "https://discord.com/api/webhooks/1/a-token-that-ends-in-wxyz"
  await store({ optin: 1, urgent: null, enabled: 1, webhook })
  const answer = await (await bob.get(PATH)).json<any>()
  expect(answer.res).toMatchObject({ enable_discord_notifications: true, discord_webhook: null })
})

it.each([
  ["a super-admin", dora],
  ["a server", server],
])("shows %s the organisation that the header names", async (_, one) => {
  for (const [slug, name] of [
    ["acme", "Acme"],
    ["globex", "Globex"],
  ] as const) {
    expect((await (await one.get(PATH, { "x-dalgo-org": slug })).json<any>()).res).toEqual(defaults(slug, name))
  }
  expect((await one.get(PATH, { "x-dalgo-org": "nowhere" })).status).toBe(404)
})

it("takes one round trip once the membership is cached", async () => {
  await alice.get(PATH)
  const { db, spent } = metered(env.DB)
  await workerWithEnv({ DB: db })(PATH, { headers: await cookieOf(alice.userId) })
  expect(spent).toMatchObject({ roundTrips: 1, statements: 1, rowsWritten: 0 })
})
