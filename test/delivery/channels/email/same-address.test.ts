import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it, vi } from "vitest"
import type { DeliveryMessage } from "../../../../src/runtime/queue-messages"
import { DAY, HOUR, MINUTE, NOON } from "../../../support/clock"
import { fakeFetch } from "../../../support/fake-fetch"
import { fakeSes } from "../../../support/fake-ses"
import { ACME, bob, eve, GLOBEX, insertEve, request, server, userClient } from "../../../support/people"
import { captureQueues, consume, runCron } from "../../../support/queues"
import { selectRows } from "../../../support/select-rows"

const EVE = "eve@acme.test"
const IN_ACME = 6
const IN_GLOBEX = 7

let queue: ReturnType<typeof captureQueues>

beforeEach(async () => {
  vi.setSystemTime(NOON)
  queue = captureQueues()
  await insertEve({ acme: "member", globex: "member" })
})

function useSes(fail?: (to: string) => Response | undefined) {
  const provider = fakeSes(fail)
  fakeFetch(provider.handler)
  return provider
}
const rejected = () => new Response(null, { status: 400, headers: { "x-amzn-errortype": "MessageRejected" } })
const busy = () => new Response(null, { status: 503 })

const NEWS = { author: "Dora", message: "Dalgo is down on Friday", category: "incident" }
async function publish(changes: object = { sent_to: "single_user", user_email: EVE }): Promise<number> {
  const answer = await server.post("/api/notifications/", { ...NEWS, ...changes })
  const { res } = await answer.json<{ res: { notification_id: number } }>()
  return res.notification_id
}

const emails = () =>
  selectRows(
    "SELECT recipient_id, status, reason FROM deliveries WHERE channel = 'email' AND recipient_id IN (6, 7) ORDER BY 1",
  )
const emailRow = (recipient_id: number, status: string, reason: string | null = null) => ({
  recipient_id,
  status,
  reason,
})
const ONCE = [emailRow(IN_ACME, "sent"), emailRow(IN_GLOBEX, "suppressed", "same_address")]
const toEve = ({ mails }: ReturnType<typeof useSes>) => mails.filter(({ to }) => to === EVE)

const traceIn = async (slug: string, id: number) => {
  const answer = await eve.get(`/api/notifications/${id}/trace`, { "x-dalgo-org": slug })
  const { res } = await answer.json<{ res: { channel: string; outcome: string; reason: string }[] }>()
  return res.find(({ channel }) => channel === "email")
}

async function sweep(afterMs: number) {
  vi.setSystemTime(Date.now() + afterMs)
  await runCron()
  await queue.drain()
}

describe("a person of two organisations", () => {
  it.each([
    ["one person", { sent_to: "single_user", user_email: EVE }],
    ["all users", { sent_to: "all_users" }],
  ])("gets one e-mail of a notification to %s, which names both", async (_, changes) => {
    const provider = useSes()
    await publish(changes)
    await queue.drain()
    const [mail, ...others] = toEve(provider)
    expect(others).toEqual([])
    expect(mail?.subject).toBe("[Acme, Globex] Incident Notifications: Dalgo is down on Fri…")
    expect(mail?.text).toContain("Incident · Acme and Globex")
    expect(mail?.text).toContain("Dalgo sent this for Acme and Globex.")
    expect(mail?.html).toContain("Acme and Globex")
    expect(await emails()).toEqual(ONCE)
    await sweep(DAY)
    expect(toEve(provider)).toHaveLength(1)
  })

  it("gets it in both inboxes, and the trace of each says how it was e-mailed", async () => {
    useSes()
    const id = await publish()
    await queue.drain()
    expect(await traceIn("acme", id)).toMatchObject({
      outcome: "sent",
      reason: "You are subscribed to Incident Notifications.",
    })
    expect(await traceIn("globex", id)).toMatchObject({
      outcome: "suppressed",
      reason: "It was e-mailed to you once, with Acme.",
    })
  })

  it("gets one e-mail of each notification to one organisation", async () => {
    const provider = useSes()
    for (const org_slug of ["acme", "globex"]) await publish({ sent_to: "all_org_users", org_slug })
    await queue.drain()
    expect(toEve(provider).map(({ subject }) => subject.slice(0, 9))).toEqual(["[Acme] In", "[Globex] "])
  })

  it.each([
    ["a person with another user id", "UPDATE org_users SET user_id = '66' WHERE id = 7"],
    [
      "a person of three organisations",
      "INSERT INTO org_users (id, org_id, user_id, email, role) VALUES (8, 3, '6', 'eve@acme.test', 'member')",
    ],
  ])("gets one e-mail, as does %s", async (_, sql) => {
    await env.DB.exec(sql)
    const provider = useSes()
    await publish()
    await queue.drain()
    expect(toEve(provider)).toHaveLength(1)
  })

  it("gets an e-mail that names only the organisations in which it is to be e-mailed", async () => {
    const provider = useSes()
    const inGlobex = { "x-dalgo-org": "globex" }
    await eve.put("/api/notifications/preferences", { email_notifications_enabled: false }, inGlobex)
    await publish()
    await queue.drain()
    expect(toEve(provider).map(({ text }) => text)).toEqual([expect.stringContaining("Dalgo sent this for Acme.")])
    expect(await emails()).toEqual([emailRow(IN_ACME, "sent")])

    await env.DB.prepare("INSERT INTO org_notification_policies VALUES (?, 'incident', 'email', 'required')")
      .bind(GLOBEX)
      .run()
    await env.DB.prepare("INSERT INTO org_notification_policies VALUES (?, 'incident', 'email', 'off')")
      .bind(ACME)
      .run()
    await publish()
    await queue.drain()
    expect(toEve(provider)[1]?.text).toContain("Dalgo sent this for Globex.")
    expect(toEve(provider)).toHaveLength(2)
  })

  it.each([
    ["the first", IN_ACME, "Globex"],
    ["the second", IN_GLOBEX, "Acme"],
  ])("gets the e-mail for the other one if they leave %s before it is sent", async (_, removed, remaining) => {
    const provider = useSes()
    await publish()
    await env.DB.prepare("UPDATE org_users SET removed_at = 1 WHERE id = ?").bind(removed).run()
    await queue.drain()
    expect(toEve(provider).map(({ subject }) => subject)).toEqual([expect.stringContaining(`[${remaining}] `)])
    const reasons = new Map(
      (await emails()).map(({ recipient_id, status, reason }) => [recipient_id, [status, reason]]),
    )
    expect(reasons.get(removed)).toEqual(["suppressed", "not_a_member"])
    expect(reasons.get(IN_ACME + IN_GLOBEX - removed)).toEqual(["sent", null])
  })

  it("gets none if a bounce came in between, and one if it came for one of them", async () => {
    const provider = useSes()
    const optOut = (id: number) =>
      selectRows("INSERT INTO user_notification_preferences VALUES (?, 'all', 'email', 0, 1, 'bounced')", id)
    await publish()
    await optOut(IN_ACME)
    await queue.drain()
    expect(toEve(provider).map(({ subject }) => subject)).toEqual([expect.stringContaining("[Globex] ")])
    expect(await emails()).toEqual([emailRow(IN_ACME, "suppressed", "email_bounced"), emailRow(IN_GLOBEX, "sent")])
  })

  it("gets one e-mail if the rows are named by two messages, in any order, at once, or twice", async () => {
    const provider = useSes()
    const messages = async (): Promise<DeliveryMessage[]> => {
      const notificationId = await publish()
      queue.sent.splice(0)
      return [IN_ACME, IN_GLOBEX].map((id) => ({ channel: "email", notificationId, recipientIds: [id] }))
    }
    const deliver = (message: DeliveryMessage) => consume("dalgo-deliveries", [message])
    for (const message of await messages()) await deliver(message)
    for (const message of (await messages()).toReversed()) await deliver(message)
    await Promise.all((await messages()).flatMap((message) => [deliver(message), deliver(message)]))
    await sweep(DAY)
    expect(toEve(provider)).toHaveLength(3)
    for (const { subject } of toEve(provider)) expect(subject).toContain("[Acme, Globex]")
  })

  it("gets one e-mail for both after attempts that failed, and one after a crash without a record", async () => {
    let failing = true
    const provider = useSes(() => (failing ? busy() : undefined))
    await publish()
    await queue.drain()
    expect((await emails()).map(({ status }) => status)).toEqual(["pending", "pending"])
    failing = false
    await sweep(10 * MINUTE)
    expect(toEve(provider)).toHaveLength(1)
    expect(toEve(provider)[0]?.subject).toContain("[Acme, Globex]")

    await publish()
    queue.sent.splice(0)
    await selectRows(
      "UPDATE deliveries SET status = 'sending', attempts = 1, due_at = ? WHERE status = 'pending'",
      Date.now(),
    )
    await sweep(MINUTE)
    expect(toEve(provider)).toHaveLength(2)
    expect(toEve(provider)[1]?.subject).toContain("[Acme, Globex]")
  })

  it("gets one e-mail for both when an admin sends one of the failed ones again", async () => {
    let failing = true
    const provider = useSes(() => (failing ? rejected() : undefined))
    const id = await publish()
    await queue.drain()
    expect((await emails()).map(({ status }) => status)).toEqual(["failed", "failed"])
    failing = false
    const resend = (member: number) => server.post(`/api/notifications/deliveries/${id}-email-${member}/resend`)
    expect((await resend(IN_GLOBEX)).status).toBe(200)
    await queue.drain()
    expect(toEve(provider)).toHaveLength(1)
    expect(toEve(provider)[0]?.subject).toContain("[Acme, Globex]")
    expect((await resend(IN_ACME)).status).toBe(400)
    expect(await emails()).toEqual(ONCE)
  })

  it("gets one e-mail when the first of a deferred one and one that leaves at once is due", async () => {
    const provider = useSes()
    await publish()
    queue.sent.splice(0)
    await env.DB.prepare("UPDATE deliveries SET reason = 'quiet_hours', due_at = ? WHERE recipient_id = ?")
      .bind(NOON + HOUR, IN_ACME)
      .run()
    await sweep(2 * MINUTE)
    await sweep(DAY)
    expect(toEve(provider).map(({ subject }) => subject)).toEqual([expect.stringContaining("[Acme, Globex]")])
  })

  it("waits with the e-mail while the fan-out has not reached the other membership", async () => {
    const provider = useSes()
    const id = await publish()
    const [message] = queue.sent.splice(0)
    // As after the first chunk: Globex is not decided upon yet.
    await env.DB.prepare("DELETE FROM deliveries WHERE recipient_id = ?").bind(IN_GLOBEX).run()
    const setFanOut = (dueAt: number | null) =>
      env.DB.prepare("UPDATE notifications SET fan_out_after = ?, due_at = ? WHERE id = ?")
        .bind(IN_ACME, dueAt, id)
        .run()
    await setFanOut(NOON + HOUR)
    await consume("dalgo-deliveries", [{ ...(message?.body as DeliveryMessage), recipientIds: [IN_ACME] }])
    expect(toEve(provider)).toEqual([])
    expect(await emails()).toEqual([emailRow(IN_ACME, "pending", "other_organisations")])
    expect((await traceIn("acme", id))?.reason).toBe(
      "It leaves on Sunday, 12:01 pm UTC, because one e-mail goes to you for all your organisations.",
    )
    await setFanOut(null)
    await sweep(2 * MINUTE)
    expect(toEve(provider)).toHaveLength(1)
  })

  it("turns the category's e-mail off in both by the link of the e-mail", async () => {
    const provider = useSes()
    await publish()
    await queue.drain()
    const link = toEve(provider)[0]?.headers["List-Unsubscribe"]?.slice(1, -1) ?? ""
    expect(link.length).toBeLessThan(800)
    const { pathname, search } = new URL(link)
    expect((await request(pathname + search, { method: "POST" })).status).toBe(200)
    await publish()
    await queue.drain()
    expect(toEve(provider)).toHaveLength(1)
    expect(
      await selectRows("SELECT org_user_id, category, channel, enabled FROM user_notification_preferences ORDER BY 1"),
    ).toEqual(
      [IN_ACME, IN_GLOBEX].map((org_user_id) => ({ org_user_id, category: "incident", channel: "email", enabled: 0 })),
    )
  })

  it("does not learn of the other's organisations by the address of somebody else", async () => {
    useSes()
    const id = await publish()
    await queue.drain()
    expect((await bob.get(`/api/notifications/${id}/trace`)).status).toBe(404)
    expect((await userClient("3").get(`/api/notifications/${id}/trace`)).status).toBe(404)
  })
})
