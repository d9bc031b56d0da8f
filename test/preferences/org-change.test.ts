import { env } from "cloudflare:workers"
import { describe, expect, it, vi } from "vitest"
import { unseal } from "../../src/destinations/chat-webhooks/seal"
import { DAY, NOON } from "../support/clock"
import { ACME, alice, bob, charlie, cookieOf, dora, nobody, server } from "../support/people"
import { rows } from "../support/rows"
import { workerWith } from "../support/worker-with"

const IN_ACME = { "x-dalgo-org": "acme" }

const KINDS = [
  {
    room: "discord",
    name: "Discord",
    WEBHOOK: "https://discord.com/api/webhooks/123456789012345678/a-token-that-ends-in-wxyz",
    OTHER: "https://canary.discordapp.com/api/webhooks/1/another-token-1234",
    OLD: "https://discord.com/api/webhooks/1/t?wait=true",
    SHOWN: "https://discord.com/api/webhooks/",
  },
  {
    room: "slack",
    name: "Slack",
    WEBHOOK: "https://hooks.slack.com/services/T0ACME/B0ROOM/tokenThatEndsIn0wxyz",
    OTHER: "https://hooks.slack-gov.com/services/T1/B1/anotherToken1234",
    OLD: "https://hooks.slack.com/services/T0ACME/B0ROOM/tokenThatEndsInWxyz/",
    SHOWN: "https://hooks.slack.com/services/",
  },
] as const

const hear = async (answering: Promise<Response>) => {
  const answer = await answering
  return { status: answer.status, body: await answer.json<any>() }
}
describe.each(KINDS)("of $name", ({ room, name: called, WEBHOOK, OTHER, OLD, SHOWN }) => {
  const PATH = `/api/orgpreferences/enable-${room}-notifications`
  const SWITCH = `enable_${room}_notifications`
  const FIELD = `${room}_webhook`
  const MASKED = `${SHOWN}…wxyz`
  const REQUIRED = { status: 400, body: { detail: `${called} webhook is required to enable notifications.` } }

  const change = (part: unknown) => hear(alice.put(PATH, part))
  const switched = (isOn: unknown, webhook?: unknown) => ({ [SWITCH]: isOn, [FIELD]: webhook })
  const on = (webhook?: string | null) => change(switched(true, webhook))
  const off = (webhook?: string | null) => change(switched(false, webhook))

  const whole = (part: object = {}) => ({
    status: 200,
    body: {
      success: true,
      res: {
        org: { name: "Acme", slug: "acme" },
        llm_optin: false,
        enable_discord_notifications: false,
        discord_webhook: null,
        enable_slack_notifications: false,
        slack_webhook: null,
        urgent_categories: null,
        ...part,
      },
    },
  })
  const TOLD = whole({ [SWITCH]: true, [FIELD]: MASKED })

  const stored = () => rows("SELECT * FROM org_preferences")
  /** What is stored of the room, and opened where it is sealed. */
  const kept = async () => {
    const all = await rows(
      `SELECT org_id, enable_${room}_notifications AS is_on, ${room}_webhook AS webhook FROM org_preferences`,
    )
    const open = ({ org_id: orgId, webhook }: any) =>
      webhook && unseal((env.SECRETS_KEYS as string).split(","), webhook, { orgId, column: `${room}_webhook` })
    return Promise.all(all.map(async (row) => ({ is_on: row.is_on, webhook: await open(row) })))
  }

  describe("switching it on", () => {
    it("takes a webhook, and shows no more of it than its end", async () => {
      expect(await on(WEBHOOK)).toEqual(TOLD)
      expect(await hear(alice.get("/api/orgpreferences/"))).toEqual(TOLD)
      expect(await kept()).toEqual([{ is_on: 1, webhook: WEBHOOK }])
    })

    it.each([undefined, null, "", "  "])("needs a webhook, which %j is not", async (none) => {
      expect(await on(none)).toEqual(REQUIRED)
      expect(await stored()).toEqual([])
    })

    it.each([undefined, null, "", "  ", MASKED, ` ${MASKED} `])("keeps the one that is stored for %j", async (none) => {
      await on(WEBHOOK)
      expect(await on(none)).toEqual(TOLD)
      expect(await kept()).toEqual([{ is_on: 1, webhook: WEBHOOK }])
    })

    it("keeps what came along from Dalgo, of whatever kind it is", async () => {
      await env.DB.prepare(
        `INSERT INTO org_preferences (id, org_id, ${room}_webhook, created_at, updated_at) VALUES (7, ?, ?, '', '')`,
      )
        .bind(ACME, OLD)
        .run()
      const { body } = await hear(alice.get("/api/orgpreferences/"))
      await on(body.res[FIELD])
      expect(await kept()).toEqual([{ is_on: 1, webhook: OLD }])
    })

    it("replaces the stored one by another", async () => {
      await on(WEBHOOK)
      expect((await on(OTHER)).body.res[FIELD]).toBe(`${SHOWN}…1234`)
      expect(await kept()).toEqual([{ is_on: 1, webhook: OTHER }])
    })

    it.each([`${SHOWN}…9999`, "…wxyz", "a word"])("refuses what is no webhook there: %s", async (given) => {
      await on(WEBHOOK)
      expect(await on(given)).toEqual({
        status: 422,
        body: { detail: [{ loc: ["body", FIELD], msg: expect.any(String), type: "invalid_format" }] },
      })
      expect(await kept()).toEqual([{ is_on: 1, webhook: WEBHOOK }])
    })

    it("takes no mask of a webhook that is not stored any more", async () => {
      await on(WEBHOOK)
      await off()
      expect((await on(MASKED)).status).toBe(422)
      expect(await kept()).toEqual([{ is_on: 0, webhook: null }])
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
        body: JSON.stringify(switched(true, MASKED)),
      })
      expect(await hear(Promise.resolve(answer))).toEqual(REQUIRED)
      expect(await kept()).toEqual([{ is_on: 0, webhook: null }])
    })
  })

  describe("switching it off", () => {
    it.each([undefined, null, "", MASKED, WEBHOOK, "a word"])("forgets the webhook, given %j", async (given) => {
      await on(WEBHOOK)
      expect(await off(given)).toEqual(whole())
      expect(await kept()).toEqual([{ is_on: 0, webhook: null }])
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
    expect(await change({ [FIELD]: "" })).toEqual(TOLD)
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
      ["an unknown field", { ...switched(true, WEBHOOK), sms: 1 }, ["sms"]],
      ["a word", { [SWITCH]: "true" }, [SWITCH]],
      ["null", { [SWITCH]: null }, [SWITCH]],
      ["a number", switched(true, 1), [FIELD]],
      ["a long text", switched(true, "x".repeat(501)), [FIELD]],
      ["a webhook without the switch", { [FIELD]: WEBHOOK }, [SWITCH]],
      ["a list", [], []],
    ])("is refused with its place: %s", async (_, part, place) => {
      const { status, body } = await change(part)
      expect(status).toBe(422)
      expect(body.detail).toEqual([{ loc: ["body", ...place], msg: expect.any(String), type: expect.any(String) }])
      expect(await stored()).toEqual([])
    })
  })

  it("is for those who run the organisation", async () => {
    const part = switched(true, WEBHOOK)
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
    await charlie.put(PATH, switched(true, OTHER))
    await charlie.put(PATH, { [SWITCH]: false })
    expect(await hear(alice.get("/api/orgpreferences/"))).toEqual(TOLD)
  })

  it("is stored sealed, for this organisation alone", async () => {
    await on(WEBHOOK)
    const [row] = await stored()
    expect(row[FIELD]).toMatch(/^v1\.new\.[\w-]{16}\.[\w-]+$/)
    expect(JSON.stringify(row)).not.toContain(WEBHOOK.slice(-8))
  })

  it.each([
    ["there is no key", "", "SECRETS_KEYS is not set"],
    ["the key is none", "new:short", "SECRETS_KEYS cannot be used"],
  ])("is not stored at all where %s, and what was stored stays", async (_, SECRETS_KEYS, detail) => {
    const send = async (part: object) =>
      hear(
        workerWith({ SECRETS_KEYS })(PATH, {
          method: "PUT",
          headers: { ...(await cookieOf(alice.userId)), "content-type": "application/json" },
          body: JSON.stringify(part),
        }),
      )
    expect(await send(switched(true, WEBHOOK))).toEqual({ status: 503, body: { detail } })
    expect(await stored()).toEqual([])

    // It is shown that there is one, and it can be kept and switched off.
    await on(WEBHOOK)
    expect(await send(switched(true, OTHER))).toMatchObject({ status: 503 })
    expect(await send(switched(true, `${SHOWN}…`))).toEqual(whole({ [SWITCH]: true, [FIELD]: `${SHOWN}…` }))
    expect(await kept()).toEqual([{ is_on: 1, webhook: WEBHOOK }])
    expect(await send(switched(false))).toEqual(whole())
  })

  it("forgets what the room said of a webhook, once there is another or the same again", async () => {
    const gone = `enable_${room}_notifications = 0, ${room}_gone_at = 1, ${room}_gone_reason = 'it was deleted'`
    const switchedOff = { [`${room}_switched_off`]: { at: "1970-01-01T00:00:00.001Z", reason: "it was deleted" } }
    for (const again of [() => on(WEBHOOK), () => on(MASKED), () => on(OTHER), () => off()]) {
      expect((await again()).body.res).not.toHaveProperty(`${room}_switched_off`)
      await rows(`UPDATE org_preferences SET ${gone}`)
      expect((await hear(alice.get("/api/orgpreferences/"))).body.res).toMatchObject(switchedOff)
      expect((await hear(bob.get("/api/orgpreferences/"))).body.res).not.toHaveProperty(`${room}_switched_off`)
    }
  })
})
