import { createExecutionContext } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it, vi } from "vitest"
import { depsFrom } from "../../src/compose"
import { commit } from "../../src/db/client"
import { enqueueHeldEmails } from "../../src/delivery/outbox"
import { buildChunk, enqueueChunk } from "../../src/notifications/fan-out"
import { type DecidedAddressee, planDeliveries } from "../../src/notifications/plan"
import { markSent, selectNotification } from "../../src/notifications/queries"
import type { Decisions } from "../../src/preferences/decide"
import { HOUR, MINUTE, NOON } from "../support/clock"
import { newDevice, SUBSCRIPTIONS_PATH } from "../support/devices"
import { fakeFetch } from "../support/fake-fetch"
import { fakeSes } from "../support/fake-ses"
import { ACME, alice, bob } from "../support/people"
import { captureQueues, consume, runCron } from "../support/queues"
import { selectRows } from "../support/select-rows"

const deps = () => depsFrom(env, createExecutionContext())

const INBOX: Decisions["inbox"] = { kind: "deliver", reason: "subscribed" }
const deferred = (until: number): Decisions["email"] => ({
  kind: "defer",
  reason: "subscribed",
  until,
  cause: "quiet_hours",
})

/**
 * Sends a notification of acme to Bob with these decisions. It does what `continueFanOut` does, except that `decide`,
 * which defers nothing yet, is not asked.
 */
async function sendToBob(
  decisions: Omit<DecidedAddressee["decisions"], "inbox">,
  { emailDueAt = null }: { emailDueAt?: number | null } = {},
): Promise<number> {
  const response = await alice.post("/api/notifications/", {
    author: alice.email,
    message: "The sync failed",
    sent_to: "single_user",
    user_email: bob.email,
    org_slug: "acme",
    category: "job_failure",
    scheduled_time: new Date(Date.now() + 1).toISOString(),
  })
  const id = (await response.json<any>()).res.notification_id as number
  await selectRows("UPDATE notifications SET email_due_at = ?", emailDueAt)

  const [notification] = await selectNotification(deps().db, { id })
  if (!notification) throw new Error("not inserted")
  const now = Date.now()
  const people = [{ orgUserId: bob.orgUserId, orgId: ACME, decisions: { inbox: INBOX, ...decisions } }]
  const plan = planDeliveries(people, notification)
  const chunk = buildChunk(
    deps().db,
    { ...notification, after: 0 },
    { plan, others: {}, next: bob.orgUserId, isLast: true, now },
  )
  await commit(deps().db, [markSent(deps().db, { ...notification, now }), ...chunk.statements])
  await enqueueChunk(deps(), { notification, chunk })
  return id
}

const NOW = { kind: "deliver", reason: "subscribed" } as const
const stored = () =>
  selectRows("SELECT channel, recipient_id, status, attempts, reason, due_at, org_id FROM deliveries ORDER BY channel")
const row = (channel: string, dueAt: number) => ({
  channel,
  recipient_id: bob.orgUserId,
  status: "pending",
  attempts: 0,
  reason: "quiet_hours",
  due_at: dueAt,
  org_id: ACME,
})
const traceOf = async (id: number, channel: string) => {
  const { res } = await (await bob.get(`/api/notifications/${id}/trace`)).json<any>()
  const entry = res.find((one: any) => one.channel === channel)
  return { outcome: entry.outcome, reason: entry.reason }
}

let queue: ReturnType<typeof captureQueues>
let mailbox: ReturnType<typeof fakeSes>
beforeEach(() => {
  vi.setSystemTime(NOON)
  queue = captureQueues()
  mailbox = fakeSes()
  fakeFetch(mailbox.handler)
})

describe("a deferred e-mail", () => {
  const until = NOON + 3 * HOUR

  it("waits in a row that is due at its time, and in a queue message with that delay", async () => {
    const id = await sendToBob({ email: deferred(until) })
    expect(await stored()).toEqual([row("email", until)])
    expect(queue.sent).toEqual([
      {
        queue: "dalgo-deliveries",
        body: { channel: "email", notificationId: id, recipientIds: [bob.orgUserId] },
        delaySeconds: (3 * HOUR) / 1_000,
      },
    ])
  })

  it("is not claimed before its time: not by an early message, not for a summary, not by the sweep", async () => {
    const id = await sendToBob({ email: deferred(until) })
    vi.setSystemTime(until - 1)
    queue.sent.length = 0
    await enqueueHeldEmails(deps(), { notificationId: id })
    await runCron()
    expect(queue.sent).toEqual([])
    await consume("dalgo-deliveries", [{ channel: "email", notificationId: id, recipientIds: [bob.orgUserId] }])
    expect(mailbox.mails).toEqual([])
    expect(await stored()).toEqual([row("email", until)])
  })

  it("is sent once at its time, and the trace says when and why, and then that it was sent", async () => {
    const id = await sendToBob({ email: deferred(until) })
    expect(await traceOf(id, "email")).toEqual({
      outcome: "pending",
      reason: "It leaves on Sunday, 3:00 pm UTC, because you have quiet hours until then.",
    })
    vi.setSystemTime(until)
    await queue.drain({ delayed: true })
    await runCron()
    await queue.drain()
    expect(mailbox.mails.map(({ to }) => to)).toEqual([bob.email])
    expect(await traceOf(id, "email")).toEqual({ outcome: "sent", reason: "You are subscribed to Job Failures." })
  })

  it("is found by the sweep if its queue message is lost", async () => {
    await sendToBob({ email: deferred(until) })
    queue.sent.length = 0
    vi.setSystemTime(until)
    await runCron()
    await queue.drain()
    expect(mailbox.mails).toHaveLength(1)
  })

  it("gets no queue message if it waits longer than a message can, and is found by the sweep", async () => {
    const late = NOON + 12 * HOUR + MINUTE
    await sendToBob({ email: deferred(late) })
    expect(queue.sent).toEqual([])
    vi.setSystemTime(late)
    await runCron()
    await queue.drain()
    expect(mailbox.mails).toHaveLength(1)
  })

  it("gets a queue message if it waits 12 hours", async () => {
    await sendToBob({ email: deferred(NOON + 12 * HOUR) })
    expect(queue.sent).toMatchObject([{ delaySeconds: 43_200 }])
  })

  it("also waits for a summary that may come later", async () => {
    await sendToBob({ email: deferred(NOON + MINUTE) }, { emailDueAt: NOON + 5 * MINUTE })
    expect(await stored()).toEqual([row("email", NOON + 5 * MINUTE)])
  })

  it("says why it is sent, not that it waited, if the organisation requires it", async () => {
    const id = await sendToBob({ email: { ...deferred(until), reason: "required_by_organisation" } })
    vi.setSystemTime(until)
    await queue.drain({ delayed: true })
    expect(await traceOf(id, "email")).toEqual({
      outcome: "sent",
      reason: "Your organisation requires e-mail for Job Failures.",
    })
  })

  it("is written once if its chunk is tried twice", async () => {
    await sendToBob({ email: deferred(until) })
    const id = 1
    const [notification] = await selectNotification(deps().db, { id })
    const people = [
      { orgUserId: bob.orgUserId, orgId: ACME, decisions: { inbox: INBOX, email: deferred(until + HOUR) } },
    ]
    const again = buildChunk(
      deps().db,
      { publicationId: notification?.publicationId ?? "", emailDueAt: null, after: 0 },
      { plan: planDeliveries(people, { emailDueAt: null }), others: {}, next: 2, isLast: true, now: NOON },
    )
    await commit(deps().db, again.statements)
    expect(await stored()).toEqual([row("email", until)])
  })
})

describe("a deferred push message", () => {
  it("waits, while the e-mail leaves at once", async () => {
    const phone = await newDevice("https://fcm.googleapis.com/fcm/send/bob")
    expect((await bob.post(SUBSCRIPTIONS_PATH, phone.subscription)).status).toBe(200)
    const pushes: Request[] = []
    fakeFetch(mailbox.handler, (request) => {
      if (!request.url.startsWith("https://fcm.googleapis.com/")) return undefined
      pushes.push(request)
      return new Response(null, { status: 201 })
    })
    const until = NOON + HOUR
    const id = await sendToBob({ email: NOW, push: deferred(until) })
    await queue.drain()
    expect(mailbox.mails).toHaveLength(1)
    await consume("dalgo-deliveries", [{ channel: "push", notificationId: id, recipientIds: [bob.orgUserId] }])
    expect(pushes).toEqual([])
    expect((await stored())[1]).toEqual(row("push", until))
    expect((await traceOf(id, "push")).reason).toBe(
      "It leaves on Sunday, 1:00 pm UTC, because you have quiet hours until then.",
    )

    vi.setSystemTime(until)
    await queue.drain({ delayed: true })
    expect(pushes).toHaveLength(1)
    expect((await traceOf(id, "push")).outcome).toBe("sent")
  })
})
