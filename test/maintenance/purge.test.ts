import { createExecutionContext, reset } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { afterEach, describe, expect, it, vi } from "vitest"
import { depsFrom } from "../../src/compose"
import { purge } from "../../src/maintenance/purge"
import { configFrom } from "../../src/runtime/config"
import { acmeBar } from "../support/urgent-bar"
import { DAY } from "../support/clock"
import { metered } from "../support/d1-meter"
import { postPrefectWebhook, runStateBody } from "../support/prefect-webhook"
import { insertNotification, jsonRange } from "../support/inbox"
import { fakeFetch } from "../support/fake-fetch"
import { fakePrefect, RUN_ID } from "../support/fake-prefect"
import { ACME, alice, bob, charlie, server } from "../support/people"
import { captureQueues, runCron } from "../support/queues"
import { selectRows } from "../support/select-rows"

const OLD = () => Date.now() - 181 * DAY
const RECENT = () => Date.now() - 179 * DAY
const BOTH = [alice.orgUserId, bob.orgUserId]

/** Runs the purge alone, once. Returns what it cost. */
async function runPurge(changes: object = {}) {
  const { db, spent } = metered((changes as Partial<Env>).DB ?? env.DB)
  await purge(depsFrom({ ...env, ...changes, DB: db }, createExecutionContext()))
  return spent
}

/** Runs the purge until nothing changes any more. */
async function purgeAll(): Promise<void> {
  for (let runs = 1; runs < 200; runs++) {
    const before = await sizes()
    await runPurge()
    await runPurge()
    if (JSON.stringify(await sizes()) === JSON.stringify(before)) return
  }
  throw new Error("the purge does not end")
}

const sizes = () =>
  selectRows(`SELECT (SELECT count(*) FROM notifications) AS notifications, (SELECT count(*) FROM deliveries) AS deliveries,
    (SELECT count(*) FROM notification_recipients) AS inboxes`)

const inboxOf = async (orgUserId: number) =>
  (
    await selectRows(
      "SELECT notification_id AS id FROM notification_recipients WHERE org_user_id = ? ORDER BY 1",
      orgUserId,
    )
  ).map(({ id }) => id)
const idsIn = async (table: string, column = "id") =>
  (await selectRows(`SELECT ${column} AS id FROM ${table} ORDER BY 1`)).map(({ id }) => id)

const read = (id: number, ...who: number[]) =>
  env.DB.prepare(
    "UPDATE notification_recipients SET is_read = 1 WHERE notification_id = ? AND org_user_id IN (SELECT value FROM json_each(?))",
  )
    .bind(id, JSON.stringify(who))
    .run()

async function expectCorrectCounters() {
  const counted = await selectRows(
    `SELECT org_user_id, count(*) AS total, sum(is_read = 0) AS unread, sum(is_read = 0 AND urgent) AS unread_urgent
     FROM notification_recipients GROUP BY org_user_id ORDER BY org_user_id`,
  )
  expect(
    await selectRows(
      "SELECT org_user_id, total, unread, unread_urgent FROM inbox_counters WHERE total > 0 ORDER BY org_user_id",
    ),
  ).toEqual(counted)
  const buckets = await selectRows(
    `SELECT org_user_id, category || ':' || urgent || ':' || is_read AS bucket, count(*) AS number
     FROM notification_recipients GROUP BY 1, 2 ORDER BY 1, 2`,
  )
  expect(
    await selectRows(
      `SELECT org_user_id, counter.key AS bucket, counter.value AS number FROM inbox_counters, json_each(kinds) counter
       WHERE counter.value > 0 ORDER BY 1, 2`,
    ),
  ).toEqual(buckets)
}

const addDelivery = (id: number, to: number, dueAt: number | null = null) =>
  env.DB.prepare(
    `INSERT INTO deliveries (notification_id, channel, recipient_id, status, created_at, updated_at, due_at)
     VALUES (?, 'email', ?, ?, 1, 1, ?)`,
  )
    .bind(id, to, dueAt === null ? "sent" : "pending", dueAt)
    .run()

describe("the purge", () => {
  it("deletes old notifications that are read, and keeps unread and recent ones", async () => {
    await insertNotification({ at: OLD(), to: BOTH, read: true })
    const oldAndUnread = await insertNotification({ at: OLD(), to: BOTH, urgent: true })
    const halfRead = await insertNotification({ at: OLD(), to: BOTH })
    await read(halfRead, alice.orgUserId)
    const recent = await insertNotification({ at: RECENT(), to: BOTH, read: true })
    await runCron()
    await runCron()

    expect(await inboxOf(alice.orgUserId)).toEqual([oldAndUnread, recent])
    expect(await inboxOf(bob.orgUserId)).toEqual([oldAndUnread, halfRead, recent])
    expect(await idsIn("notifications")).toEqual([oldAndUnread, halfRead, recent])
    await expectCorrectCounters()

    await read(halfRead, bob.orgUserId)
    await runCron()
    await runCron()
    expect(await idsIn("notifications")).toEqual([oldAndUnread, recent])
    await expectCorrectCounters()
  })

  it("removes a notification from history and search once everybody has read it", async () => {
    await insertNotification({ message: "the old heron", at: OLD(), to: BOTH, read: true })
    const kept = await insertNotification({ message: "the kept heron", at: OLD(), to: BOTH })
    await read(kept, alice.orgUserId)
    await purgeAll()

    const history = await (await alice.get("/api/notifications/history")).json<any>()
    expect(history.res.map((one: any) => one.message)).toEqual(["the kept heron"])
    expect((await (await alice.get("/api/notifications/v1")).json<any>()).res).toEqual([])
    const found = await (await bob.get("/api/notifications/filtered?q=heron")).json<any>()
    expect(found.res.map((one: any) => one.id)).toEqual([kept])
    expect(
      await selectRows("SELECT rowid FROM notification_search WHERE notification_search MATCH 'her AND ron'"),
    ).toHaveLength(1)
    expect((await alice.get("/api/notifications/1/trace")).status).toBe(404)
  })

  it("deletes deliveries and summaries with their notification, and waits for pending deliveries", async () => {
    const gone = await insertNotification({ at: OLD(), read: true })
    const waiting = await insertNotification({ at: OLD(), read: true })
    const kept = await insertNotification({ at: OLD() })
    for (const id of [gone, waiting, kept]) {
      await addDelivery(id, alice.orgUserId)
      await env.DB.prepare(
        "INSERT INTO summaries (flow_run_id, notification_id, status, created_at, updated_at) VALUES (?, ?, 'completed', 1, 1)",
      )
        .bind(`run ${id}`, id)
        .run()
    }
    await addDelivery(waiting, bob.orgUserId, Date.now() + DAY)
    await purgeAll()

    expect(await idsIn("notifications")).toEqual([waiting, kept])
    expect(await idsIn("deliveries", "notification_id")).toEqual([waiting, kept])
    expect(await idsIn("summaries", "notification_id")).toEqual([kept])
  })

  it("deletes notifications without recipients or across organisations, and keeps unsent ones", async () => {
    await insertNotification({ at: OLD(), to: [] })
    await insertNotification({ at: OLD(), to: [alice.orgUserId, charlie.orgUserId], orgId: null, read: true })
    const held = await insertNotification({ at: OLD(), to: [alice.orgUserId, charlie.orgUserId], orgId: null })
    await read(held, alice.orgUserId)
    const { id: unsent } = (await env.DB.prepare(
      `INSERT INTO notifications (org_id, author, message, created_at, scheduled_at, publication_id, due_at)
       VALUES (?, 'a', 'm', ?, ?, 'p', ?) RETURNING id`,
    )
      .bind(ACME, OLD(), Date.now() + DAY, Date.now() + DAY)
      .first<{ id: number }>()) as { id: number }
    await purgeAll()

    expect(await idsIn("notifications")).toEqual([held, unsent])
    expect(await inboxOf(charlie.orgUserId)).toEqual([held])
  })

  it("keeps the unread notifications of former members", async () => {
    const id = await insertNotification({ at: OLD(), to: BOTH })
    await read(id, alice.orgUserId)
    await server.delete("/api/orgs/acme/members/2")
    await purgeAll()
    expect(await inboxOf(bob.orgUserId)).toEqual([id])
    expect(await idsIn("notifications")).toEqual([id])
  })

  it("does not change an open urgent bar", async () => {
    await insertNotification({ at: OLD(), urgent: true, read: true })
    await insertNotification({ at: OLD(), urgent: true })
    const before = await acmeBar().bar(alice.orgUserId)
    await purgeAll()
    await acmeBar().changed({ orgUserIds: [alice.orgUserId] })
    expect(await acmeBar().bar(alice.orgUserId)).toEqual(before)
    expect(before.total).toBe(1)
  })
})

it("deletes old flow runs and processed events, and keeps failed events", async () => {
  for (const [status, at] of [
    ["processed", OLD()],
    ["ignored", OLD()],
    ["failed", OLD()],
    ["not_understood", OLD()],
    ["processed", RECENT()],
  ] as const) {
    await env.DB.prepare(
      "INSERT INTO signal_events (source, body, status, received_at, updated_at) VALUES ('prefect', '', ?1, ?2, ?2)",
    )
      .bind(status, at)
      .run()
    await env.DB.prepare(
      "INSERT INTO flow_runs (id, org_id, name, state_type, state_name, updated_at) VALUES (?, 1, 'n', '', '', ?)",
    )
      .bind(`${status} ${at}`, at)
      .run()
  }
  await runPurge()
  expect(await idsIn("signal_events", "status")).toEqual(["failed", "not_understood", "processed"])
  expect(await selectRows("SELECT id FROM flow_runs")).toHaveLength(1)
})

it("never publishes an event twice, even after its notification was purged; an Idempotency-Key lasts a day", async () => {
  fakeFetch()
  const { drain } = captureQueues()
  const late = { flowName: "Nightly", orgSlug: "acme", expectedTime: "2026-01-01T00:00:00Z", delayMinutes: 5 }
  await env.NOTIFICATIONS.createLateRunNotification(late)
  const post = () =>
    server.post(
      "/api/notifications/",
      { author: "a", message: "m", sent_to: "all_org_users", org_slug: "acme" },
      { "idempotency-key": "once" },
    )
  await post()
  await env.DB.batch([
    env.DB.prepare("UPDATE notification_recipients SET is_read = 1, sent_at = 1"),
    env.DB.prepare("UPDATE notifications SET created_at = 1, sent_at = 1"),
    env.DB.prepare("UPDATE deliveries SET due_at = NULL, status = 'sent'"),
  ])
  await purgeAll()
  expect(await idsIn("notifications")).toEqual([])

  const again = async () => await env.NOTIFICATIONS.createLateRunNotification(late)
  await expect(again).rejects.toMatchObject({ name: "conflict" })
  expect(await idsIn("notifications")).toEqual([])
  expect(await selectRows("SELECT * FROM deliveries")).toEqual([])
  expect((await post()).status).toBe(200)
  expect(await selectRows("SELECT dedupe_key FROM spent_dedupe_keys")).toHaveLength(1)
  await drain()
})

it("takes a run failure as already published if its notification was purged", async () => {
  fakeFetch(fakePrefect())
  const { drain } = captureQueues()
  await env.DB.prepare("INSERT INTO spent_dedupe_keys VALUES (?)").bind(`prefect:${RUN_ID}:1`).run()
  await postPrefectWebhook(runStateBody("Failed"))
  await drain()
  expect(await selectRows("SELECT status, reason, due_at FROM signal_events")).toEqual([
    { status: "processed", reason: "already_published", due_at: null },
  ])
  expect(await sizes()).toEqual([{ notifications: 0, deliveries: 0, inboxes: 0 }])
  expect(await idsIn("summaries", "notification_id")).toEqual([])
})

describe("a run of the purge", () => {
  it("changes nothing if it runs again", async () => {
    await insertNotification({ at: OLD(), to: BOTH, read: true })
    const kept = await insertNotification({ at: OLD(), to: BOTH })
    await Promise.all([runPurge(), runPurge()])
    await purgeAll()
    const before = await sizes()
    await runPurge()
    expect(await sizes()).toEqual(before)
    expect(await idsIn("notifications")).toEqual([kept])
    await expectCorrectCounters()
  })

  it("continues where an earlier run was interrupted", async () => {
    const id = await insertNotification({ at: OLD(), to: BOTH, read: true })
    await addDelivery(id, alice.orgUserId)
    const batch = env.DB.batch.bind(env.DB)
    const failing = vi.spyOn(env.DB, "batch").mockImplementationOnce(batch)
    failing.mockImplementationOnce(() => Promise.reject(new Error("Network connection lost")))
    await expect(runPurge()).rejects.toThrow("connection lost")
    failing.mockRestore()
    expect(await sizes()).toEqual([{ notifications: 1, deliveries: 1, inboxes: 0 }])

    await purgeAll()
    expect(await sizes()).toEqual([{ notifications: 0, deliveries: 0, inboxes: 0 }])
    await expectCorrectCounters()
  })

  it("does not stop the other tasks of the cron when it fails", async () => {
    const { sent } = captureQueues()
    await addDelivery(await insertNotification({}), alice.orgUserId, 1)
    await env.DB.prepare("DROP TABLE flow_runs").run()
    await runCron()
    expect(sent).toHaveLength(1)
  })

  it("does nothing while an import is running", async () => {
    const id = await insertNotification({ at: OLD(), read: true })
    await env.DB.prepare("UPDATE retention SET paused_until = ?")
      .bind(Date.now() + 60_000)
      .run()
    await purgeAll()
    expect(await idsIn("notifications")).toEqual([id])
  })
})

describe("RETENTION_DAYS", () => {
  const ageInDays = (days: number) => insertNotification({ at: Date.now() - days * DAY, read: true })

  it("sets how long notifications are kept; 0 keeps them for ever", async () => {
    const [older, younger] = [await ageInDays(9), await ageInDays(7)]
    expect(await runPurge({ RETENTION_DAYS: "0" })).toMatchObject({ roundTrips: 0 })
    await runPurge()
    expect(await idsIn("notifications")).toEqual([older, younger])
    await runPurge({ RETENTION_DAYS: "8" })
    expect(await idsIn("notifications")).toEqual([younger])
  })

  it("is 180 by default", () => {
    for (const value of [undefined, "", " 180 "]) {
      expect(configFrom({ RETENTION_DAYS: value } as unknown as Env).RETENTION_DAYS).toBe(180)
    }
  })

  it.each(["x", "-1", "1.5", "1e3", "180 days", "1000000", "NaN"])("cannot be %s", (value) => {
    expect(() => configFrom({ RETENTION_DAYS: value } as unknown as Env).RETENTION_DAYS).toThrow(
      /^RETENTION_DAYS is not usable: it must be a whole number of days, such as 180$/,
    )
  })
})

describe("the cost of a run", () => {
  // Migrating again is faster than deleting 50,000 rows with triggers.
  afterEach(reset)

  const addMembers = (size: number) =>
    env.DB.prepare(
      `INSERT INTO org_users (id, org_id, user_id, email, role)
       SELECT 100 + value, ?, 'm' || value, 'm' || value || '@acme.test', 'member' FROM json_each(?)`,
    )
      .bind(ACME, jsonRange(1, size))
      .run()
  const fill = (orgUserId: number, { size, read: isRead, at }: { size: number; read: boolean; at: number }) =>
    env.DB.batch([
      env.DB.prepare(
        `INSERT INTO notifications (org_id, author, message, created_at, sent_at, publication_id)
         SELECT ?1, 'a', 'm', ?3 + value, ?3 + value, 'p' || value || ?3 FROM json_each(?2)`,
      ).bind(ACME, jsonRange(1, size), at),
      env.DB.prepare(
        `INSERT INTO notification_recipients (org_user_id, is_read, sent_at, notification_id, category, urgent)
         SELECT ?, ?, sent_at, id, category, urgent FROM notifications WHERE sent_at >= ?`,
      ).bind(orgUserId, Number(isRead), at),
    ])

  it("is at most 20 rows if nothing is old", async () => {
    await addMembers(10_000)
    await fill(alice.orgUserId, { size: 10_000, read: true, at: RECENT() })
    const cost = await runPurge()
    expect(cost).toMatchObject({ roundTrips: 1, statements: 6, rowsWritten: 0 })
    expect(cost.rowsRead).toBeLessThanOrEqual(20)
  })

  it("is bounded for 50,000 old rows of one person, and all are deleted", async () => {
    await fill(bob.orgUserId, { size: 50_000, read: true, at: OLD() - DAY })
    for (let runs = 0; runs < 3; runs++) {
      const cost = await runPurge()
      expect(cost).toMatchObject({ roundTrips: 2, statements: 11 })
      expect(cost.rowsRead).toBeLessThanOrEqual(6_000)
      expect(cost.rowsWritten).toBeLessThanOrEqual(4_000)
    }
    expect((await sizes())[0].inboxes).toBe(47_000)
    expect((await sizes())[0].notifications).toBe(50_000 - 60)
    for (let runs = 3; runs < 51; runs++) await runPurge()
    expect(await inboxOf(bob.orgUserId)).toEqual([])
    await expectCorrectCounters()
  })

  it("is small for 50,000 old unread notifications, run after run", async () => {
    await fill(bob.orgUserId, { size: 50_000, read: false, at: OLD() - DAY })
    for (let runs = 0; runs < 5; runs++) {
      const cost = await runPurge()
      expect(cost).toMatchObject({ roundTrips: 2, statements: 11 })
      expect(cost.rowsRead).toBeLessThanOrEqual(500)
      expect(cost.rowsWritten).toBeLessThanOrEqual(50)
    }
    expect(await sizes()).toEqual([{ notifications: 50_000, deliveries: 0, inboxes: 50_000 }])
  })

  it("is bounded for a notification that 10,000 people have read, and it is deleted with its deliveries", async () => {
    await addMembers(10_000)
    const to = JSON.parse(jsonRange(101, 10_100))
    const gone = await insertNotification({ at: OLD(), to, read: true })
    const kept = await insertNotification({ at: OLD(), to: [10_100] })
    await env.DB.prepare(
      `INSERT INTO deliveries (notification_id, channel, recipient_id, status, created_at, updated_at)
       SELECT ?, 'email', value, 'sent', 1, 1 FROM json_each(?)`,
    )
      .bind(gone, JSON.stringify(to))
      .run()
    let max = { rowsRead: 0, rowsWritten: 0 }
    for (let runs = 0; runs < 250; runs++) {
      const cost = await runPurge()
      expect(cost.statements).toBe(11)
      max = {
        rowsRead: Math.max(max.rowsRead, cost.rowsRead),
        rowsWritten: Math.max(max.rowsWritten, cost.rowsWritten),
      }
      if ((await sizes())[0].notifications === 1) break
    }
    expect(max.rowsRead).toBeLessThanOrEqual(6_000)
    expect(max.rowsWritten).toBeLessThanOrEqual(4_000)
    expect(await idsIn("notifications")).toEqual([kept])
    expect(await sizes()).toEqual([{ notifications: 1, deliveries: 0, inboxes: 1 }])
    await expectCorrectCounters()
  })
})
