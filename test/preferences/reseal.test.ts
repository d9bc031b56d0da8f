import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it, vi } from "vitest"
import readme from "../../README.md?raw"
import worker from "../../src/index"
import { seal, unseal } from "../../src/destinations/chat-webhooks/seal"
import { metered } from "../support/d1-meter"
import { outside } from "../support/outside"
import { ACME, GLOBEX } from "../support/people"
import { cron, queues } from "../support/queues"
import { DISCORD_WEBHOOK, SLACK_WEBHOOK } from "../support/rooms"
import { rows } from "../support/rows"

const KEYS = (env.SECRETS_KEYS as string).split(",")
const OLD = KEYS.slice(1)

beforeEach(() => {
  queues()
  outside()
})

const store = (orgId: number, discord: string | null, slack: string | null) =>
  rows(
    `INSERT INTO org_preferences (org_id, discord_webhook, slack_webhook, created_at, updated_at) VALUES (?, ?, ?, '', '')`,
    orgId,
    discord,
    slack,
  )
const stored = () =>
  rows<{ org_id: number; discord_webhook: string; slack_webhook: string; updated_at: string }>(
    "SELECT * FROM org_preferences ORDER BY org_id",
  )
const cronWith = async (changes: object) => {
  const ctx = createExecutionContext()
  await worker.scheduled({ scheduledTime: Date.now(), cron: "* * * * *", noRetry() {} }, { ...env, ...changes }, ctx)
  await waitOnExecutionContext(ctx)
}

describe("the cron", () => {
  it("seals what came in plain, and what an older key has sealed; once", async () => {
    await store(ACME, DISCORD_WEBHOOK, await seal(OLD, SLACK_WEBHOOK, { orgId: ACME, column: "slack_webhook" }))
    await store(GLOBEX, null, SLACK_WEBHOOK)
    await cron()
    const after = await stored()
    for (const row of after) {
      for (const [column, webhook] of [
        ["discord_webhook", DISCORD_WEBHOOK],
        ["slack_webhook", SLACK_WEBHOOK],
      ] as const) {
        if (row[column] === null) continue
        expect(row[column]).toMatch(/^v1\.new\./)
        // By the new key alone: the old one may go.
        expect(await unseal(KEYS.slice(0, 1), row[column], { orgId: row.org_id, column })).toBe(webhook)
      }
      expect(row.updated_at).toBe("")
    }
    expect(after[1]?.discord_webhook).toBeNull()
    await cron()
    expect(await stored()).toEqual(after)
  })

  it("does no harm where it runs twice at once", async () => {
    await store(ACME, DISCORD_WEBHOOK, SLACK_WEBHOOK)
    await Promise.all([cron(), cron()])
    const [row] = await stored()
    const place = { orgId: ACME, column: "discord_webhook" }
    expect(await unseal(KEYS, row?.discord_webhook ?? "", place)).toBe(DISCORD_WEBHOOK)
  })

  it("exchanges no webhook that an admin stores meanwhile", async () => {
    await store(ACME, DISCORD_WEBHOOK, null)
    const other = await seal(KEYS, "https://discord.com/api/webhooks/2/other", {
      orgId: ACME,
      column: "discord_webhook",
    })
    const encrypt = crypto.subtle.encrypt.bind(crypto.subtle)
    vi.spyOn(crypto.subtle, "encrypt").mockImplementation(async (...given) => {
      await rows("UPDATE org_preferences SET discord_webhook = ?", other)
      return encrypt(...given)
    })
    await cron()
    expect(await stored()).toMatchObject([{ discord_webhook: other }])
  })

  it("leaves all in plain without a key, and goes on with the rest where one cannot be opened", async () => {
    const tampered = (await seal(OLD, DISCORD_WEBHOOK, { orgId: ACME, column: "discord_webhook" })).slice(0, -8)
    await store(ACME, tampered, null)
    await store(GLOBEX, DISCORD_WEBHOOK, "")
    const before = await stored()
    for (const SECRETS_KEYS of ["", "new:short"]) {
      await cronWith({ SECRETS_KEYS })
      expect(await stored()).toEqual(before)
    }
    await cron()
    expect(await stored()).toMatchObject([
      { discord_webhook: tampered },
      { discord_webhook: expect.stringMatching(/^v1\.new\./), slack_webhook: "" },
    ])
  })

  it("seals 20 of each kind in a minute, and reads no more than that", async () => {
    await rows(
      `INSERT INTO orgs (id, slug, name) SELECT value, 'org' || value, 'Org' FROM json_each(?)`,
      JSON.stringify(Array.from({ length: 500 }, (_, i) => 100 + i)),
    )
    await rows(
      `INSERT INTO org_preferences (org_id, discord_webhook, slack_webhook, created_at, updated_at)
       SELECT id, ?, ?, '', '' FROM orgs WHERE id >= 100`,
      DISCORD_WEBHOOK,
      SLACK_WEBHOOK,
    )
    const { db, spent } = metered(env.DB)
    await cronWith({ DB: db })
    const isSealed = (row: { discord_webhook: string }) => row.discord_webhook.startsWith("v1.new.")
    expect((await stored()).filter(isSealed)).toHaveLength(20)
    expect(spent.rowsRead).toBeLessThan(250)
  })
})

describe("the count of the README", () => {
  const count = async (name: string) => {
    const [sql = ""] = /SELECT count\(\*\) FROM org_preferences[^"]*/.exec(readme) ?? []
    const [found] = await rows(sql.replaceAll("\\\n", "").replaceAll("<old name>", name))
    return found["count(*)"]
  }

  it("counts the webhooks that this key has sealed, and those of no other", async () => {
    const sealedBy = (name: string) => `v1.${name}.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA`
    await store(ACME, sealedBy("a_b"), sealedBy("axb"))
    await store(GLOBEX, sealedBy("A_B"), null)
    expect(await Promise.all(["a_b", "axb", "A_B", "a"].map(count))).toEqual([1, 1, 1, 0])
  })
})
