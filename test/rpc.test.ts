import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it } from "vitest"
import { inboxOf } from "./support/inbox"
import { alice, anonymous, bob, request, tokenFor } from "./support/people"
import { fakeFetch } from "./support/fake-fetch"
import { fakePrefect, RUN_ID } from "./support/fake-prefect"
import { captureQueues } from "./support/queues"
import { selectRows } from "./support/select-rows"

const service = env.NOTIFICATIONS
/** The message of the error of a call. */
const refusalOf = async (call: () => Promise<unknown>) => {
  try {
    await call()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error("it was not refused")
}

let drain: ReturnType<typeof captureQueues>["drain"]
beforeEach(() => {
  drain = captureQueues().drain
})

describe("another Worker", () => {
  it("sends as a server does", async () => {
    const toAcme = { author: "platform", message: "hello", sent_to: "all_org_users" as const, org_slug: "acme" }
    const sent = await service.createNotification({ ...toAcme, category: "incident", urgent: true })
    expect(sent).toMatchObject({ message: "hello", category: "incident", urgent: true, scheduled_time: null })
    expect(await inboxOf(bob)).toMatchObject([{ id: sent.notification_id, message: "hello" }])

    const [one, two] = [
      await service.createNotification(toAcme, { idempotencyKey: "once" }),
      await service.createNotification(toAcme, { idempotencyKey: "once" }),
    ]
    expect(one).toEqual(two)
    expect(
      await refusalOf(() => service.createNotification({ ...toAcme, message: "other" }, { idempotencyKey: "once" })),
    ).toBe("this Idempotency-Key was used with another body")
  })

  it.each(["half \uD83D of one", "cut \0 off"])(
    "gets an error for a text that cannot be stored: %j",
    async (message) => {
      const call = () => service.createNotification({ author: "platform", message, sent_to: "all_users" })
      expect(await refusalOf(call)).toBe("message: half of a character, or the character NUL")
    },
  )

  it("gets an error for invalid input", async () => {
    const wrong = { author: "a", message: "", sent_to: "nobody", colour: "red" } as never
    expect(await refusalOf(() => service.createNotification(wrong))).toMatch(/message: .*sent_to: /)
    const nowhere = { author: "a", message: "m", sent_to: "all_org_users" as const, org_slug: "nowhere" }
    expect(await refusalOf(() => service.createNotification(nowhere))).toBe("organisation not found")
    expect(await refusalOf(() => service.createLateRunNotification({ orgSlug: "acme" } as never))).toMatch(/flowName/)
  })
})

describe("a failure that another Worker reports", () => {
  it("is the same job failure that Prefect's webhook reports", async () => {
    const failure = { flowRunId: RUN_ID, orgSlug: "acme", errorMessage: "dbt run exited with 1" }
    const sent = await service.createJobFailureNotification(failure)
    expect(sent).toMatchObject({
      category: "job_failure",
      urgent: true,
      message: expect.stringContaining("exited with 1"),
    })
    expect(await service.createJobFailureNotification(failure)).toEqual(sent)

    fakeFetch(fakePrefect())
    const body = { body: `Flow run silver-heron with id ${RUN_ID} entered state Failed` }
    await anonymous.post("/webhooks/v1/notification/", body, { "x-notification-key": "webhook-key-new" })
    await drain()
    expect(await inboxOf(bob)).toHaveLength(1)
  })

  it("is a dbt test failure, published once a day", async () => {
    const failure = { testName: "not_null_orders_id", orgSlug: "acme", errorDetails: "Got 3 results, expected 0" }
    await service.createDbtTestFailureNotification(failure)
    await service.createDbtTestFailureNotification(failure)
    expect(await inboxOf(bob)).toMatchObject([
      {
        category: "dbt_test_failure",
        message: expect.stringMatching(
          /^The data did not pass the check not_null_orders_id\.\n.*\nTechnical details: Got 3 results, expected 0$/s,
        ),
        urgent: false,
      },
    ])
    const once = { ...failure, idempotencyKey: "run 7" }
    expect(await service.createDbtTestFailureNotification(once)).toEqual(
      await service.createDbtTestFailureNotification(once),
    )
  })

  it.each([
    [1, "1 minute"],
    [59.6, "1 hour"],
    [90, "1 hour and 30 minutes"],
    [120, "2 hours"],
  ])("is a late run, published once per expected time: %d minutes", async (delayMinutes, words) => {
    const late = { flowName: "Nightly sync", orgSlug: "acme", expectedTime: "2026-06-01T02:30:00+05:30", delayMinutes }
    await service.createLateRunNotification(late)
    await service.createLateRunNotification({ ...late, expectedTime: "2026-05-31T21:00:00Z" })
    expect(await inboxOf(bob)).toMatchObject([
      {
        category: "late_run",
        message: expect.stringMatching(
          new RegExp(
            `^Nightly sync is late\\. It was due on 31 May(?: 2026)?, 9:00 pm UTC and has not started for ${words}\\.\n`,
          ),
        ),
      },
    ])
    await service.createLateRunNotification({ ...late, expectedTime: "2026-06-01T21:00:00Z" })
    expect(await inboxOf(bob)).toHaveLength(2)
  })

  it("is a schema change, whose message lists the first twenty", async () => {
    const changes = Array.from({ length: 25 }, (_, i) => `column c${i} was removed from orders`)
    const { message, category } = await service.createSchemaChangeNotification({
      orgSlug: "acme",
      source: "Kobo",
      changes,
    })
    expect(category).toBe("schema_change")
    expect(message.split("\n")).toHaveLength(23)
    expect(message).toMatch(/^Kobo has changed: .*\n- column c0 .*\n- and 5 more$/s)
  })

  it("is urgent if the organisation chose so", async () => {
    await selectRows(
      `INSERT INTO org_preferences (org_id, urgent_categories, created_at, updated_at) VALUES (1, '["late_run"]', '', '')`,
    )
    const failure = { flowRunId: RUN_ID, orgSlug: "acme", errorMessage: "x" }
    expect(await service.createJobFailureNotification(failure)).toMatchObject({ urgent: false })
  })
})

describe("on behalf of a person, another Worker", () => {
  it("reads and changes preferences", async () => {
    const user = { userId: 2, orgSlug: "acme" }
    const before = await service.getUserNotificationPreferences(user)
    expect(before.late_run_notifications).toBe(true)
    const after = await service.updateUserNotificationPreferences({
      ...user,
      preferences: { late_run_notifications: false },
    })
    expect(after).toEqual({ ...before, late_run_notifications: false })
    expect((await (await bob.get("/api/notifications/preferences")).json<any>()).res).toEqual(after)
    const wrong = { ...user, preferences: { weather_notifications: true } as never }
    expect(await refusalOf(() => service.updateUserNotificationPreferences(wrong))).toMatch(/Unrecognized|weather/)
  })

  it("reads the inbox with the filters of REST, and the urgent bar", async () => {
    await service.createJobFailureNotification({ flowRunId: RUN_ID, orgSlug: "acme", errorMessage: "the heron failed" })
    await service.createDbtTestFailureNotification({ testName: "t", orgSlug: "acme", errorDetails: "d" })
    const byRpc = await service.getFilteredNotifications({
      userId: "2",
      category: ["job_failure"],
      read_status: false,
      urgent_only: true,
      limit: 5,
      q: "heron",
    })
    const token = await tokenFor("2")
    const query = "?category=job_failure&read_status=0&urgent_only=true&limit=5&q=heron"
    const byRest = await request(`/api/notifications/filtered${query}`, {
      headers: { authorization: `Bearer ${token}` },
    })
    expect(byRpc).toEqual(await byRest.json())
    expect(byRpc.res).toHaveLength(1)

    const bar = await service.getUrgentNotificationsForUser({ userId: "2" })
    expect(bar).toMatchObject({ total: 1, res: [{ category: "job_failure" }] })
    expect(await refusalOf(() => service.getFilteredNotifications({ userId: "2", limit: 1_000 }))).toMatch(/limit/)
  })

  it("gets an error for a person who is not a member", async () => {
    expect(await refusalOf(() => service.getUserNotificationPreferences({ userId: "2", orgSlug: "globex" }))).toBe(
      "organisation not found",
    )
    expect(await refusalOf(() => service.getUrgentNotificationsForUser({ userId: "999" }))).toBe("not allowed")
    expect(await inboxOf(alice)).toEqual([])
  })
})
