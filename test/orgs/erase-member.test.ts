import { runDurableObjectAlarm } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it, vi } from "vitest"
import { orgDocs } from "../../src/orgs/docs"
import { DAY, NOON } from "../support/clock"
import { messagesOf } from "../support/inbox"
import { ALICE, BOB, MEMBERS, membersOf, sync, upsert } from "../support/org-members"
import { alice, bob, charlie, dora, server } from "../support/people"
import { captureQueues, runCron } from "../support/queues"
import { selectRows } from "../support/select-rows"
import { acmeBar } from "../support/urgent-bar"

const remove = async (userId: string, query = "?erase=true", path = MEMBERS) => {
  const answer = await server.delete(`${path}/${userId}${query}`)
  return { status: answer.status, body: await answer.json<any>() }
}
const ERASED = { status: 200, body: { success: true, message: "Member erased", done: true } }

const send = async (changes: object) => {
  const body = { author: "Dalgo", message: "m", sent_to: "all_org_users", org_slug: "acme", ...changes }
  const answer = await server.post("/api/notifications/", body)
  expect(answer.status).toBe(200)
  return (await answer.json<any>()).res.notification_id as number
}
const setSender = (id: number, sender: string) =>
  selectRows("UPDATE notifications SET created_by = ? WHERE id = ?", sender, id)
const tomorrow = new Date(NOON + DAY).toISOString()
const messages = async () =>
  (await selectRows("SELECT message FROM notifications ORDER BY id")).map(({ message }) => message)

beforeEach(() => {
  vi.setSystemTime(NOON)
  captureQueues()
})

describe("erasing a member", () => {
  it("leaves nothing of them in the organisation", async () => {
    await server.patch(MEMBERS, [{ ...BOB, name: "Bob Bose" }])
    await server.put("/api/orgs/globex/members", [
      { user_id: "3", email: "charlie@globex.test", role: "admin" },
      { ...BOB, name: "Bob Bose" },
    ])
    const toAll = await send({ message: "to all", author: "BOB@acme.test" })
    await send({ message: "by name", author: "Bob Bose" })
    await send({ message: "by Alice", author: "alice@acme.test" })
    const toBob = await send({ message: "to Bob", sent_to: "single_user", user_email: BOB.email })
    await send({ message: "in globex", org_slug: "globex", author: "bob@acme.test" })
    await send({ message: "to Bob, later", sent_to: "single_user", user_email: BOB.email, scheduled_time: tomorrow })
    await bob.put("/api/notifications/preferences", { email_notifications_enabled: false })
    await bob.put("/api/userpreferences/", { disclaimer_shown: true })
    await selectRows(
      `INSERT INTO push_subscriptions (org_user_id, endpoint, org_id, p256dh, auth, created_at, server_key)
       VALUES (2, 'https://fcm.googleapis.com/fcm/send/bob', 1, 'p', 'a', 1, 'k')`,
    )
    await selectRows(
      `INSERT INTO signal_events (source, body, status, received_at, updated_at) VALUES
       ('mail_event', '{"to":"Bob@acme.test"}', 'processed', 1, 1), ('mail_event', '{"to":"alice@acme.test"}', 'processed', 1, 1),
       ('mail_event', '{"to":"<BOB@acme.test>"}', 'processed', 1, 1), ('mail_event', '{"to":"jbob@acme.test"}', 'processed', 1, 1),
       ('mail_event', '{"to":"bob@acme.test.example"}', 'processed', 1, 1)`,
    )
    await selectRows("INSERT INTO dead_letters VALUES ('1', 'q', '\"bob@acme.test\"', 1), ('2', 'q', '{}', 1)")

    const answer = await remove("2")
    expect(answer).toEqual(ERASED)
    expect(orgDocs["DELETE /api/orgs/:slug/members/:user_id"].response.parse(answer.body)).toBeTruthy()

    expect(await selectRows("SELECT email, name, timezone, role, removed_at FROM org_users WHERE id = 2")).toEqual([
      { email: "", name: null, timezone: null, role: "member", removed_at: NOON },
    ])
    for (const [table, column] of [
      ["notification_recipients", "org_user_id"],
      ["inbox_counters", "org_user_id"],
      ["user_notification_preferences", "org_user_id"],
      ["user_preferences", "orguser_id"],
      ["push_subscriptions", "org_user_id"],
      ["deliveries", "recipient_id"],
    ])
      expect(await selectRows(`SELECT 1 FROM ${table} WHERE ${column} = 2`), table).toEqual([])
    expect(await selectRows("SELECT author, message FROM notifications ORDER BY id")).toEqual([
      { author: "Former member", message: "to all" },
      { author: "Former member", message: "by name" },
      { author: "alice@acme.test", message: "by Alice" },
      { author: "bob@acme.test", message: "in globex" },
    ])
    expect(await selectRows("SELECT body FROM signal_events")).toEqual([
      { body: '{"to":"alice@acme.test"}' },
      { body: '{"to":"jbob@acme.test"}' },
      { body: '{"to":"bob@acme.test.example"}' },
    ])
    expect(await selectRows("SELECT message_id FROM dead_letters")).toEqual([{ message_id: "2" }])
    expect(await selectRows("SELECT * FROM erasures")).toMatchObject([
      { org_user_id: 2, requested_at: NOON, done_at: NOON, address: null, name: null },
    ])
    // Elsewhere nothing changes: Alice's inbox, and Bob in the other organisation.
    expect(await messagesOf(alice)).toEqual(["by Alice", "by name", "to all"])
    const found = await alice.get("/api/notifications/filtered?q=bob@acme.test")
    expect((await found.json<any>()).res).toEqual([])
    expect(await membersOf("globex")).toMatchObject([{}, { ...BOB, name: "Bob Bose" }])
    const { results } = await env.DB.prepare(
      "SELECT org_user_id FROM notification_recipients WHERE notification_id = ?",
    )
      .bind(toAll)
      .all()
    expect(results).toEqual([{ org_user_id: 1 }])
    expect(await selectRows("SELECT rowid FROM notification_search WHERE rowid = ?", toBob)).toEqual([])
  })

  it("also changes what open urgent bars show, at once or by their alarm", async () => {
    await send({ message: "urgent", author: "bob@acme.test", urgent: true })
    const authors = async () =>
      (await (await alice.get("/api/notifications/urgent-bar")).json<any>()).res.map((item: any) => item.author)
    expect(await authors()).toEqual(["bob@acme.test"])
    await remove("2")
    await vi.waitFor(async () => expect(await authors()).toEqual(["Former member"]))

    await selectRows("UPDATE notifications SET author = 'Eve'")
    await acmeBar().itemUpdated({ notificationId: 1 })
    expect(await authors()).toEqual(["Eve"])
    await selectRows("UPDATE notifications SET author = 'Former member'")
    await runDurableObjectAlarm(acmeBar())
    expect(await authors()).toEqual(["Former member"])
  })

  it("does not rename another person with the same name", async () => {
    await server.patch(MEMBERS, [{ ...BOB, name: "Priya Das" }])
    await setSender(await send({ message: "by the other", author: "Priya Das" }), "person:1")
    await setSender(await send({ message: "by Bob", author: "Priya Das" }), "person:2")
    await send({ message: "by a server", author: "Priya Das" })
    await remove("2")
    expect(await selectRows("SELECT author, message FROM notifications ORDER BY id")).toEqual([
      { author: "Priya Das", message: "by the other" },
      { author: "Former member", message: "by Bob" },
      { author: "Former member", message: "by a server" },
    ])
  })

  it("gives the same answer twice, and writes nothing the second time", async () => {
    await send({ message: "to all" })
    expect(await remove("2")).toEqual(ERASED)
    vi.setSystemTime(NOON + DAY)
    expect(await remove("2")).toEqual(ERASED)
    expect(await selectRows("SELECT requested_at, done_at FROM erasures")).toEqual([
      { requested_at: NOON, done_at: NOON },
    ])
  })

  it("also works for a member who was removed before", async () => {
    await send({ message: "to all" })
    expect((await remove("2", "")).status).toBe(200)
    vi.setSystemTime(NOON + DAY)
    expect(await remove("2")).toEqual(ERASED)
    expect(await selectRows("SELECT email, removed_at FROM org_users WHERE id = 2")).toEqual([
      { email: "", removed_at: NOON },
    ])
    expect(await selectRows("SELECT 1 FROM notification_recipients WHERE org_user_id = 2")).toEqual([])
  })

  it("deletes a large inbox in steps, and says so until it is done", async () => {
    await selectRows(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2300)
       INSERT INTO notifications (id, org_id, author, message, created_at, sent_at, publication_id)
       SELECT i, 1, 'Dalgo', 'm', i, i, 'p' || i FROM n`,
    )
    await selectRows(
      `INSERT INTO notification_recipients (org_user_id, is_read, sent_at, notification_id, category, urgent)
       SELECT 2, id % 2, sent_at, id, 'system', 0 FROM notifications`,
    )
    const left = async () => (await selectRows("SELECT count(*) AS n FROM notification_recipients"))[0].n
    expect(await remove("2")).toMatchObject({ status: 200, body: { done: false } })
    expect(await left()).toBe(1_300)
    // A person who has returned keeps what came since.
    vi.setSystemTime(NOON + DAY)
    await upsert([BOB])
    await send({ message: "after the return" })
    await runCron()
    await runCron()
    expect(await messagesOf(bob)).toEqual(["after the return"])
    expect(await selectRows("SELECT done_at IS NOT NULL AS done, address FROM erasures")).toEqual([
      { done: 1, address: null },
    ])
    expect(await selectRows("SELECT total, unread FROM inbox_counters WHERE org_user_id = 2")).toEqual([
      { total: 1, unread: 1 },
    ])
  }, 120_000)

  it("keeps a message that also went to another account with the address", async () => {
    await upsert([{ user_id: "8", email: BOB.email, role: "member" }])
    await send({ message: "to both", sent_to: "single_user", user_email: BOB.email })
    await remove("2")
    expect(await messages()).toEqual(["to both"])
    await remove("8")
    expect(await messages()).toEqual([])
  })

  it("ends their access", async () => {
    expect((await bob.get("/api/notifications/v1")).status).toBe(200)
    await remove("2")
    expect((await bob.get("/api/notifications/v1")).status).toBe(403)
  })

  it.each(["999", "3"])("answers 404 for a person who was never a member: %s", async (userId) => {
    expect(await remove(userId)).toEqual({ status: 404, body: { detail: "member not found" } })
    expect(await selectRows("SELECT * FROM erasures")).toEqual([])
    expect(await remove("2", "?erase=true", "/api/orgs/initech/members")).toMatchObject({ status: 404 })
  })

  it.each(["?erase=yes", "?erase=", "?erase=true&erase=true", "?erase=true&force=true", "?purge=true"])(
    "refuses the query %s",
    async (query) => {
      expect(await remove("2", query)).toMatchObject({
        status: 422,
        body: { detail: [{ loc: ["query", expect.anything()] }] },
      })
      expect(await membersOf()).toMatchObject([ALICE, BOB])
    },
  )

  it("is for platform callers", async () => {
    for (const [who, status] of [
      [alice, 403],
      [charlie, 403],
      [dora, 200],
    ] as const)
      expect((await who.delete(`${MEMBERS}/2?erase=true`)).status).toBe(status)
  })
})

describe("what a removed member has scheduled", () => {
  it.each([
    ["DELETE", () => remove("2", "")],
    ["an erasure", () => remove("2")],
    ["a full sync", () => sync([ALICE])],
  ])("is not sent, after %s", async (_, end) => {
    const log = vi.spyOn(console, "log").mockReturnValue()
    const scheduled = { scheduled_time: tomorrow }
    const byBob = await send({ message: "by Bob", ...scheduled })
    const toAllByBob = await send({ message: "to everybody, by Bob", ...scheduled, sent_to: "all_users" })
    await setSender(byBob, "person:2")
    await setSender(toAllByBob, "person:2")
    await setSender(await send({ message: "by Alice", ...scheduled }), "person:1")
    await setSender(await send({ message: "by a server", ...scheduled }), "service:0123456789ab")
    await setSender(await send({ message: "in globex", org_slug: "globex", ...scheduled }), "person:2")
    await setSender(await send({ message: "sent by Bob" }), "person:2")
    await end()
    expect(await messages()).toEqual(["by Alice", "by a server", "in globex", "sent by Bob"])
    expect(log.mock.calls.map(([line]) => JSON.parse(line)).filter(({ event }) => /cancelled/.test(event))).toEqual([
      {
        level: "info",
        event: "scheduled_notification_cancelled",
        notification_id: byBob,
        org_id: 1,
        reason: "sender_removed",
      },
      {
        level: "info",
        event: "scheduled_notification_cancelled",
        notification_id: toAllByBob,
        reason: "sender_removed",
      },
    ])
  })
})
