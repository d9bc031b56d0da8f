import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it, vi } from "vitest"
import operations from "../../../docs/operations.md?raw"
import worker from "../../../src/index"
import { decryptWebhook, encryptWebhook } from "../../../src/destinations/chat-webhooks/encrypt"
import { metered } from "../../support/d1-meter"
import { fakeFetch } from "../../support/fake-fetch"
import { ACME, GLOBEX } from "../../support/people"
import { captureQueues, runCron } from "../../support/queues"
import { DISCORD_WEBHOOK, SLACK_WEBHOOK } from "../../support/fake-chat-products"
import { selectRows } from "../../support/select-rows"

const KEYS = (env.SECRETS_KEYS as string).split(",")
const OLD = KEYS.slice(1)

beforeEach(() => {
  captureQueues()
  fakeFetch()
})

type Stored = { org_id: number; product: "discord" | "slack"; webhook: string; updated_at: number }

const store = async (orgId: number, webhooks: { discord?: string; slack?: string }) => {
  for (const [product, webhook] of Object.entries(webhooks)) {
    await selectRows(
      `INSERT INTO chat_webhooks (org_id, product, enabled, webhook, created_at, updated_at) VALUES (?, ?, 0, ?, 0, 7)`,
      orgId,
      product,
      webhook,
    )
  }
}
const stored = () => selectRows<Stored>("SELECT * FROM chat_webhooks ORDER BY org_id, product")
const cronWith = async (changes: object) => {
  const ctx = createExecutionContext()
  await worker.scheduled({ scheduledTime: Date.now(), cron: "* * * * *", noRetry() {} }, { ...env, ...changes }, ctx)
  await waitOnExecutionContext(ctx)
}
const encryptedByOld = (orgId: number, product: "discord" | "slack", webhook: string) =>
  encryptWebhook(OLD, { orgId, product, webhook })

describe("the cron", () => {
  it("encrypts plain webhooks, and those of an older key, once", async () => {
    await store(ACME, { discord: DISCORD_WEBHOOK, slack: await encryptedByOld(ACME, "slack", SLACK_WEBHOOK) })
    await store(GLOBEX, { slack: SLACK_WEBHOOK })
    await runCron()
    const after = await stored()
    expect(after.map(({ org_id, product }) => [org_id, product])).toEqual([
      [ACME, "discord"],
      [ACME, "slack"],
      [GLOBEX, "slack"],
    ])
    for (const { org_id: orgId, product, webhook, updated_at } of after) {
      expect(webhook).toMatch(/^v1\.new\./)
      // With the new key alone, so that the old one can be removed.
      expect(await decryptWebhook(KEYS.slice(0, 1), { orgId, product, webhook })).toBe(
        product === "discord" ? DISCORD_WEBHOOK : SLACK_WEBHOOK,
      )
      expect(updated_at).toBe(7)
    }
    await runCron()
    expect(await stored()).toEqual(after)
  })

  it("leaves a row without a webhook alone", async () => {
    await selectRows(
      "INSERT INTO chat_webhooks (org_id, product, enabled, created_at, updated_at) VALUES (?, 'discord', 1, 0, 7)",
      ACME,
    )
    await runCron()
    expect(await stored()).toMatchObject([{ webhook: null, updated_at: 7 }])
  })

  it("loses nothing when it runs twice at once", async () => {
    await store(ACME, { discord: DISCORD_WEBHOOK, slack: SLACK_WEBHOOK })
    await Promise.all([runCron(), runCron()])
    const [row] = await stored()
    const webhook = row?.webhook ?? ""
    expect(await decryptWebhook(KEYS, { orgId: ACME, product: "discord", webhook })).toBe(DISCORD_WEBHOOK)
  })

  it("replaces no webhook that an admin stores meanwhile", async () => {
    await store(ACME, { discord: DISCORD_WEBHOOK })
    const other = await encryptWebhook(KEYS, {
      orgId: ACME,
      product: "discord",
      webhook: "https://discord.com/api/webhooks/2/other",
    })
    const encrypt = crypto.subtle.encrypt.bind(crypto.subtle)
    vi.spyOn(crypto.subtle, "encrypt").mockImplementation(async (...given) => {
      await selectRows("UPDATE chat_webhooks SET webhook = ?", other)
      return encrypt(...given)
    })
    await runCron()
    expect(await stored()).toMatchObject([{ webhook: other }])
  })

  it("changes nothing without a usable key, and skips a webhook that cannot be decrypted", async () => {
    const tampered = (await encryptedByOld(ACME, "discord", DISCORD_WEBHOOK)).slice(0, -8)
    await store(ACME, { discord: tampered })
    await store(GLOBEX, { discord: DISCORD_WEBHOOK, slack: "" })
    const before = await stored()
    for (const SECRETS_KEYS of ["", "new:short"]) {
      await cronWith({ SECRETS_KEYS })
      expect(await stored()).toEqual(before)
    }
    await runCron()
    expect(await stored()).toMatchObject([
      { webhook: tampered },
      { webhook: expect.stringMatching(/^v1\.new\./) },
      { webhook: "" },
    ])
  })

  it("encrypts 20 webhooks of each product in a minute, and reads no more rows than that takes", async () => {
    await selectRows(
      `INSERT INTO orgs (id, slug, name) SELECT value, 'org' || value, 'Org' FROM json_each(?)`,
      JSON.stringify(Array.from({ length: 500 }, (_, i) => 100 + i)),
    )
    await selectRows(
      `INSERT INTO chat_webhooks (org_id, product, enabled, webhook, created_at, updated_at)
       SELECT o.id, w.key, 0, w.value, 0, 0 FROM orgs o, json_each(?) w WHERE o.id >= 100`,
      JSON.stringify({ discord: DISCORD_WEBHOOK, slack: SLACK_WEBHOOK }),
    )
    const { db, spent } = metered(env.DB)
    await cronWith({ DB: db })
    const encrypted = (await stored()).filter(({ webhook }) => webhook.startsWith("v1.new."))
    for (const product of ["discord", "slack"]) {
      expect(encrypted.filter((row) => row.product === product)).toHaveLength(20)
    }
    expect(spent.rowsRead).toBeLessThan(270)
  })
})

describe("the count of docs/operations.md", () => {
  const count = async (name: string) => {
    const [sql = ""] = /SELECT count\(\*\) FROM chat_webhooks[^"]*/.exec(operations) ?? []
    const [found] = await selectRows(sql.replaceAll("\\\n", "").replaceAll("<old name>", name))
    return found["count(*)"]
  }

  it("counts the webhooks that this key encrypted, and those of no other key", async () => {
    const encryptedBy = (name: string) => `v1.${name}.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA`
    await store(ACME, { discord: encryptedBy("a_b"), slack: encryptedBy("axb") })
    await store(GLOBEX, { discord: encryptedBy("A_B") })
    expect(await Promise.all(["a_b", "axb", "A_B", "a"].map(count))).toEqual([1, 1, 1, 0])
  })
})
