import { env } from "cloudflare:workers"
import { describe, expect, it, vi } from "vitest"
import { DAY, NOON } from "../support/clock"
import { ACME, alice, bob, charlie, cookieOf, dora, nobody, server } from "../support/people"
import { rows } from "../support/rows"
import { workerWith } from "../support/worker-with"

const PATH = "/api/orgpreferences/enable-discord-notifications"
const IN_ACME = { "x-dalgo-org": "acme" }
const WEBHOOK = "https://discord.com/api/webhooks/123456789012345678/a-token-that-ends-in-wxyz"
const OTHER = "https://canary.discordapp.com/api/webhooks/1/another-token-1234"
const MASKED = "https://discord.com/api/webhooks/…wxyz"
const REQUIRED = { status: 400, body: { detail: "Discord webhook is required to enable notifications." } }

const hear = async (answering: Promise<Response>) => {
  const answer = await answering
  return { status: answer.status, body: await answer.json<any>() }
}
const change = (part: unknown) => hear(alice.put(PATH, part))
const on = (discord_webhook?: string | null) => change({ enable_discord_notifications: true, discord_webhook })
const off = (discord_webhook?: string | null) => change({ enable_discord_notifications: false, discord_webhook })

const whole = (part: object = {}) => ({
  status: 200,
  body: {
    success: true,
    res: {
      org: { name: "Acme", slug: "acme" },
      llm_optin: false,
      enable_discord_notifications: false,
      discord_webhook: null,
      urgent_categories: null,
      ...part,
    },
  },
})
const TOLD = whole({ enable_discord_notifications: true, discord_webhook: MASKED })

const stored = () => rows("SELECT * FROM org_preferences")
const discord = () =>
  rows("SELECT enable_discord_notifications AS is_on, discord_webhook AS webhook FROM org_preferences")

describe("switching Discord on", () => {
  it("takes a webhook, and shows no more of it than its end", async () => {
    expect(await on(WEBHOOK)).toEqual(TOLD)
    expect(await hear(alice.get("/api/orgpreferences/"))).toEqual(TOLD)
    expect(await discord()).toEqual([{ is_on: 1, webhook: WEBHOOK }])
  })

  it.each([undefined, null, "", "  "])("needs a webhook, which %j is not", async (none) => {
    expect(await on(none)).toEqual(REQUIRED)
    expect(await stored()).toEqual([])
  })

  it.each([undefined, null, "", "  ", MASKED, ` ${MASKED} `])("keeps the one that is stored for %j", async (none) => {
    await on(WEBHOOK)
    expect(await on(none)).toEqual(TOLD)
    expect(await discord()).toEqual([{ is_on: 1, webhook: WEBHOOK }])
  })

  it("keeps what came along from Dalgo, of whatever kind it is", async () => {
    const old = "https://discord.com/api/webhooks/1/t?wait=true"
    await env.DB.prepare(
      "INSERT INTO org_preferences (id, org_id, llm_optin, urgent_categories, enable_discord_notifications, discord_webhook, created_at, updated_at) VALUES (7, ?, NULL, NULL, 0, ?, '', '')",
    )
      .bind(ACME, old)
      .run()
    const { body } = await hear(alice.get("/api/orgpreferences/"))
    await on(body.res.discord_webhook)
    expect(await discord()).toEqual([{ is_on: 1, webhook: old }])
  })

  it("replaces the stored one by another", async () => {
    await on(WEBHOOK)
    expect((await on(OTHER)).body.res.discord_webhook).toBe("https://discord.com/api/webhooks/…1234")
    expect(await discord()).toEqual([{ is_on: 1, webhook: OTHER }])
  })

  it.each([
    "http://discord.com/api/webhooks/1/token",
    "https://evil.test/api/webhooks/1/token",
    "https://discord.com/channels/1/2",
    "https://discord.com/api/webhooks/…9999",
    "…wxyz",
    "a word",
  ])("refuses what is no webhook of Discord's: %s", async (given) => {
    await on(WEBHOOK)
    expect(await on(given)).toEqual({
      status: 422,
      body: { detail: [{ loc: ["body", "discord_webhook"], msg: expect.any(String), type: "invalid_format" }] },
    })
    expect(await discord()).toEqual([{ is_on: 1, webhook: WEBHOOK }])
  })

  it("takes no mask of a webhook that is not stored any more", async () => {
    await on(WEBHOOK)
    await off()
    expect((await on(MASKED)).status).toBe(422)
    expect(await discord()).toEqual([{ is_on: 0, webhook: null }])
  })

  it("loses against somebody who switches it off at the same moment", async () => {
    await on(WEBHOOK)
    const late = new Proxy(env.DB, {
      get: (database, name) => {
        const value: unknown = Reflect.get(database, name)
        if (name !== "batch") return typeof value === "function" ? value.bind(database) : value
        return async (statements: D1PreparedStatement[]) => {
          await off()
          return database.batch(statements)
        }
      },
    })
    const answer = await workerWith({ DB: late })(PATH, {
      method: "PUT",
      headers: { ...(await cookieOf(alice.userId)), "content-type": "application/json" },
      body: JSON.stringify({ enable_discord_notifications: true, discord_webhook: MASKED }),
    })
    expect(await hear(Promise.resolve(answer))).toEqual(REQUIRED)
    expect(await discord()).toEqual([{ is_on: 0, webhook: null }])
  })
})

describe("switching Discord off", () => {
  it.each([undefined, null, "", MASKED, WEBHOOK, "a word"])("forgets the webhook, given %j", async (given) => {
    await on(WEBHOOK)
    expect(await off(given)).toEqual(whole())
    expect(await discord()).toEqual([{ is_on: 0, webhook: null }])
    expect(await on("")).toEqual(REQUIRED)
  })

  it("may be done where it never was on", async () => {
    for (let i = 0; i < 2; i++) expect(await off("")).toEqual(whole())
    expect(await stored()).toHaveLength(1)
  })
})

it("changes nothing for an empty object", async () => {
  expect(await change({})).toEqual(whole())
  expect(await stored()).toEqual([])
  await on(WEBHOOK)
  const before = await stored()
  expect(await change({})).toEqual(TOLD)
  expect(await change({ discord_webhook: "" })).toEqual(TOLD)
  expect(await stored()).toEqual(before)
})

it("keeps one row, its days, and what else the organisation decided or was never asked", async () => {
  vi.setSystemTime(NOON)
  await on(WEBHOOK)
  expect(await stored()).toMatchObject([{ org_id: ACME, llm_optin: null, urgent_categories: null }])
  await env.DB.prepare(`UPDATE org_preferences SET llm_optin = 1, urgent_categories = '["incident"]'`).run()
  vi.setSystemTime(NOON + DAY)
  for (const again of [on(""), off(), on(OTHER)]) {
    expect((await again).body.res).toMatchObject({ llm_optin: true, urgent_categories: ["incident"] })
  }
  expect(await stored()).toMatchObject([
    {
      llm_optin: 1,
      urgent_categories: '["incident"]',
      created_at: new Date(NOON).toISOString(),
      updated_at: new Date(NOON + DAY).toISOString(),
    },
  ])
})

describe("what does not fit", () => {
  it.each<[string, unknown, string[]]>([
    ["an unknown field", { enable_discord_notifications: true, discord_webhook: WEBHOOK, sms: 1 }, ["sms"]],
    ["a word", { enable_discord_notifications: "true" }, ["enable_discord_notifications"]],
    ["null", { enable_discord_notifications: null }, ["enable_discord_notifications"]],
    ["a number", { enable_discord_notifications: true, discord_webhook: 1 }, ["discord_webhook"]],
    ["a long text", { enable_discord_notifications: true, discord_webhook: "x".repeat(501) }, ["discord_webhook"]],
    ["a webhook without the switch", { discord_webhook: WEBHOOK }, ["enable_discord_notifications"]],
    ["a list", [], []],
  ])("is refused with its place: %s", async (_, part, place) => {
    const { status, body } = await change(part)
    expect(status).toBe(422)
    expect(body.detail).toEqual([{ loc: ["body", ...place], msg: expect.any(String), type: expect.any(String) }])
    expect(await stored()).toEqual([])
  })
})

it("is for those who run the organisation", async () => {
  const part = { enable_discord_notifications: true, discord_webhook: WEBHOOK }
  for (const [one, status] of [
    [nobody, 401],
    [bob, 403],
    [charlie, 404],
  ] as const) {
    expect((await one.put(PATH, part, IN_ACME)).status).toBe(status)
    expect(await stored()).toEqual([])
  }
  for (const one of [dora, server]) {
    expect(await hear(one.put(PATH, part, IN_ACME))).toEqual(TOLD)
    expect(await stored()).toMatchObject([{ org_id: ACME }])
    await off()
  }
  expect(await hear(server.put(PATH, part))).toEqual({
    status: 400,
    body: { detail: "x-dalgo-org is required to choose an organisation." },
  })
})

it("changes the organisation of who asks, and no other", async () => {
  await on(WEBHOOK)
  await charlie.put(PATH, { enable_discord_notifications: true, discord_webhook: OTHER })
  await charlie.put(PATH, { enable_discord_notifications: false })
  expect(await hear(alice.get("/api/orgpreferences/"))).toEqual(TOLD)
})
