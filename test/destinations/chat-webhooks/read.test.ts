import { env } from "cloudflare:workers"
import { describe, expect, it, vi } from "vitest"
import { PLATFORM_MARK } from "../../../src/runtime/platform"
import { metered } from "../../support/d1-meter"
import { fakeFetch } from "../../support/fake-fetch"
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

it.each([1, 0])("shows a member that there is a webhook, and nothing of it: enabled %i", async (enabled) => {
  const webhook = "https://discord.com/api/webhooks/1/a-token-that-ends-in-wxyz"
  await store({ optin: 1, urgent: null, enabled, webhook })
  const answer = await (await bob.get(PATH)).json<any>()
  expect(answer.res).toEqual({
    ...defaults("acme", "Acme"),
    llm_optin: true,
    enable_discord_notifications: enabled === 1,
    discord_webhook: "https://discord.com/api/webhooks/…",
  })
})

it("shows a product as off that Dalgo stored as on without a webhook, since the form could not be saved", async () => {
  await store({ optin: null, urgent: null, enabled: 1, webhook: null })
  for (const one of [alice, bob]) {
    expect((await (await one.get(PATH)).json<any>()).res).toEqual(defaults("acme", "Acme"))
  }
})

describe("with Dalgo's backend", () => {
  const BACKEND = "https://platform.dalgo.test"
  const WEBHOOK = "https://discord.com/api/webhooks/1/a-token-that-ends-in-wxyz"
  const OF_BACKEND = {
    org: { name: "Old name", slug: "acme" },
    llm_optin: true,
    llm_optin_approved_by: "alice@acme.test",
    enable_discord_notifications: false,
    discord_webhook: "https://discord.com/api/webhooks/2/the-backends-own",
    slack_webhook: "https://hooks.slack.com/services/T1/B1/secret",
    allow_public_sharing: true,
  }
  const MERGED = {
    ...defaults("acme", "Acme"),
    llm_optin: true,
    llm_optin_approved_by: "alice@acme.test",
    allow_public_sharing: true,
    enable_discord_notifications: true,
    discord_webhook: "https://discord.com/api/webhooks/…",
  }
  const answering = (respond: () => Response) =>
    fakeFetch((request) => (request.url.startsWith(BACKEND) ? respond() : undefined))
  const answeringWith = (res: object) => answering(() => Response.json({ success: true, res }))
  const send = async (headers: Record<string, string>, path = PATH, init: RequestInit = {}) => {
    const answer = await workerWithEnv({ PLATFORM_ORIGIN: BACKEND })(path, { ...init, headers })
    return { status: answer.status, body: await answer.json<any>() }
  }
  const linesOf = () => {
    const log = vi.spyOn(console, "log").mockReturnValue()
    return () => log.mock.calls.map(([line]) => JSON.parse(line))
  }

  it("completes its preferences in the caller's name, and leaves ours as they are", async () => {
    await store({ optin: 0, urgent: null, enabled: 1, webhook: WEBHOOK })
    const { requests } = answeringWith(OF_BACKEND)
    const cookie = await cookieOf(bob.userId)
    expect(await send({ ...cookie, "x-dalgo-org": "acme" })).toEqual({
      status: 200,
      body: { success: true, res: MERGED },
    })
    expect(requests).toHaveLength(1)
    expect(requests[0]).toMatchObject({ method: "GET", url: `${BACKEND}/api/orgpreferences/`, redirect: "manual" })
    expect(Object.fromEntries(requests[0]?.headers ?? [])).toEqual({
      ...cookie,
      "x-dalgo-org": "acme",
      [PLATFORM_MARK]: "1",
    })
  })

  it("completes the answer to a change too", async () => {
    answeringWith(OF_BACKEND)
    const headers = { ...(await cookieOf(alice.userId)), "content-type": "application/json" }
    const body = JSON.stringify({ enable_discord_notifications: true, discord_webhook: WEBHOOK })
    const answer = await send(headers, "/api/orgpreferences/enable-discord-notifications", { method: "PUT", body })
    expect(answer.body.res).toEqual({ ...MERGED, discord_webhook: "https://discord.com/api/webhooks/…wxyz" })
  })

  it("is not asked by a server, which has no preferences there", async () => {
    const { requests } = answeringWith(OF_BACKEND)
    const headers = { authorization: "Bearer service-key-new", "x-dalgo-org": "acme" }
    expect((await send(headers)).body.res).toEqual(defaults("acme", "Acme"))
    expect(requests).toEqual([])
  })

  it.each<[string, () => Response, object]>([
    ["500", () => new Response("<h1>no</h1>", { status: 500 }), { status: 500, reason: "SyntaxError" }],
    ["401", () => Response.json({ detail: "no" }, { status: 401 }), { status: 401, reason: "unexpected answer" }],
    [
      "another envelope",
      () => Response.json({ success: true, res: [OF_BACKEND] }),
      { status: 200, reason: "unexpected answer" },
    ],
    [
      "no host",
      () => {
        throw new TypeError("network unreachable")
      },
      { reason: "TypeError" },
    ],
  ])("is done without if it has no valid answer, and the log says so: %s", async (_, respond, failure) => {
    await store({ optin: 1, urgent: null, enabled: 0, webhook: null })
    answering(respond)
    const lines = linesOf()
    expect((await send(await cookieOf(bob.userId))).body.res).toEqual({ ...defaults("acme", "Acme"), llm_optin: true })
    expect(lines()).toEqual([{ level: "error", event: "backend_failed", ...failure }])
  })

  it("is done without while PLATFORM_ORIGIN is not usable", async () => {
    const lines = linesOf()
    const answer = await workerWithEnv({ PLATFORM_ORIGIN: "dalgo" })(PATH, { headers: await cookieOf(bob.userId) })
    expect((await answer.json<any>()).res).toEqual(defaults("acme", "Acme"))
    expect(lines().map(({ event }) => event)).toEqual(["misconfigured"])
  })
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
