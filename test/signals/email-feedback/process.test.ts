import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it, vi } from "vitest"
import { DAY, HOUR, MINUTE, NOON } from "../../support/clock"
import { fakeFetch } from "../../support/fake-fetch"
import { fakeSes } from "../../support/fake-ses"
import { inboxOf, messagesOf } from "../../support/inbox"
import { alice, anonymous, type ApiClient, bob, charlie, dora, server } from "../../support/people"
import { captureQueues, consume, runCron } from "../../support/queues"
import { selectRows } from "../../support/select-rows"
import { cloudflareEvent, HARD_BOUNCE } from "../../support/cloudflare-email-events"
import { bounceEvent, complaintEvent, fakeSns, signMessage, type SnsMessage } from "../../support/fake-sns"

const BOUNCED = [
  "We could not deliver an e-mail to b…@acme.test: the mailbox refused it.",
  "E-mail is now turned off for you. Your notifications still come to this inbox.",
  "When your mailbox works again, turn e-mail on in your preferences.",
].join("\n")
const COMPLAINED = [
  "An e-mail that we sent you was marked as spam.",
  "E-mail is now turned off for you. Your notifications still come to this inbox.",
  "If that was a mistake, turn e-mail on again in your preferences.",
].join("\n")

let drain: ReturnType<typeof captureQueues>["drain"]
let sent: ReturnType<typeof captureQueues>["sent"]
let lose: ReturnType<typeof captureQueues>["lose"]
let provider: ReturnType<typeof fakeSes>
beforeEach(() => {
  vi.setSystemTime(NOON)
  ;({ drain, sent, lose } = captureQueues())
  provider = fakeSes()
  fakeFetch(fakeSns(), provider.handler)
})

const postEvent = async (event: object, fields: SnsMessage = {}) => {
  const message = await signMessage({ Message: JSON.stringify(event), ...fields })
  const answer = await anonymous.post("/webhooks/v1/ses/", message, { "content-type": "text/plain" })
  expect(answer.status).toBe(200)
}
/** An e-mail to this address bounces, and the event is processed. */
const bounce = async (address = bob.email) => {
  await postEvent(bounceEvent(address))
  await drain()
}
const isOn = async (person: ApiClient) =>
  (await (await person.get("/api/notifications/preferences")).json<any>()).res.email_notifications_enabled
const turnOn = (person: ApiClient, path = "preferences") =>
  path === "preferences"
    ? person.put("/api/notifications/preferences", { email_notifications_enabled: true })
    : person.put("/api/userpreferences/", { enable_email_notifications: true })
const emailPreferences = () =>
  selectRows(
    `SELECT org_user_id, category, channel, enabled, changed_at, reason FROM user_notification_preferences
     ORDER BY org_user_id`,
  )
const emailOff = (person: { orgUserId: number }, reason: string | null, at = NOON) => ({
  org_user_id: person.orgUserId,
  category: "all",
  channel: "email",
  enabled: 0,
  changed_at: at,
  reason,
})
const events = () => selectRows("SELECT status, reason FROM signal_events ORDER BY id")
const publish = (changes: object = {}) =>
  server.post("/api/notifications/", {
    author: "Dalgo",
    message: "The warehouse is down",
    sent_to: "all_org_users",
    org_slug: "acme",
    category: "incident",
    ...changes,
  })

describe("a bounce", () => {
  it("turns e-mail off, and tells the member once, in the inbox", async () => {
    await bounce()
    expect(await emailPreferences()).toEqual([emailOff(bob, "bounced")])
    expect(await inboxOf(bob)).toMatchObject([
      { author: "Dalgo", message: BOUNCED, category: "system", urgent: false, read_status: false },
    ])
    expect(await events()).toEqual([{ status: "processed", reason: "bounced" }])
    expect(provider.mails).toEqual([])
    expect(await selectRows("SELECT * FROM deliveries WHERE channel = 'email'")).toEqual([])
  })

  it("changes nothing for other members", async () => {
    await bounce()
    for (const other of [alice, charlie, dora]) {
      expect(await messagesOf(other)).toEqual([])
      expect(await isOn(other)).toBe(true)
    }
  })

  it("tells the member once, however often and by whichever provider it is reported", async () => {
    await postEvent(bounceEvent(bob.email), { MessageId: "one" })
    await postEvent(bounceEvent(bob.email), { MessageId: "one" })
    await postEvent(bounceEvent(bob.email), { MessageId: "two" })
    await drain()
    vi.setSystemTime(NOON + HOUR)
    await postEvent(complaintEvent(bob.email), { MessageId: "three" })
    await consume("dalgo-email-events", [cloudflareEvent("bounced", HARD_BOUNCE) as never])
    await drain()
    expect(await messagesOf(bob)).toEqual([BOUNCED])
    expect(await emailPreferences()).toEqual([emailOff(bob, "bounced")])
    expect(await events()).toHaveLength(4)
  })

  it("may concern two members: each is told in their organisation", async () => {
    await selectRows("UPDATE org_users SET email = ? WHERE id = ?", bob.email, charlie.orgUserId)
    await bounce()
    expect(await emailPreferences()).toEqual([emailOff(bob, "bounced"), emailOff(charlie, "bounced")])
    expect(await messagesOf(bob)).toEqual([BOUNCED])
    expect(await messagesOf(charlie)).toEqual([BOUNCED])
    expect(await messagesOf(alice)).toEqual([])
    const orgs = await selectRows("SELECT org_id FROM notifications ORDER BY org_id")
    expect(orgs).toEqual([{ org_id: 1 }, { org_id: 2 }])
  })

  it("may be of an address without a member", async () => {
    await bounce("ivy@initech.test")
    expect(await emailPreferences()).toEqual([])
    expect(await events()).toEqual([{ status: "processed", reason: "nobody" }])
  })

  it("changes nothing for a former member", async () => {
    await selectRows("UPDATE org_users SET removed_at = 1 WHERE id = ?", bob.orgUserId)
    await bounce()
    expect(await emailPreferences()).toEqual([])
  })

  it("changes and tells nothing if the member has turned e-mail off", async () => {
    await bob.put("/api/notifications/preferences", { email_notifications_enabled: false })
    vi.setSystemTime(NOON + DAY)
    await bounce()
    expect(await emailPreferences()).toEqual([emailOff(bob, null)])
    expect(await messagesOf(bob)).toEqual([])
  })

  it("is not reported by e-mail, even if the organisation requires e-mail", async () => {
    await selectRows("INSERT INTO org_notification_policies VALUES (1, 'system', 'email', 'required')")
    await bounce()
    expect(await messagesOf(bob)).toEqual([BOUNCED])
    expect(provider.mails).toEqual([])
    expect(await selectRows("SELECT status, reason FROM deliveries")).toEqual([
      { status: "suppressed", reason: "email_bounced" },
    ])
  })

  it("changes nothing if it is transient", async () => {
    await postEvent(bounceEvent(bob.email, { bounceType: "Transient", bounceSubType: "MailboxFull" }))
    await drain()
    expect(await emailPreferences()).toEqual([])
    expect(await events()).toEqual([{ status: "ignored", reason: "may_pass" }])
  })
})

it("logs a bounce of the platform admins' address, which belongs to no member", async () => {
  const log = vi.spyOn(console, "log").mockReturnValue()
  await postEvent(bounceEvent("Ops@dalgo.test"))
  const changes = { ADMIN_EMAIL: "ops@dalgo.test" }
  await consume(
    "dalgo-signals",
    sent.splice(0).map(({ body }) => body),
    { changes },
  )
  const line = { level: "error", event: "platform_admin_address_bounced", signal_id: 1, reason: "bounced" }
  expect(log.mock.calls.map(([said]) => JSON.parse(said))).toContainEqual(line)
})

describe("a complaint", () => {
  it("turns e-mail off, and tells the member that an e-mail was marked as spam", async () => {
    await postEvent(complaintEvent(bob.email))
    await drain()
    expect(await emailPreferences()).toEqual([emailOff(bob, "complained")])
    expect(await messagesOf(bob)).toEqual([COMPLAINED])
  })

  it("is not shown with a name to admins, of the organisation or of the platform", async () => {
    await postEvent(complaintEvent(bob.email))
    await postEvent(complaintEvent(bob.email), { MessageId: "two" })
    await drain()
    const [told, ...others] = await messagesOf(alice)
    expect(told).toMatch(/^One member's mailbox reported a mail as spam\.\n/)
    expect(others).toEqual([])
    for (const admin of [alice, dora, server]) {
      const answers = ["history", "deliveries", "recipients?notification_id=1", "recipients?notification_id=2"]
      for (const path of answers) {
        const answer = await (await admin.get(`/api/notifications/${path}`)).text()
        expect(answer, path).not.toMatch(/bob|b…@/i)
      }
    }
    expect((await (await alice.get("/api/notifications/history")).json<any>()).res).toHaveLength(1)
  })
})

describe("a member who turns e-mail on again", () => {
  it.each(["preferences", "userpreferences"])("gets e-mail, and the reason is gone: by %s", async (path) => {
    await bounce()
    vi.setSystemTime(NOON + HOUR)
    await turnOn(bob, path)
    expect(await emailPreferences()).toEqual([{ ...emailOff(bob, null, NOON + HOUR), enabled: 1 }])
    await publish()
    await drain()
    expect(provider.mails.map(({ to }) => to).sort()).toEqual([alice.email, bob.email])
  })

  it("is told again when it bounces again", async () => {
    await bounce()
    vi.setSystemTime(NOON + HOUR)
    await turnOn(bob)
    vi.setSystemTime(NOON + DAY)
    await bounce()
    expect(await emailPreferences()).toEqual([emailOff(bob, "bounced", NOON + DAY)])
    expect(await messagesOf(bob)).toEqual([BOUNCED, BOUNCED])
  })

  it("keeps it on when an older event is processed later", async () => {
    await postEvent(bounceEvent(bob.email))
    await bob.put("/api/notifications/preferences", { email_notifications_enabled: false })
    vi.setSystemTime(NOON + MINUTE)
    await turnOn(bob)
    await drain()
    expect(await isOn(bob)).toBe(true)
    expect(await messagesOf(bob)).toEqual([])
  })

  it("and then turns it off, leaves no reason", async () => {
    await bounce()
    vi.setSystemTime(NOON + HOUR)
    await turnOn(bob)
    await bob.put("/api/notifications/preferences", { email_notifications_enabled: false })
    expect(await emailPreferences()).toEqual([emailOff(bob, null, NOON + HOUR)])
  })
})

describe("a trace", () => {
  const traceOf = async (id: number) =>
    (await (await bob.get(`/api/notifications/${id}/trace`)).json<any>()).res.find(
      ({ channel }: any) => channel === "email",
    )

  it("says why and since when e-mail is off", async () => {
    await bounce()
    vi.setSystemTime(NOON + DAY)
    const { res } = await (await publish()).json<any>()
    expect(await traceOf(res.notification_id)).toMatchObject({
      outcome: "suppressed",
      reason:
        "Your mailbox refused our e-mail on 20 November, so we turned e-mail off. Turn it on again when your mailbox works.",
    })
  })

  it("says that it was marked as spam", async () => {
    await postEvent(complaintEvent(bob.email))
    await drain()
    const { res } = await (await publish()).json<any>()
    expect((await traceOf(res.notification_id)).reason).toBe(
      "You marked our e-mail as spam on 20 November, so we turned e-mail off. Turn it on again if you want it.",
    )
  })

  it("says the same of an e-mail that was enqueued before the bounce", async () => {
    const { res } = await (await publish()).json<any>()
    await vi.waitFor(() => expect(sent).toHaveLength(1))
    const [mail] = sent.splice(0)
    await bounce()
    await consume("dalgo-deliveries", [mail?.body as never])
    expect(provider.mails.map(({ to }) => to)).toEqual([alice.email])
    expect(await traceOf(res.notification_id)).toMatchObject({
      outcome: "suppressed",
      reason: expect.stringContaining("refused our e-mail on 20 November"),
    })
  })
})

describe("the queue of Email Service", () => {
  const consumeEvents = (...bodies: unknown[]) => consume("dalgo-email-events", bodies as never[])

  it("may have an event as an object or as text", async () => {
    const complaint = cloudflareEvent("complained", { eventId: "another", recipient: alice.email })
    const { explicitAcks } = await consumeEvents(cloudflareEvent("bounced", HARD_BOUNCE), JSON.stringify(complaint))
    expect(explicitAcks.toSorted()).toEqual(["m0", "m1"])
    await drain()
    expect(await emailPreferences()).toEqual([emailOff(alice, "complained"), emailOff(bob, "bounced")])
    expect(await messagesOf(bob)).toEqual([BOUNCED])
  })

  it("may have the same event twice", async () => {
    await consumeEvents(cloudflareEvent("bounced", HARD_BOUNCE), cloudflareEvent("bounced", HARD_BOUNCE))
    await consumeEvents(cloudflareEvent("bounced", HARD_BOUNCE))
    expect(await events()).toHaveLength(1)
  })

  it("may have messages that are not understood, which are stored", async () => {
    const strange = [{ hello: "world" }, "hello", null, 7, undefined]
    const { explicitAcks } = await consumeEvents(...strange)
    expect(explicitAcks).toHaveLength(strange.length)
    expect(await selectRows("SELECT status, body FROM signal_events ORDER BY body")).toEqual(
      ["", "7", "hello", "null", '{"hello":"world"}'].map((body) => ({ status: "not_understood", body })),
    )
  })

  it("retries a message that cannot be stored, with growing delays", async () => {
    const broken = {
      prepare() {
        throw new Error("no database")
      },
    }
    const fail = async (attempts: number) => {
      const changes = { DB: broken }
      const { retryMessages, delays } = await consume("dalgo-email-events", [cloudflareEvent("bounced") as never], {
        attempts,
        changes,
      })
      expect(retryMessages).toHaveLength(1)
      return delays[0]
    }
    expect(await fail(1)).toBe(60)
    expect(await fail(10)).toBe(600)
    expect(await fail(99)).toBe(3_600)
  })
})

describe("a worker that dies", () => {
  it("between turning e-mail off and telling the member is followed by another worker", async () => {
    await postEvent(bounceEvent(bob.email))
    const real = Object.getPrototypeOf(env.DB).batch.bind(env.DB)
    vi.spyOn(env.DB, "batch").mockImplementationOnce(real).mockRejectedValueOnce(new Error("Network connection lost"))
    const { retryMessages } = await consume("dalgo-signals", [{ kind: "mail_event", eventId: 1 }])
    expect(retryMessages).toHaveLength(1)
    expect(await emailPreferences()).toEqual([emailOff(bob, "bounced")])
    expect(await messagesOf(bob)).toEqual([])

    vi.setSystemTime(NOON + MINUTE)
    sent.length = 0
    await runCron()
    await drain()
    expect(await messagesOf(bob)).toEqual([BOUNCED])
    expect(await emailPreferences()).toEqual([emailOff(bob, "bounced")])
  })

  it("or whose queue message is lost, is followed by the cron", async () => {
    lose("dalgo-signals")
    await postEvent(bounceEvent(bob.email))
    expect(sent).toEqual([])
    vi.setSystemTime(NOON + MINUTE)
    await runCron()
    expect(sent.map(({ body }) => body)).toEqual([{ kind: "mail_event", eventId: 1 }])
    await drain()
    expect(await messagesOf(bob)).toEqual([BOUNCED])
  })

  it("in each attempt is given up in the end", async () => {
    await postEvent(bounceEvent(bob.email))
    await selectRows("UPDATE signal_events SET attempts = 12, due_at = ?", NOON)
    await drain()
    expect(await events()).toEqual([{ status: "failed", reason: "given_up" }])
    expect(await emailPreferences()).toEqual([])
  })
})
