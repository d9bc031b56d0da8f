import { beforeEach, describe, expect, it, vi } from "vitest"
import { DAY, NOON } from "../support/clock"
import { postPrefectWebhook, runId, runStateBody } from "../support/prefect-webhook"
import { aiAnswer, fakeAi } from "../support/fake-ai"
import { failedRun, fakePrefect } from "../support/fake-prefect"
import { fakeFetch } from "../support/fake-fetch"
import { fakeSes } from "../support/fake-ses"
import { inboxOf, unreadCountOf, urgentBarOf } from "../support/inbox"
import { ACME, alice, type ApiClient, bob, server } from "../support/people"
import { captureQueues, runCron } from "../support/queues"
import { selectRows } from "../support/select-rows"

const NEXT_DAY = NOON + DAY

let mailbox: ReturnType<typeof fakeSes>
let drain: ReturnType<typeof captureQueues>["drain"]

beforeEach(() => {
  vi.setSystemTime(NOON)
  mailbox = fakeSes()
  fakeFetch(fakePrefect({ run: (id) => failedRun({ id }) }), mailbox.handler)
  fakeAi({ response: aiAnswer("the sync.") })
  ;({ drain } = captureQueues())
})

/** Reports one more run failure of acme. Returns the addresses that got an e-mail. */
async function mailedAfterFailure(n: number): Promise<string[]> {
  mailbox.mails.length = 0
  await postPrefectWebhook(runStateBody("Failed", runId(n)))
  await drain()
  return mailbox.mails.map((mail) => mail.to).sort()
}

const change = (person: ApiClient, part: object) => person.put("/api/notifications/preferences", part)
const barTotalOf = async (person: ApiClient) => (await urgentBarOf(person)).total

const suppressed = () =>
  selectRows(
    "SELECT recipient_id, channel, reason, since FROM deliveries WHERE status = 'suppressed' ORDER BY recipient_id",
  )
const withheldOf = async (person: { orgUserId: number }) => {
  const [row] = await selectRows<{ withheld: string | null }>(
    "SELECT withheld FROM notification_recipients WHERE org_user_id = ? ORDER BY sent_at DESC",
    person.orgUserId,
  )
  return row?.withheld && JSON.parse(row.withheld)
}
const addPolicy = (category: string, channel: string, policy: string) =>
  selectRows(
    "INSERT INTO org_notification_policies (org_id, category, channel, policy) VALUES (?, ?, ?, ?)",
    ACME,
    category,
    channel,
    policy,
  )

describe("a category that is off", () => {
  it("delivers nothing more and keeps earlier notifications", async () => {
    expect(await mailedAfterFailure(1)).toEqual([alice.email, bob.email])
    await change(bob, { job_failure_notifications: false })
    vi.setSystemTime(NEXT_DAY)
    expect(await mailedAfterFailure(2)).toEqual([alice.email])

    expect(await inboxOf(alice)).toHaveLength(2)
    expect(await inboxOf(bob)).toHaveLength(1)
    expect([await barTotalOf(alice), await barTotalOf(bob)]).toEqual([2, 1])
    expect([await unreadCountOf(alice), await unreadCountOf(bob)]).toEqual([2, 1])
  })

  it("leaves a row with the reason and the time of the switch", async () => {
    await change(bob, { job_failure_notifications: false })
    vi.setSystemTime(NEXT_DAY)
    await mailedAfterFailure(1)
    expect(await suppressed()).toEqual([
      { recipient_id: bob.orgUserId, channel: "inbox", reason: "category_off", since: NOON },
    ])
    expect(await withheldOf(alice)).toBeNull()
  })

  it("does not affect other categories", async () => {
    await change(bob, { incident_notifications: false, system_notifications: false })
    expect(await mailedAfterFailure(1)).toEqual([alice.email, bob.email])
  })

  it("delivers again once it is on again", async () => {
    await change(bob, { job_failure_notifications: false })
    await mailedAfterFailure(1)
    await change(bob, { job_failure_notifications: true })
    expect(await mailedAfterFailure(2)).toEqual([alice.email, bob.email])
    expect(await inboxOf(bob)).toHaveLength(1)
  })

  it("still stores the notification and the reasons if everybody turned it off", async () => {
    for (const person of [alice, bob]) await change(person, { job_failure_notifications: false })
    expect(await mailedAfterFailure(1)).toEqual([])
    expect(await selectRows("SELECT category FROM notifications")).toEqual([{ category: "job_failure" }])
    expect((await suppressed()).map((row) => row.recipient_id)).toEqual([alice.orgUserId, bob.orgUserId])
  })
})

describe("e-mail that is off", () => {
  it.each([
    ["for the category", { channels: { job_failure: { email: false } } }, "channel_off_for_category"],
    ["for all categories", { email_notifications_enabled: false }, "email_off"],
  ])("leaves inbox and bar on and stores the reason: %s", async (_, part, reason) => {
    await change(bob, part)
    vi.setSystemTime(NEXT_DAY)
    expect(await mailedAfterFailure(1)).toEqual([alice.email])
    expect(await inboxOf(bob)).toHaveLength(1)
    expect(await barTotalOf(bob)).toBe(1)
    expect(await withheldOf(bob)).toEqual({ email: { reason, since: NOON } })
    expect(await selectRows("SELECT recipient_id FROM deliveries")).toEqual([{ recipient_id: alice.orgUserId }])
  })

  it("stores the category as the reason if both are off", async () => {
    await change(bob, { email_notifications_enabled: false, channels: { job_failure: { email: false } } })
    await mailedAfterFailure(1)
    expect(await withheldOf(bob)).toEqual({ email: { reason: "channel_off_for_category", since: NOON } })
  })
})

describe("a policy of the organisation", () => {
  it("delivers a required channel, whatever the person set", async () => {
    await addPolicy("job_failure", "email", "required")
    await addPolicy("job_failure", "inbox", "required")
    await change(bob, { job_failure_notifications: false, email_notifications_enabled: false })
    expect(await mailedAfterFailure(1)).toEqual([alice.email, bob.email])
    expect(await inboxOf(bob)).toHaveLength(1)
  })

  it("suppresses a channel that is off and stores the reason", async () => {
    await addPolicy("all", "email", "off")
    expect(await mailedAfterFailure(1)).toEqual([])
    expect(await inboxOf(alice)).toHaveLength(1)
    expect(await withheldOf(alice)).toEqual({ email: { reason: "off_by_organisation" } })
  })

  it("suppresses a channel that is off by default, except for people who turned it on", async () => {
    await addPolicy("job_failure", "email", "default_off")
    await change(alice, { channels: { job_failure: { email: true } } })
    expect(await mailedAfterFailure(1)).toEqual([alice.email])
    expect(await withheldOf(bob)).toEqual({ email: { reason: "off_by_default" } })
  })

  it("does not affect other organisations", async () => {
    await selectRows("INSERT INTO org_notification_policies VALUES (2, 'job_failure', 'email', 'off')")
    expect(await mailedAfterFailure(1)).toEqual([alice.email, bob.email])
  })
})

describe("a scheduled notification", () => {
  it("reads preferences when it is sent, not when it is scheduled", async () => {
    await server.post("/api/notifications/", {
      author: "Dalgo",
      message: "Maintenance begins",
      sent_to: "all_org_users",
      org_slug: "acme",
      category: "incident",
      scheduled_time: new Date(NEXT_DAY).toISOString(),
    })
    await change(bob, { incident_notifications: false })
    vi.setSystemTime(NEXT_DAY + 1)
    await runCron()
    await drain()

    expect(await inboxOf(alice)).toHaveLength(1)
    expect(await inboxOf(bob)).toEqual([])
    expect(mailbox.mails.map((mail) => mail.to)).toEqual([alice.email])
    expect(await suppressed()).toEqual([
      { recipient_id: bob.orgUserId, channel: "inbox", reason: "category_off", since: NOON },
    ])
  })
})
