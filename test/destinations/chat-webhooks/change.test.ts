import { env } from "cloudflare:workers"
import { describe, expect, it, vi } from "vitest"
import { decryptWebhook } from "../../../src/destinations/chat-webhooks/encrypt"
import { DAY, NOON } from "../../support/clock"
import { ACME, alice, anonymous, bob, charlie, cookieOf, dora, server } from "../../support/people"
import { selectRows } from "../../support/select-rows"
import { workerWithEnv } from "../../support/worker-with-env"

const IN_ACME = { "x-dalgo-org": "acme" }

const PRODUCTS = [
  {
    product: "discord",
    name: "Discord",
    WEBHOOK: "https://discord.com/api/webhooks/123456789012345678/a-token-that-ends-in-wxyz",
    OTHER: "https://canary.discordapp.com/api/webhooks/1/another-token-1234",
    OLD: "https://discord.com/api/webhooks/1/t?wait=true",
    MASK: "https://discord.com/api/webhooks/",
  },
  {
    product: "slack",
    name: "Slack",
    WEBHOOK: "https://hooks.slack.com/services/T0ACME/B0CHAT/tokenThatEndsIn0wxyz",
    OTHER: "https://hooks.slack-gov.com/services/T1/B1/anotherToken1234",
    OLD: "https://hooks.slack.com/services/T0ACME/B0CHAT/tokenThatEndsInWxyz/",
    MASK: "https://hooks.slack.com/services/",
  },
] as const

const answerOf = async (request: Promise<Response>) => {
  const answer = await request
  return { status: answer.status, body: await answer.json<any>() }
}
describe.each(PRODUCTS)("the webhook of $name", ({ product, name, WEBHOOK, OTHER, OLD, MASK }) => {
  const PATH = `/api/orgpreferences/enable-${product}-notifications`
  const SWITCH = `enable_${product}_notifications`
  const FIELD = `${product}_webhook`
  const MASKED = `${MASK}…wxyz`
  const REQUIRED = { status: 400, body: { detail: `${name} webhook is required to enable notifications.` } }

  const change = (body: unknown) => answerOf(alice.put(PATH, body))
  const switched = (isOn: unknown, webhook?: unknown) => ({ [SWITCH]: isOn, [FIELD]: webhook })
  const on = (webhook?: string | null) => change(switched(true, webhook))
  const off = (webhook?: string | null) => change(switched(false, webhook))

  const answerWith = (fields: object = {}) => ({
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
        ...fields,
      },
    },
  })
  const ENABLED = answerWith({ [SWITCH]: true, [FIELD]: MASKED })

  const stored = () => selectRows("SELECT * FROM chat_webhooks")
  /** The stored webhooks, decrypted. */
  const decrypted = async () => {
    const keys = (env.SECRETS_KEYS as string).split(",")
    return Promise.all(
      (await stored()).map(async ({ org_id: orgId, product: of, enabled, webhook }) => ({
        product: of,
        enabled,
        webhook: webhook && (await decryptWebhook(keys, { orgId, product: of, webhook })),
      })),
    )
  }

  describe("switching it on", () => {
    it("stores the webhook, and shows no more than its last four characters", async () => {
      expect(await on(WEBHOOK)).toEqual(ENABLED)
      expect(await answerOf(alice.get("/api/orgpreferences/"))).toEqual(ENABLED)
      expect(await decrypted()).toEqual([{ product, enabled: 1, webhook: WEBHOOK }])
    })

    it.each([undefined, null, "", "  "])("requires a webhook, given %j", async (none) => {
      expect(await on(none)).toEqual(REQUIRED)
      expect(await stored()).toEqual([])
    })

    it.each([undefined, null, "", "  ", MASKED, ` ${MASKED} `])("keeps the stored webhook, given %j", async (none) => {
      await on(WEBHOOK)
      expect(await on(none)).toEqual(ENABLED)
      expect(await decrypted()).toEqual([{ product, enabled: 1, webhook: WEBHOOK }])
    })

    it("keeps a webhook that came from Dalgo, whatever its form", async () => {
      await env.DB.prepare(
        `INSERT INTO chat_webhooks (org_id, product, enabled, webhook, created_at, updated_at) VALUES (?, ?, 0, ?, 0, 0)`,
      )
        .bind(ACME, product, OLD)
        .run()
      const { body } = await answerOf(alice.get("/api/orgpreferences/"))
      await on(body.res[FIELD])
      expect(await decrypted()).toEqual([{ product, enabled: 1, webhook: OLD }])
    })

    it("keeps the stored webhook, given the mask that members see", async () => {
      expect(await on(`${MASK}…`)).toEqual(REQUIRED)
      await on(WEBHOOK)
      const { body } = await answerOf(bob.get("/api/orgpreferences/"))
      expect(body.res).toMatchObject({ [SWITCH]: true, [FIELD]: `${MASK}…` })
      expect(await on(body.res[FIELD])).toEqual(ENABLED)
      expect(await decrypted()).toEqual([{ product, enabled: 1, webhook: WEBHOOK }])
    })

    it("ignores unknown fields, and reads what Dalgo's backend reads as a boolean", async () => {
      expect(await change({ [SWITCH]: "true", [FIELD]: `${WEBHOOK}/`, sms: 1 })).toEqual(ENABLED)
      expect(await decrypted()).toEqual([{ product, enabled: 1, webhook: WEBHOOK }])
      expect(await change({ [SWITCH]: 0 })).toEqual(answerWith())
    })

    it("replaces the stored webhook by another one", async () => {
      await on(WEBHOOK)
      expect((await on(OTHER)).body.res[FIELD]).toBe(`${MASK}…1234`)
      expect(await decrypted()).toEqual([{ product, enabled: 1, webhook: OTHER }])
    })

    it.each([`${MASK}…9999`, "…wxyz", "a word"])(
      "rejects a text that is no webhook of the product: %s",
      async (given) => {
        await on(WEBHOOK)
        expect(await on(given)).toEqual({
          status: 422,
          body: { detail: [{ loc: ["body", FIELD], msg: expect.any(String), type: "invalid_format" }] },
        })
        expect(await decrypted()).toEqual([{ product, enabled: 1, webhook: WEBHOOK }])
      },
    )

    it("rejects the mask of a webhook that is no longer stored", async () => {
      await on(WEBHOOK)
      await off()
      expect((await on(MASKED)).status).toBe(422)
      expect(await decrypted()).toEqual([{ product, enabled: 0, webhook: null }])
    })

    it("does not bring back a webhook that a concurrent request removes", async () => {
      await on(WEBHOOK)
      const late = new Proxy(env.DB, {
        get: (database, property) => {
          const value: unknown = Reflect.get(database, property)
          if (property !== "batch") return typeof value === "function" ? value.bind(database) : value
          return async (statements: D1PreparedStatement[]) => {
            await off()
            return database.batch(statements)
          }
        },
      })
      const answer = await workerWithEnv({ DB: late })(PATH, {
        method: "PUT",
        headers: { ...(await cookieOf(alice.userId)), "content-type": "application/json" },
        body: JSON.stringify(switched(true, MASKED)),
      })
      expect(await answerOf(Promise.resolve(answer))).toEqual(REQUIRED)
      expect(await decrypted()).toEqual([{ product, enabled: 0, webhook: null }])
    })
  })

  describe("switching it off", () => {
    it.each([undefined, null, "", MASKED, WEBHOOK, "a word"])("removes the webhook, given %j", async (given) => {
      await on(WEBHOOK)
      expect(await off(given)).toEqual(answerWith())
      expect(await decrypted()).toEqual([{ product, enabled: 0, webhook: null }])
      expect(await on("")).toEqual(REQUIRED)
    })

    it("succeeds where it was never on", async () => {
      for (let i = 0; i < 2; i++) expect(await off("")).toEqual(answerWith())
      expect(await stored()).toHaveLength(1)
    })
  })

  it("changes nothing for an empty object", async () => {
    expect(await change({})).toEqual(answerWith())
    expect(await stored()).toEqual([])
    await on(WEBHOOK)
    const before = await stored()
    expect(await change({})).toEqual(ENABLED)
    expect(await change({ [FIELD]: "" })).toEqual(ENABLED)
    expect(await stored()).toEqual(before)
  })

  it("keeps one row with the time of its creation, and the other preferences of the organisation", async () => {
    vi.setSystemTime(NOON)
    await on(WEBHOOK)
    expect(await selectRows("SELECT * FROM org_preferences")).toEqual([])
    await selectRows(
      `INSERT INTO org_preferences (org_id, llm_optin, urgent_categories, created_at, updated_at)
       VALUES (?, 1, '["incident"]', '', '')`,
      ACME,
    )
    const others = await selectRows("SELECT * FROM org_preferences")
    vi.setSystemTime(NOON + DAY)
    for (const again of [on(""), off(), on(OTHER)]) {
      expect((await again).body.res).toMatchObject({ llm_optin: true, urgent_categories: ["incident"] })
    }
    expect(await selectRows("SELECT * FROM org_preferences")).toEqual(others)
    expect(await stored()).toMatchObject([{ org_id: ACME, product, created_at: NOON, updated_at: NOON + DAY }])
  })

  describe("an invalid body", () => {
    it.each<[string, unknown, string[]]>([
      ["a word", { [SWITCH]: "perhaps" }, [SWITCH]],
      ["null", { [SWITCH]: null }, [SWITCH]],
      ["a number", switched(true, 1), [FIELD]],
      ["a long text", switched(true, "x".repeat(501)), [FIELD]],
      ["a webhook without the switch", { [FIELD]: WEBHOOK }, [SWITCH]],
      ["a list", [], []],
    ])("is rejected with the name of the field: %s", async (_, sent, place) => {
      const { status, body } = await change(sent)
      expect(status).toBe(422)
      expect(body.detail).toEqual([{ loc: ["body", ...place], msg: expect.any(String), type: expect.any(String) }])
      expect(await stored()).toEqual([])
    })
  })

  it("is for admins of the organisation", async () => {
    const body = switched(true, WEBHOOK)
    for (const [one, status] of [
      [anonymous, 401],
      [bob, 403],
      [charlie, 404],
    ] as const) {
      expect((await one.put(PATH, body, IN_ACME)).status).toBe(status)
      expect(await stored()).toEqual([])
    }
    for (const one of [dora, server]) {
      expect(await answerOf(one.put(PATH, body, IN_ACME))).toEqual(ENABLED)
      expect(await stored()).toMatchObject([{ org_id: ACME }])
      await off()
    }
    expect(await answerOf(server.put(PATH, body))).toEqual({
      status: 400,
      body: { detail: "x-dalgo-org is required to choose an organisation." },
    })
  })

  it("changes the organisation of the caller, and no other", async () => {
    await on(WEBHOOK)
    await charlie.put(PATH, switched(true, OTHER))
    await charlie.put(PATH, { [SWITCH]: false })
    expect(await answerOf(alice.get("/api/orgpreferences/"))).toEqual(ENABLED)
  })

  it("is stored encrypted", async () => {
    await on(WEBHOOK)
    const [row] = await stored()
    expect(row.webhook).toMatch(/^v1\.new\.[\w-]{16}\.[\w-]+$/)
    expect(JSON.stringify(row)).not.toContain(WEBHOOK.slice(-8))
  })

  it.each([
    ["there is no key", "", "SECRETS_KEYS is not set"],
    [
      "the key is malformed",
      "new:short",
      "SECRETS_KEYS is not usable: it must be keys such as <name>:<32 bytes in base64url>, separated by commas",
    ],
  ])("is not stored where %s, and the stored one stays", async (_, SECRETS_KEYS, detail) => {
    const send = async (body: object) =>
      answerOf(
        workerWithEnv({ SECRETS_KEYS })(PATH, {
          method: "PUT",
          headers: { ...(await cookieOf(alice.userId)), "content-type": "application/json" },
          body: JSON.stringify(body),
        }),
      )
    expect(await send(switched(true, WEBHOOK))).toEqual({ status: 503, body: { detail } })
    expect(await stored()).toEqual([])

    // The answer shows that a webhook is stored. It can be kept and removed.
    await on(WEBHOOK)
    expect(await send(switched(true, OTHER))).toMatchObject({ status: 503 })
    expect(await send(switched(true, `${MASK}…`))).toEqual(answerWith({ [SWITCH]: true, [FIELD]: `${MASK}…` }))
    expect(await decrypted()).toEqual([{ product, enabled: 1, webhook: WEBHOOK }])
    expect(await send(switched(false))).toEqual(answerWith())
  })

  it("forgets why a webhook is gone, once one is stored again or switched off", async () => {
    const gone = "enabled = 0, gone_at = 1, gone_reason = 'it was deleted'"
    const switchedOff = { [`${product}_switched_off`]: { at: "1970-01-01T00:00:00.001Z", reason: "it was deleted" } }
    for (const again of [() => on(WEBHOOK), () => on(MASKED), () => on(OTHER), () => off()]) {
      expect((await again()).body.res).not.toHaveProperty(`${product}_switched_off`)
      await selectRows(`UPDATE chat_webhooks SET ${gone}`)
      expect((await answerOf(alice.get("/api/orgpreferences/"))).body.res).toMatchObject(switchedOff)
      expect((await answerOf(bob.get("/api/orgpreferences/"))).body.res).not.toHaveProperty(`${product}_switched_off`)
    }
  })
})
