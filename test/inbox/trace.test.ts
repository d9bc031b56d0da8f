import { beforeEach, describe, expect, it, vi } from "vitest"
import type { SignalMessage } from "../../src/runtime/queue-messages"
import { formatDay } from "../../src/domain/time"
import { clearMembershipCache } from "../../src/auth/membership"
import { toTrace } from "../../src/inbox/trace"
import { MINUTE, NOON } from "../support/clock"
import { postPrefectWebhook, runStateBody } from "../support/prefect-webhook"
import { aiAnswer, fakeAi } from "../support/fake-ai"
import { fakeFetch } from "../support/fake-fetch"
import { fakePrefect } from "../support/fake-prefect"
import { fakeSes } from "../support/fake-ses"
import { ACME, alice, type ApiClient, bob, charlie, server } from "../support/people"
import { captureQueues, consume, runCron } from "../support/queues"
import { selectRows } from "../support/select-rows"

const PREFERENCES = "/api/notifications/preferences"
const send = async () => {
  const body = { author: "a", message: "hello", sent_to: "all_org_users", org_slug: "acme", category: "job_failure" }
  return (await (await alice.post("/api/notifications/", body)).json<any>()).res.notification_id as number
}
const traceOf = async (speaker: ApiClient, id: number) =>
  (await (await speaker.get(`/api/notifications/${id}/trace`)).json<any>()).res.map(
    ({ channel, outcome, reason }: any) => ({ channel, outcome, reason }),
  )

let drain: ReturnType<typeof captureQueues>["drain"]
beforeEach(() => {
  drain = captureQueues().drain
})

const SUBSCRIBED = "You are subscribed to Job Failures."
const today = () => formatDay(Date.now(), { zone: "UTC", now: Date.now() })

describe("a trace", () => {
  it("says how a notification reached its reader", async () => {
    fakeFetch(fakeSes().handler)
    const id = await send()
    const inbox = { channel: "inbox", outcome: "sent", reason: SUBSCRIBED }
    expect(await traceOf(bob, id)).toEqual([inbox, { channel: "email", outcome: "pending", reason: SUBSCRIBED }])
    await drain()
    expect(await traceOf(bob, id)).toEqual([inbox, { channel: "email", outcome: "sent", reason: SUBSCRIBED }])
    await bob.put("/api/notifications/v1", { notification_ids: [id], read_status: true })
    expect(await traceOf(bob, id)).toHaveLength(2)
  })

  it("says what the person turned off, and when", async () => {
    await bob.put(PREFERENCES, { channels: { job_failure: { email: false } } })
    expect(await traceOf(bob, await send())).toEqual([
      { channel: "inbox", outcome: "sent", reason: SUBSCRIBED },
      { channel: "email", outcome: "suppressed", reason: `You turned e-mail off for Job Failures on ${today()}.` },
    ])
    await bob.put(PREFERENCES, { email_notifications_enabled: false, channels: { job_failure: { email: true } } })
    expect((await traceOf(bob, await send()))[1].reason).toBe(`You turned e-mail off on ${today()}.`)
    await bob.put(PREFERENCES, { job_failure_notifications: false })
    expect(await traceOf(bob, await send())).toEqual([
      { channel: "inbox", outcome: "suppressed", reason: `You turned Job Failures off on ${today()}.` },
    ])
  })

  it("says what the organisation requires", async () => {
    await selectRows("INSERT INTO org_notification_policies VALUES (?, 'job_failure', 'email', 'required')", ACME)
    await bob.put(PREFERENCES, { email_notifications_enabled: false })
    expect((await traceOf(bob, await send()))[1]).toEqual({
      channel: "email",
      outcome: "pending",
      reason: "Your organisation requires e-mail for Job Failures.",
    })
  })

  it("says that e-mail is required although the person turned the category off", async () => {
    fakeFetch(fakeSes().handler)
    await selectRows("INSERT INTO org_notification_policies VALUES (?, 'job_failure', 'email', 'required')", ACME)
    await bob.put(PREFERENCES, { job_failure_notifications: false })
    const id = await send()
    const required = "Your organisation requires e-mail for Job Failures."
    const inbox = { channel: "inbox", outcome: "suppressed", reason: `You turned Job Failures off on ${today()}.` }
    for (const outcome of ["pending", "sent"]) {
      const trace = await traceOf(bob, id)
      expect(trace).toHaveLength(2)
      expect(trace).toEqual(expect.arrayContaining([inbox, { channel: "email", outcome, reason: required }]))
      await drain()
    }
  })

  it("tells a member who returned why an e-mail was not sent in between", async () => {
    fakeFetch(fakeSes().handler)
    const id = await send()
    await selectRows("UPDATE org_users SET removed_at = 1 WHERE id = ?", bob.orgUserId)
    await drain()
    await selectRows("UPDATE org_users SET removed_at = NULL WHERE id = ?", bob.orgUserId)
    expect(await traceOf(bob, id)).toContainEqual({
      channel: "email",
      outcome: "suppressed",
      reason: "You were no longer a member of the organisation when it was sent.",
    })
  })

  it("is visible to the recipient only", async () => {
    const id = await send()
    for (const [speaker, status] of [
      [charlie, 404],
      [server, 403],
    ] as const) {
      expect((await speaker.get(`/api/notifications/${id}/trace`)).status).toBe(status)
    }
    const forCharlie = await (await charlie.get(`/api/notifications/${id}/trace`)).json()
    expect(forCharlie).toEqual(await (await charlie.get("/api/notifications/987654/trace")).json())
  })

  it("says why an e-mail is late, and when the next attempt is", async () => {
    vi.setSystemTime(NOON)
    fakeFetch(fakePrefect(), fakeSes(() => new Response(null, { status: 503 })).handler)
    fakeAi({ response: aiAnswer("the sync.") })
    const queue = captureQueues()
    await postPrefectWebhook(runStateBody("Failed"))
    const [event] = queue.sent.splice(0)
    await consume("dalgo-signals", [event?.body as SignalMessage])
    const pending = { channel: "email", outcome: "pending" }
    expect(await traceOf(bob, 1)).toContainEqual({
      ...pending,
      reason: "It waits for a summary of the failure and leaves on Sunday, 12:01 pm UTC at the latest.",
    })

    vi.spyOn(Math, "random").mockReturnValue(0.5)
    vi.setSystemTime(NOON + MINUTE)
    await runCron()
    await queue.drain()
    expect(await traceOf(bob, 1)).toContainEqual({
      ...pending,
      reason: "It could not be sent yet (SES answered 503). The next attempt is on Sunday, 12:01 pm UTC.",
    })
  })

  it("names times in the reader's zone: the person's own, else the organisation's", async () => {
    vi.setSystemTime(NOON)
    fakeFetch(fakePrefect(), fakeSes().handler)
    const queue = captureQueues()
    await server.put("/api/orgs/acme", { name: "Acme", timezone: "Asia/Kolkata" })
    await bob.put(PREFERENCES, { timezone: "Africa/Nairobi" })
    clearMembershipCache()
    await postPrefectWebhook(runStateBody("Failed"))
    await consume("dalgo-signals", [queue.sent.splice(0)[0]?.body as SignalMessage])
    for (const [person, time] of [
      [alice, "5:31 pm IST"],
      [bob, "3:01 pm EAT"],
    ] as const) {
      expect((await traceOf(person, 1))[1].reason).toContain(`leaves on Sunday, ${time} at the latest`)
    }
  })

  it("says why a delivery failed", () => {
    const email = { channel: "email" as const, attempts: 1, since: null, updatedAt: 1, dueAt: null }
    const reasonFor = (status: "failed" | "dead" | "suppressed", reason: string | null) =>
      toTrace(
        {
          category: "incident",
          arrivedAt: 1,
          withheld: null,
          emailDueAt: null,
          skipEmail: false,
          deliveries: [{ ...email, status, reason }],
        },
        { zone: "UTC", now: 1 },
      )[1]?.reason
    expect(reasonFor("failed", "SES answered 400 MessageRejected")).toBe(
      "It could not be delivered: SES answered 400 MessageRejected.",
    )
    expect(reasonFor("dead", null)).toBe("It could not be delivered: unknown.")
    expect(reasonFor("suppressed", "of another time")).toBe("It was not sent: of another time.")
  })
})
