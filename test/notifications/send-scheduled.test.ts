import { env } from "cloudflare:workers"
import { beforeEach, expect, it, vi } from "vitest"
import { clearMembershipCache } from "../../src/auth/membership"
import { inboxOf, unreadCountOf } from "../support/inbox"
import { alice, bob } from "../support/people"
import { captureQueues, runCron } from "../support/queues"

const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString()
const schedule = async (scheduled_time: string) =>
  (
    await (
      await alice.post("/api/notifications/", {
        author: "alice@acme.test",
        message: "Maintenance tonight",
        sent_to: "all_org_users",
        org_slug: "acme",
        urgent: true,
        scheduled_time,
      })
    ).json<any>()
  ).res
const after = (hours: number) => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + hours * 3_600_000 })
  clearMembershipCache()
}

let sent: ReturnType<typeof captureQueues>["sent"]
beforeEach(() => {
  sent = captureQueues().sent
})

it("hides a scheduled notification until its time, then puts it into every inbox once", async () => {
  expect(await schedule(inHours(2))).toMatchObject({ sent_time: null, scheduled_time: expect.any(String) })
  await runCron()
  expect(await inboxOf(bob)).toEqual([])
  expect(await unreadCountOf(bob)).toBe(0)
  expect((await (await bob.get("/api/notifications/urgent-bar")).json<any>()).res).toEqual([])
  expect(sent).toEqual([])

  after(2)
  await runCron()
  await runCron()
  expect(await inboxOf(bob)).toHaveLength(1)
  expect(await unreadCountOf(bob)).toBe(1)
  expect(sent).toHaveLength(1)
})

it("sends a notification at once if its time has passed", async () => {
  expect(await schedule(inHours(-1))).toMatchObject({ sent_time: expect.any(String) })
  expect(await inboxOf(bob)).toHaveLength(1)
})

it("reads preferences and membership when it is sent, not when it is scheduled", async () => {
  await schedule(inHours(1))
  await bob.put("/api/notifications/preferences", { system_notifications: false })
  await env.DB.prepare(
    "INSERT INTO org_users (id, org_id, user_id, email, role) VALUES (9, 1, '9', 'new@acme.test', 'member')",
  ).run()
  after(1)
  await runCron()
  const { results } = await env.DB.prepare("SELECT org_user_id FROM notification_recipients ORDER BY 1").all()
  expect(results).toEqual([{ org_user_id: 1 }, { org_user_id: 9 }])
})

it("sorts the inbox by the time a notification was sent", async () => {
  const { notification_id: scheduled } = await schedule(inHours(1))
  const { notification_id: between } = await schedule(inHours(-1))
  after(1)
  await runCron()
  expect((await inboxOf(bob)).map((item: any) => item.id)).toEqual([scheduled, between])
})

it("sends the others if one fails, and gives up on that one after a day", async () => {
  const { notification_id: broken } = await schedule(inHours(1))
  const { notification_id: healthy } = await schedule(inHours(2))
  await env.DB.prepare("UPDATE notifications SET audience = '{' WHERE id = ?").bind(broken).run()
  after(2)
  await runCron()
  expect((await inboxOf(bob)).map((item: any) => item.id)).toEqual([healthy])
  const due = () => env.DB.prepare("SELECT due_at FROM notifications WHERE id = ?").bind(broken).first("due_at")
  expect(await due()).toBeGreaterThan(Date.now())
  // One attempt every 5 minutes.
  await env.DB.prepare("UPDATE notifications SET attempts = 286 WHERE id = ?").bind(broken).run()
  after(1)
  await runCron()
  expect(await due()).toBeGreaterThan(Date.now())
  after(1)
  await runCron()
  expect(await due()).toBeNull()
})

it("sends a notification that is days overdue, even after a failed attempt", async () => {
  const { notification_id: late } = await schedule(inHours(1))
  const setAudience = (audience: string) => env.DB.prepare("UPDATE notifications SET audience = ?").bind(audience).run()
  const audience = await env.DB.prepare("SELECT audience FROM notifications").first<string>("audience")
  await setAudience("{")
  after(3 * 24)
  await runCron()
  expect(await inboxOf(bob)).toEqual([])
  await setAudience(audience ?? "")
  after(1)
  await runCron()
  expect((await inboxOf(bob)).map((item: any) => item.id)).toEqual([late])
})
