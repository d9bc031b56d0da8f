import { applyD1Migrations, reset } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it } from "vitest"
import { encryptSecret } from "../../src/runtime/encrypt-secrets"
import { captureQueues, runCron } from "../support/queues"
import { ACME, alice, bob, statementsOfCast } from "../support/people"

const count = async (from: string) =>
  (await env.DB.prepare(`SELECT count(*) AS n FROM ${from}`).first<{ n: number }>())?.n

/** A database of Dalgo's Django backend: two organisations and four notifications, one of them scheduled. */
async function oldRows() {
  const run = (sql: string) => env.DB.prepare(sql).run()
  await run("INSERT INTO orgs (id, slug, name) VALUES (1, 'acme', 'Acme'), (2, 'globex', 'Globex')")
  await run(`INSERT INTO org_users (id, org_id, user_id, email, role) VALUES
    (1, 1, '1', 'Alice@Acme.test', 'account-manager'), (2, 1, '2', 'bob@acme.test', 'guest'),
    (3, 2, '3', 'charlie@globex.test', 'pipeline-manager'), (4, 2, '4', 'dora@globex.test', 'analyst')`)
  await run(`INSERT INTO user_preferences (id, orguser_id, enable_email_notifications, disclaimer_shown, created_at, updated_at)
    VALUES (1, 1, 1, 1, '2025-01-01T00:00:00Z', '2025-01-02T00:00:00Z'),
           (2, 2, 0, 1, '2025-01-01T00:00:00Z', '2025-03-04T05:06:07.890Z')`)
  await run(`INSERT INTO org_preferences (id, org_id, llm_optin, enable_discord_notifications, discord_webhook, created_at, updated_at)
    VALUES (1, 1, 1, 1, 'https://discord.test/hook', '2025-01-01T00:00:00Z', '2025-01-01T00:00:00Z')`)
  await run(`INSERT INTO notifications (id, author, message, email_subject, timestamp, urgent, scheduled_time, sent_time) VALUES
    (10, 'ops@dalgo.test', 'to acme', NULL, '2025-05-01T10:00:00.123Z', 1, NULL, '2025-05-01T10:00:01.456Z'),
    (11, 'ops@dalgo.test', 'to both', 'Hello', '2025-05-02T10:00:00Z', 0, NULL, '2025-05-02T10:00:00Z'),
    (12, 'ops@dalgo.test', 'to come', NULL, '2025-05-03T10:00:00Z', 1, '2025-06-01T10:00:00Z', NULL),
    (13, 'ops@dalgo.test', 'to nobody', NULL, '2025-05-04T10:00:00Z', 0, NULL, '2025-05-04T10:00:00Z')`)
  await run(`INSERT INTO notification_recipients (id, notification_id, recipient_id, read_status) VALUES
    (1, 10, 1, 0), (2, 10, 2, 1), (3, 11, 1, 0), (4, 11, 2, 0), (5, 11, 3, 0), (6, 11, 4, 1), (7, 12, 1, 0), (8, 12, 2, 0)`)
}

beforeEach(async () => {
  await reset()
  const [shape, ...enhancements] = env.TEST_MIGRATIONS
  if (!shape || enhancements.length === 0) throw new Error("there must be more than one migration")
  await applyD1Migrations(env.DB, [shape])
  await oldRows()
  await applyD1Migrations(env.DB, [shape, ...enhancements])
})

describe("migrating Dalgo's own database", () => {
  it("loses no organisation, person, preference or notification", async () => {
    expect(await count("orgs")).toBe(2)
    expect(await count("org_users")).toBe(4)
    expect(await count("user_preferences")).toBe(2)
    expect(await count("org_preferences WHERE llm_optin = 1")).toBe(1)
    expect(await count("chat_webhooks WHERE enabled = 1 AND webhook = 'https://discord.test/hook'")).toBe(1)
    expect(await count("notifications")).toBe(4)
    expect(await count("notifications WHERE category = 'system'")).toBe(4)
  })

  it("keeps the read status", async () => {
    const { results } = await env.DB.prepare(
      `SELECT notification_id AS id, org_user_id AS who, is_read FROM notification_recipients
       ORDER BY notification_id, org_user_id`,
    ).all()
    expect(results).toEqual([
      { id: 10, who: 1, is_read: 0 },
      { id: 10, who: 2, is_read: 1 },
      { id: 11, who: 1, is_read: 0 },
      { id: 11, who: 2, is_read: 0 },
      { id: 11, who: 3, is_read: 0 },
      { id: 11, who: 4, is_read: 1 },
    ])
    expect(
      await env.DB.prepare("SELECT total, unread, unread_urgent FROM inbox_counters WHERE org_user_id = 1").first(),
    ).toEqual({ total: 2, unread: 2, unread_urgent: 1 })
  })

  it("keeps times to the millisecond, and the organisation of a notification", async () => {
    const row = (id: number) =>
      env.DB.prepare("SELECT org_id, created_at, sent_at FROM notifications WHERE id = ?").bind(id).first()
    expect(await row(10)).toEqual({
      org_id: 1,
      created_at: Date.parse("2025-05-01T10:00:00.123Z"),
      sent_at: Date.parse("2025-05-01T10:00:01.456Z"),
    })
    expect(await row(11)).toMatchObject({ org_id: null })
  })

  it("keeps an email opt-out with its time, and subscribes everyone to all categories", async () => {
    const { results } = await env.DB.prepare("SELECT * FROM user_notification_preferences").all()
    expect(results).toEqual([
      {
        org_user_id: 2,
        category: "all",
        channel: "email",
        enabled: 0,
        reason: null,
        changed_at: Date.parse("2025-03-04T05:06:07.890Z"),
      },
    ])
    const bobs = await (await bob.get("/api/notifications/preferences")).json<any>()
    expect(bobs.res).toMatchObject({ email_notifications_enabled: false, job_failure_notifications: true })
    const alices = await (await alice.get("/api/notifications/preferences")).json<any>()
    expect(alices.res).toMatchObject({ email_notifications_enabled: true })
  })

  it("renames roles and lowercases email addresses", async () => {
    const { results } = await env.DB.prepare("SELECT email, role FROM org_users ORDER BY id").all()
    expect(results).toEqual([
      { email: "alice@acme.test", role: "admin" },
      { email: "bob@acme.test", role: "member" },
      { email: "charlie@globex.test", role: "admin" },
      { email: "dora@globex.test", role: "analyst" },
    ])
  })

  it("sends a scheduled notification to its recipients at its time, and not before", async () => {
    const before = await (await alice.get("/api/notifications/v1")).json<any>()
    expect(before.res.map((item: any) => item.id)).toEqual([11, 10])
    captureQueues()
    await runCron()
    for (const person of [alice, bob]) {
      const after = await (await person.get("/api/notifications/v1")).json<any>()
      expect(after.res[0]).toMatchObject({ id: 12, message: "to come", read_status: false })
    }
    expect(await count("deliveries WHERE notification_id = 12 AND channel = 'email'")).toBe(1)
  })

  it("makes old notifications searchable, and counts them", async () => {
    const found = async (query: string) =>
      (await (await alice.get(`/api/notifications/filtered${query}`)).json<any>()).res.map((item: any) => item.id)
    expect(await found("?q=acme")).toEqual([10])
    expect(await found("?q=to+come")).toEqual([])
    for (const query of [
      "?category=system",
      "?urgent_only=true",
      "?category=incident",
      "?read_status=0&category=system",
    ]) {
      const page = await (await alice.get(`/api/notifications/filtered${query}`)).json<any>()
      expect(page.total_notifications, query).toBe(page.res.length)
    }
  })

  it("never reuses an id", async () => {
    await env.DB.prepare("DELETE FROM notifications WHERE id = 13").run()
    captureQueues()
    const response = await alice.post("/api/notifications/", {
      author: "alice",
      message: "new",
      sent_to: "all_org_users",
      org_slug: "acme",
    })
    expect((await response.json<any>()).res.notification_id).toBeGreaterThan(13)
  })
})

describe("migrating old deliveries", () => {
  it("sets the organisation of each delivery", async () => {
    await reset()
    const at = env.TEST_MIGRATIONS.findIndex(({ name }) => name.includes("given_up"))
    await applyD1Migrations(env.DB, env.TEST_MIGRATIONS.slice(0, at))
    await env.DB.batch([
      env.DB.prepare("INSERT INTO orgs (id, slug, name) VALUES (1, 'acme', 'Acme')"),
      env.DB.prepare(
        `INSERT INTO notifications (id, org_id, author, message, created_at, sent_at, publication_id)
         VALUES (1, 1, 'a', 'to acme', 1, 1, 'one'), (2, NULL, 'a', 'to all', 1, 1, 'two')`,
      ),
      env.DB.prepare(
        `INSERT INTO deliveries (notification_id, channel, recipient_id, status, created_at, updated_at)
         VALUES (1, 'email', 1, 'failed', 1, 1), (1, 'email', 2, 'sent', 1, 1), (2, 'email', 1, 'dead', 1, 1)`,
      ),
    ])
    await applyD1Migrations(env.DB, env.TEST_MIGRATIONS)
    const { results } = await env.DB.prepare("SELECT org_id FROM deliveries ORDER BY 1").all()
    expect(results.map((row) => row.org_id)).toEqual([null, 1, 1])
  })
})

describe("migrating chat webhooks to rows", () => {
  const KEYS = (env.SECRETS_KEYS as string).split(",")
  const AT = "2025-01-01T00:00:00.123Z"
  const LATER = "2025-03-04T05:06:07Z"
  const DISCORD = "https://discord.com/api/webhooks/1/acme"
  const SLACK = "https://hooks.slack.com/services/T1/B1/acme"
  const encrypted = (webhook: string, orgId: number, field: string) => encryptSecret(KEYS, webhook, { orgId, field })

  /** The columns of both products, from enabled to reason. */
  type Old = [enabled: 0 | 1, webhook: string | null, goneAt: number | null, goneReason: string | null]
  const NONE: Old = [0, null, null, null]

  async function migrate(before: Record<number, { discord: Old; slack: Old }>) {
    await reset()
    const at = env.TEST_MIGRATIONS.findIndex(({ name }) => name.includes("chat_webhooks"))
    await applyD1Migrations(env.DB, env.TEST_MIGRATIONS.slice(0, at))
    await env.DB.batch(statementsOfCast())
    for (const [orgId, { discord, slack }] of Object.entries(before)) {
      await env.DB.prepare("INSERT OR IGNORE INTO orgs (id, slug, name) VALUES (?1, 'org' || ?1, 'Org')")
        .bind(orgId)
        .run()
      await env.DB.prepare(
        `INSERT INTO org_preferences (org_id, llm_optin, urgent_categories, created_at, updated_at,
           enable_discord_notifications, discord_webhook, discord_gone_at, discord_gone_reason,
           enable_slack_notifications, slack_webhook, slack_gone_at, slack_gone_reason)
         VALUES (?, 1, '["system"]', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
        .bind(orgId, AT, LATER, ...discord, ...slack)
        .run()
    }
    await env.DB.batch([
      env.DB.prepare(
        `INSERT INTO signal_events (source, body, status, received_at, updated_at, due_at) VALUES
           ('room_gone', '{"orgId":1,"room":"slack"}', 'received', 1, 1, 1),
           ('prefect', '{"room":"of its own"}', 'received', 1, 1, 1)`,
      ),
    ])
    await applyD1Migrations(env.DB, env.TEST_MIGRATIONS)
  }
  const stored = async () =>
    await env.DB.prepare(
      "SELECT org_id, product, enabled, webhook, gone_at, gone_reason FROM chat_webhooks ORDER BY org_id, product",
    ).raw()

  it("keeps every webhook, whether it is enabled, and why it is gone", async () => {
    const discord = await encrypted(DISCORD, 1, "discord_webhook")
    const slack = await encrypted(SLACK, 3, "slack_webhook")
    await migrate({
      1: { discord: [1, discord, null, null], slack: [1, SLACK, null, null] },
      2: { discord: [0, DISCORD, null, null], slack: NONE },
      3: { discord: [0, DISCORD, 7, "the webhook was deleted there"], slack: [0, slack, 8, "its channel is archived"] },
      4: { discord: NONE, slack: NONE },
      5: { discord: [0, "", null, null], slack: [0, "", null, null] },
      6: { discord: [1, null, null, null], slack: [1, "", null, null] },
      7: { discord: NONE, slack: [0, SLACK, null, null] },
    })
    expect(await stored()).toEqual([
      [1, "discord", 1, discord, null, null],
      [1, "slack", 1, SLACK, null, null],
      [2, "discord", 0, DISCORD, null, null],
      [3, "discord", 0, DISCORD, 7, "the webhook was deleted there"],
      [3, "slack", 0, slack, 8, "its channel is archived"],
      [4, "discord", 0, null, null, null],
      [5, "discord", 0, null, null, null],
      [6, "discord", 1, null, null, null],
      [6, "slack", 1, null, null, null],
      [7, "discord", 0, null, null, null],
      [7, "slack", 0, SLACK, null, null],
    ])
    expect(
      await count(`chat_webhooks WHERE created_at <> ${Date.parse(AT)} OR updated_at <> ${Date.parse(LATER)}`),
    ).toBe(0)
    expect(await count(`org_preferences WHERE llm_optin = 1 AND urgent_categories = '["system"]'`)).toBe(7)
    expect((await env.DB.prepare("PRAGMA foreign_key_check").all()).results).toEqual([])
  })

  it("can still decrypt the webhooks, and shows them to their admins", async () => {
    await migrate({
      [ACME]: {
        discord: [1, await encrypted(DISCORD, ACME, "discord_webhook"), null, null],
        slack: [0, await encrypted(SLACK, ACME, "slack_webhook"), 1, "its channel is archived"],
      },
    })
    expect((await (await alice.get("/api/orgpreferences")).json<any>()).res).toEqual({
      org: { name: "Acme", slug: "acme" },
      llm_optin: true,
      enable_discord_notifications: true,
      discord_webhook: "https://discord.com/api/webhooks/…acme",
      enable_slack_notifications: false,
      slack_webhook: "https://hooks.slack.com/services/…acme",
      slack_switched_off: { at: "1970-01-01T00:00:00.001Z", reason: "its channel is archived" },
      urgent_categories: ["system"],
    })
  })

  it("names the product in events about gone webhooks, and changes no other event", async () => {
    await migrate({})
    const { results } = await env.DB.prepare("SELECT body FROM signal_events ORDER BY id").all()
    expect(results).toEqual([{ body: '{"orgId":1,"product":"slack"}' }, { body: '{"room":"of its own"}' }])
  })
})
