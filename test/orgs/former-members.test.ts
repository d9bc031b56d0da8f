import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it, vi } from "vitest"
import { holdNextAnswer } from "../support/urgent-bar"
import { secondIsolate } from "../support/second-isolate"
import { HOUR, MINUTE, NOON } from "../support/clock"
import { fakeFetch } from "../support/fake-fetch"
import { fakeSes } from "../support/fake-ses"
import { alice, bob, cookieOf, dora, request, server, waitForBackgroundWork } from "../support/people"
import { captureQueues, consume, runCron } from "../support/queues"
import { selectRows } from "../support/select-rows"
import { ALICE, BOB, MEMBERS, sync, upsert } from "../support/org-members"

const INBOX = "/api/notifications/v1"
const say = async (change: object = {}) => {
  const message = { author: "alice", message: "hello", sent_to: "all_org_users", org_slug: "acme", ...change }
  const response = await alice.post("/api/notifications/", message)
  await waitForBackgroundWork()
  return response
}
const statusOf = async (response: Promise<Response>) => (await response).status
const messagesOfBob = async () =>
  (await (await bob.get(INBOX)).json<any>()).res.map((item: { message: string }) => item.message)

/** The two ways to remove a member. */
const WAYS: [string, () => Promise<unknown>][] = [
  ["left out of the list", () => sync([ALICE])],
  ["removed by name", () => server.delete(`${MEMBERS}/2`)],
]

let queue: ReturnType<typeof captureQueues>
beforeEach(() => {
  queue = captureQueues()
})

describe.each(WAYS)("a member who was %s", (_, remove) => {
  it("loses access at once in the same isolate", async () => {
    expect(await statusOf(bob.get(INBOX))).toBe(200)
    await remove()
    expect(await statusOf(bob.get(INBOX))).toBe(403)
    expect(await statusOf(bob.get(INBOX, { "x-dalgo-org": "acme" }))).toBe(404)
    expect(await statusOf(bob.post("/api/notifications/ticket"))).toBe(403)
  })

  it("loses access within 30 seconds in other isolates", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOON })
    const elsewhere = await secondIsolate()
    const headers = await cookieOf(bob.userId)
    expect((await elsewhere(INBOX, { headers })).status).toBe(200)
    await remove()
    expect((await elsewhere(INBOX, { headers })).status).toBe(200)
    vi.setSystemTime(NOON + 30_000)
    expect((await elsewhere(INBOX, { headers })).status).toBe(403)
  })

  it("gets no more notifications", async () => {
    const { mails, handler } = fakeSes()
    fakeFetch(handler)
    await remove()
    await say()
    await server.post("/api/notifications/", { author: "dalgo", message: "to all", sent_to: "all_users" })
    const toBob = await say({ sent_to: "single_user", user_email: bob.email })
    expect(await toBob.json()).toEqual({ detail: "No users found for the given information" })
    await queue.drain()
    expect(await selectRows("SELECT 1 FROM notification_recipients WHERE org_user_id = 2")).toEqual([])
    expect(await selectRows("SELECT 1 FROM deliveries WHERE recipient_id = 2")).toEqual([])
    expect(mails.map((mail) => mail.to)).not.toContain(bob.email)
    expect(mails.map((mail) => mail.to)).toContain(alice.email)
  })

  it("gets no queued mail, and the delivery has the reason", async () => {
    const { mails, handler } = fakeSes()
    fakeFetch(handler)
    await say()
    await remove()
    await queue.drain()
    expect(mails.map((mail) => mail.to)).toEqual([alice.email])
    expect(await selectRows("SELECT status, reason, due_at FROM deliveries WHERE recipient_id = 2")).toEqual([
      { status: "suppressed", reason: "not_a_member", due_at: null },
    ])
  })

  it("gets no retried mail", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOON })
    const { mails, handler } = fakeSes((to) => (to === bob.email ? new Response("later", { status: 500 }) : undefined))
    fakeFetch(handler)
    await say()
    await queue.drain()
    expect(await selectRows("SELECT status FROM deliveries WHERE recipient_id = 2")).toEqual([{ status: "pending" }])
    await remove()
    vi.setSystemTime(NOON + HOUR)
    await runCron()
    await queue.drain()
    expect(mails.map((mail) => mail.to)).toEqual([alice.email])
    expect(await selectRows("SELECT status, attempts FROM deliveries WHERE recipient_id = 2")).toEqual([
      { status: "suppressed", attempts: 2 },
    ])
  })

  it("gets no notification that was scheduled before", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOON })
    await say({ scheduled_time: new Date(NOON + MINUTE).toISOString() })
    await remove()
    vi.setSystemTime(NOON + MINUTE)
    await runCron()
    expect(await selectRows("SELECT org_user_id FROM notification_recipients")).toEqual([{ org_user_id: 1 }])
  })

  it("gets the old inbox and preferences back on return, and nothing from the time between", async () => {
    await say({ message: "before" })
    await bob.put("/api/notifications/preferences", { late_run_notifications: false })
    await remove()
    await say({ message: "between" })
    await upsert([BOB])
    await say({ message: "after" })
    expect(await messagesOfBob()).toEqual(["after", "before"])
    const preferences = await (await bob.get("/api/notifications/preferences")).json<any>()
    expect(preferences.res).toMatchObject({ late_run_notifications: false, incident_notifications: true })
  })
})

it("skips members who are removed during a fan-out", async () => {
  const crowd = Array.from({ length: 10_000 }, (_, i) => 100 + i)
  await env.DB.prepare(
    `INSERT INTO org_users (id, org_id, user_id, email, role)
     SELECT value, 1, value, 'p' || value || '@acme.test', 'member' FROM json_each(?)`,
  )
    .bind(JSON.stringify(crowd))
    .run()
  await say()
  expect(queue.sent.map(({ body }) => body)).toContainEqual({ kind: "fan_out", notificationId: 1 })
  // The last two of 10,002 people are in the second batch.
  expect(await statusOf(server.delete(`${MEMBERS}/10099`))).toBe(200)
  await consume("dalgo-signals", [{ kind: "fan_out", notificationId: 1 }])
  const reached = await selectRows("SELECT org_user_id AS id FROM notification_recipients WHERE org_user_id >= 10098")
  expect(reached).toEqual([{ id: 10_098 }])
})

it("gives access at once in the same isolate after a rejection", async () => {
  await sync([ALICE])
  expect(await statusOf(bob.get(INBOX))).toBe(403)
  await upsert([BOB])
  expect(await statusOf(bob.get(INBOX))).toBe(200)
})

it("applies a new role at once in the same isolate", async () => {
  expect(await statusOf(say())).toBe(200)
  await upsert([{ ...ALICE, role: "member" }])
  expect(await statusOf(say())).toBe(403)
  await upsert([{ ...ALICE, role: "account-manager" }])
  expect(await statusOf(say())).toBe(200)
})

it("is not undone by a read that started before the removal and ended after it", async () => {
  const headers = await cookieOf(bob.userId)
  const answer = holdNextAnswer()
  const asking = request(INBOX, { headers })
  await answer.asked()
  await server.delete(`${MEMBERS}/2`)
  answer.give()
  expect((await asking).status).toBe(200)
  expect(await statusOf(bob.get(INBOX))).toBe(403)
})

describe("what a removed person scheduled", () => {
  const inOneHour = () => new Date(NOON + HOUR).toISOString()
  const scheduled = () => ({ author: "a", message: "later", scheduled_time: inOneHour(), sent_to: "all_org_users" })
  const sentAfterAnHour = async () => {
    vi.setSystemTime(NOON + HOUR)
    await runCron()
    await queue.drain()
    return selectRows("SELECT message, sent_at FROM notifications")
  }

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOON })
  })

  it("is not sent, also if another isolate took it after the removal", async () => {
    const elsewhere = await secondIsolate()
    const headers = { ...(await cookieOf(alice.userId)), "content-type": "application/json" }
    expect((await elsewhere(INBOX, { headers })).status).toBe(200)
    await sync([BOB])
    const body = JSON.stringify({ ...scheduled(), org_slug: "acme" })
    expect((await elsewhere("/api/notifications/", { method: "POST", headers, body })).status).toBe(200)
    expect(await sentAfterAnHour()).toEqual([])
  })

  it("is not sent to an organisation that was never theirs", async () => {
    expect((await dora.post("/api/notifications/", { ...scheduled(), org_slug: "acme" })).status).toBe(200)
    await server.delete(`/api/orgs/dalgo/members/${dora.userId}`)
    expect(await sentAfterAnHour()).toEqual([])
  })

  it("is sent if they are still there, and so is what servers scheduled", async () => {
    for (const [sender, slug] of [
      [alice, "acme"],
      [dora, "acme"],
      [server, "globex"],
    ] as const) {
      expect((await sender.post("/api/notifications/", { ...scheduled(), org_slug: slug })).status).toBe(200)
    }
    const sent = { message: "later", sent_at: NOON + HOUR }
    expect(await sentAfterAnHour()).toEqual([sent, sent, sent])
  })
})
