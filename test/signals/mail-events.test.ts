import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it, vi } from "vitest"
import { parseEmailFeedback } from "../../src/signals/email-feedback/interpret"
import { DAY, HOUR, MINUTE, NOON } from "../support/clock"
import { outside, ses } from "../support/outside"
import { alice, bob, charlie, dora, nobody, server, type Speaker } from "../support/people"
import { consume, cron, queues } from "../support/queues"
import { rows } from "../support/rows"
import { amazon, bounceOf, complaintOf, type Posted, signed } from "../support/sns"

const BOUNCED = [
  "We could not deliver e-mail to b…@acme.test: the mailbox did not take it.",
  "E-mail is switched off for you. Your notifications stay in this inbox.",
  "When your mailbox is in order, turn e-mail on again in your preferences.",
].join("\n")
const COMPLAINED = [
  "An e-mail that we sent to b…@acme.test was marked as spam.",
  "E-mail is switched off for you. Your notifications stay in this inbox.",
  "If that was a mistake, turn e-mail on again in your preferences.",
].join("\n")

/** As the documentation of Email Service shows it: event-subscriptions. */
const cloudflareEvent = (name: string, payload: object = {}) => ({
  type: `cf.email.sending.message.${name}`,
  source: { type: "email.sending", zoneId: "023e105f4ecef8ad9ca31a8372d0c353", domain: "dalgo.test" },
  payload: {
    eventId: "0190d0c4-7ea1-7af2-8b88-c1d2e3f4a5b6",
    messageId: "0101018f7d0c4d9a-msg-bounced",
    sender: "notifications@dalgo.test",
    recipient: bob.email,
    subject: "Your pipeline",
    terminal: true,
    delivery: { status: name, smtpStatusCode: "550", smtpEnhancedStatusCode: "5.1.1" },
    ...payload,
  },
  metadata: { accountId: "f9f79265f388666de8122cfb508d7776", eventSchemaVersion: 1 },
})
const HARD = { bounce: { type: "hard", classification: "permanent_failure", reason: "550 5.1.1 User unknown" } }

let drain: ReturnType<typeof queues>["drain"]
let sent: ReturnType<typeof queues>["sent"]
let lose: ReturnType<typeof queues>["lose"]
let post: ReturnType<typeof ses>
beforeEach(() => {
  vi.setSystemTime(NOON)
  ;({ drain, sent, lose } = queues())
  post = ses()
  outside(amazon(), post.handler)
})

const tell = async (event: object, fields: Posted = {}) => {
  const message = await signed({ Message: JSON.stringify(event), ...fields })
  const answer = await nobody.post("/webhooks/v1/ses/", message, { "content-type": "text/plain" })
  expect(answer.status).toBe(200)
}
/** Somebody's mail comes back, and that is worked on. */
const bounce = async (address = bob.email) => {
  await tell(bounceOf(address))
  await drain()
}
const inboxOf = async (person: Speaker) => (await (await person.get("/api/notifications/v1")).json<any>()).res
const messagesOf = async (person: Speaker) => (await inboxOf(person)).map(({ message }: any) => message)
const isOn = async (person: Speaker) =>
  (await (await person.get("/api/notifications/preferences")).json<any>()).res.email_notifications_enabled
const turnOn = (person: Speaker, path = "preferences") =>
  path === "preferences"
    ? person.put("/api/notifications/preferences", { email_notifications_enabled: true })
    : person.put("/api/userpreferences/", { enable_email_notifications: true })
const switches = () =>
  rows(
    `SELECT org_user_id, category, channel, enabled, changed_at, reason FROM user_notification_preferences
     ORDER BY org_user_id`,
  )
const off = (person: { orgUserId: number }, reason: string | null, at = NOON) => ({
  org_user_id: person.orgUserId,
  category: "all",
  channel: "email",
  enabled: 0,
  changed_at: at,
  reason,
})
const events = () => rows("SELECT status, reason FROM signal_events ORDER BY id")
const announce = (changes: object = {}) =>
  server.post("/api/notifications/", {
    author: "Dalgo",
    message: "The warehouse is down",
    sent_to: "all_org_users",
    org_slug: "acme",
    category: "incident",
    ...changes,
  })

describe("an event", () => {
  const bounced = { kind: "trouble", reason: "bounced", addresses: [bob.email] }
  const complained = { kind: "trouble", reason: "complained", addresses: [bob.email] }
  const ignored = (reason: string) => ({ kind: "ignore", reason })
  const { eventType: _, ...withoutType } = bounceOf(bob.email)

  it.each<[string, object | string, object]>([
    ["a bounce of SES", bounceOf(bob.email), bounced],
    ["a bounce by an address of nobody", bounceOf(bob.email, { bounceSubType: "NoEmail" }), bounced],
    ["a bounce by Amazon's list", bounceOf(bob.email, { bounceSubType: "Suppressed" }), bounced],
    ["a bounce by our list at Amazon", bounceOf(bob.email, { bounceSubType: "OnAccountSuppressionList" }), bounced],
    ["feedback of an identity", { notificationType: "Bounce", ...withoutType }, bounced],
    ["an address in capitals", bounceOf("Bob@ACME.test"), bounced],
    ["an address with a name", bounceOf(`"Bob, of acme" <${bob.email}>`), bounced],
    ["a mailbox that is full", bounceOf(bob.email, { bounceType: "Transient" }), ignored("may_pass")],
    ["a bounce of no sure kind", bounceOf(bob.email, { bounceType: "Undetermined" }), ignored("may_pass")],
    ["a complaint", complaintOf(bob.email), complained],
    ["a complaint without a kind", complaintOf(bob.email, { complaintFeedbackType: undefined }), complained],
    ["a complaint of an unknown kind", complaintOf(bob.email, { complaintFeedbackType: 7 }), complained],
    [
      "a complaint by our list at Amazon",
      complaintOf(bob.email, { complaintSubType: "OnAccountSuppressionList", complaintFeedbackType: null }),
      complained,
    ],
    [
      "the opposite of a complaint",
      complaintOf(bob.email, { complaintFeedbackType: "not-spam" }),
      ignored("no_complaint"),
    ],
    ["a delivery", { eventType: "Delivery", mail: { destination: [bob.email] } }, ignored("delivered_or_so")],
    ["a reject", { eventType: "Reject", reject: { reason: "Bad content" } }, ignored("delivered_or_so")],
    ["something new of SES", { eventType: "Teleported" }, ignored("delivered_or_so")],
    ["a subscription to feedback", { notificationType: "AmazonSnsSubscriptionSucceeded" }, ignored("delivered_or_so")],
    ["the end of setting up", "Successfully validated SNS topic for Amazon SES event publishing.", ignored("set_up")],
    ["a bounce at Cloudflare", cloudflareEvent("bounced", HARD), bounced],
    ["one that was soft for too long", cloudflareEvent("bounced", { bounce: { type: "soft" } }), ignored("may_pass")],
    ["one that says not how", cloudflareEvent("bounced"), ignored("may_pass")],
    ["a delay at Cloudflare", cloudflareEvent("deferred", { bounce: { type: "soft" } }), ignored("delivered_or_so")],
    ["a complaint at Cloudflare", cloudflareEvent("complained", { complaint: { type: "abuse" } }), complained],
    [
      "the list of Cloudflare, on which one may be for a day",
      cloudflareEvent("rejected", { rejection: { reason: "suppressed" } }),
      ignored("may_pass"),
    ],
    [
      "a mail that looks like spam",
      cloudflareEvent("rejected", { rejection: { reason: "spam" } }),
      ignored("may_pass"),
    ],
    ["a delivery at Cloudflare", cloudflareEvent("delivered"), ignored("delivered_or_so")],
    ["a failure of Cloudflare's own", cloudflareEvent("failed"), ignored("delivered_or_so")],
    ["something new of Cloudflare", cloudflareEvent("teleported"), ignored("delivered_or_so")],
  ])("may be %s", (_name, event, expected) => {
    expect(parseEmailFeedback(typeof event === "string" ? event : JSON.stringify(event))).toEqual(expected)
  })

  it("is of whom we wrote to, though another mailbox refused what was forwarded", () => {
    const { mail, ...rest } = bounceOf("bobs.other.mailbox@globex.test")
    const forwarded = { ...rest, mail: { ...mail, destination: [bob.email] } }
    expect(parseEmailFeedback(JSON.stringify(forwarded))).toEqual(bounced)
  })

  it("is of those who bounced, where a mail was for many", () => {
    const { mail, ...rest } = bounceOf(bob.email)
    const toMany = { ...rest, mail: { ...mail, destination: [alice.email, bob.email] } }
    expect(parseEmailFeedback(JSON.stringify(toMany))).toEqual(bounced)
    expect(parseEmailFeedback(JSON.stringify(rest))).toEqual(bounced)
  })

  it.each(["", "null", "[]", "{}", "hello", '{"eventType":"Bounce"}', '{"eventType":"Complaint","complaint":{}}'])(
    "is not %j",
    (body) => {
      expect(parseEmailFeedback(body)).toBeUndefined()
    },
  )
})

describe("a mailbox that refuses our mail", () => {
  it("switches e-mail off, and its reader is told once, in the inbox", async () => {
    await bounce()
    expect(await switches()).toEqual([off(bob, "bounced")])
    expect(await inboxOf(bob)).toMatchObject([
      { author: "Dalgo", message: BOUNCED, category: "system", urgent: false, read_status: false },
    ])
    expect(await events()).toEqual([{ status: "processed", reason: "bounced" }])
    expect(post.mails).toEqual([])
    expect(await rows("SELECT * FROM deliveries WHERE channel = 'email'")).toEqual([])
  })

  it("concerns nobody else", async () => {
    await bounce()
    for (const other of [alice, charlie, dora]) {
      expect(await messagesOf(other)).toEqual([])
      expect(await isOn(other)).toBe(true)
    }
  })

  it("is told once, however often and in whatever way that comes", async () => {
    await tell(bounceOf(bob.email), { MessageId: "one" })
    await tell(bounceOf(bob.email), { MessageId: "one" })
    await tell(bounceOf(bob.email), { MessageId: "two" })
    await drain()
    vi.setSystemTime(NOON + HOUR)
    await tell(complaintOf(bob.email), { MessageId: "three" })
    await consume("dalgo-email-events", [cloudflareEvent("bounced", HARD) as never])
    await drain()
    expect(await messagesOf(bob)).toEqual([BOUNCED])
    expect(await switches()).toEqual([off(bob, "bounced")])
    expect(await events()).toHaveLength(4)
  })

  it("may be of two members: each is told in their organisation", async () => {
    await rows("UPDATE org_users SET email = ? WHERE id = ?", bob.email, charlie.orgUserId)
    await bounce()
    expect(await switches()).toEqual([off(bob, "bounced"), off(charlie, "bounced")])
    expect(await messagesOf(bob)).toEqual([BOUNCED])
    expect(await messagesOf(charlie)).toEqual([BOUNCED])
    expect(await messagesOf(alice)).toEqual([])
    const orgs = await rows("SELECT org_id FROM notifications ORDER BY org_id")
    expect(orgs).toEqual([{ org_id: 1 }, { org_id: 2 }])
  })

  it("may be nobody's", async () => {
    await bounce("ivy@initech.test")
    expect(await switches()).toEqual([])
    expect(await events()).toEqual([{ status: "processed", reason: "nobody" }])
  })

  it("is no concern of a former member", async () => {
    await rows("UPDATE org_users SET removed_at = 1 WHERE id = ?", bob.orgUserId)
    await bounce()
    expect(await switches()).toEqual([])
  })

  it("changes nothing for who has turned e-mail off, and tells them nothing", async () => {
    await bob.put("/api/notifications/preferences", { email_notifications_enabled: false })
    vi.setSystemTime(NOON + DAY)
    await bounce()
    expect(await switches()).toEqual([off(bob, null)])
    expect(await messagesOf(bob)).toEqual([])
  })

  it("is not told by e-mail, whatever the organisation requires", async () => {
    await rows("INSERT INTO org_notification_policies VALUES (1, 'system', 'email', 'required')")
    await bounce()
    expect(await messagesOf(bob)).toEqual([BOUNCED])
    expect(post.mails).toEqual([])
    expect(await rows("SELECT status, reason FROM deliveries")).toEqual([
      { status: "suppressed", reason: "email_bounced" },
    ])
  })

  it("tells nobody where it may pass", async () => {
    await tell(bounceOf(bob.email, { bounceType: "Transient", bounceSubType: "MailboxFull" }))
    await drain()
    expect(await switches()).toEqual([])
    expect(await events()).toEqual([{ status: "ignored", reason: "may_pass" }])
  })
})

it("tells the log that a mail to the platform admins came back, for their address is no member's", async () => {
  const log = vi.spyOn(console, "log").mockReturnValue()
  await tell(bounceOf("Ops@dalgo.test"))
  const changes = { ADMIN_EMAIL: "ops@dalgo.test" }
  await consume(
    "dalgo-signals",
    sent.splice(0).map(({ body }) => body),
    { changes },
  )
  const line = { event: "operator_address_bounced", signal_id: 1, reason: "bounced" }
  expect(log.mock.calls.map(([said]) => JSON.parse(said))).toContainEqual(line)
})

describe("a complaint", () => {
  it("switches e-mail off, and says that it was marked as spam", async () => {
    await tell(complaintOf(bob.email))
    await drain()
    expect(await switches()).toEqual([off(bob, "complained")])
    expect(await messagesOf(bob)).toEqual([COMPLAINED])
  })
})

describe("who turns e-mail on again", () => {
  it.each(["preferences", "userpreferences"])("gets it, and no reason stays: by %s", async (path) => {
    await bounce()
    vi.setSystemTime(NOON + HOUR)
    await turnOn(bob, path)
    expect(await switches()).toEqual([{ ...off(bob, null, NOON + HOUR), enabled: 1 }])
    await announce()
    await drain()
    expect(post.mails.map(({ to }) => to).sort()).toEqual([alice.email, bob.email])
  })

  it("is switched off again and told again when it bounces again", async () => {
    await bounce()
    vi.setSystemTime(NOON + HOUR)
    await turnOn(bob)
    vi.setSystemTime(NOON + DAY)
    await bounce()
    expect(await switches()).toEqual([off(bob, "bounced", NOON + DAY)])
    expect(await messagesOf(bob)).toEqual([BOUNCED, BOUNCED])
  })

  it("is not switched off by what we heard before that, and come to only now", async () => {
    await tell(bounceOf(bob.email))
    await bob.put("/api/notifications/preferences", { email_notifications_enabled: false })
    vi.setSystemTime(NOON + MINUTE)
    await turnOn(bob)
    await drain()
    expect(await isOn(bob)).toBe(true)
    expect(await messagesOf(bob)).toEqual([])
  })

  it("and turns it off, leaves no trace of the trouble", async () => {
    await bounce()
    vi.setSystemTime(NOON + HOUR)
    await turnOn(bob)
    await bob.put("/api/notifications/preferences", { email_notifications_enabled: false })
    expect(await switches()).toEqual([off(bob, null, NOON + HOUR)])
  })
})

describe("a trace", () => {
  const traceOf = async (id: number) =>
    (await (await bob.get(`/api/notifications/${id}/trace`)).json<any>()).res.find(
      ({ channel }: any) => channel === "email",
    )

  it("says since when and why e-mail is off", async () => {
    await bounce()
    vi.setSystemTime(NOON + DAY)
    const { res } = await (await announce()).json<any>()
    expect(await traceOf(res.notification_id)).toMatchObject({
      outcome: "suppressed",
      reason:
        "Your mailbox refused our e-mail on 20 November 2050, so it was turned off. Turn it on again when that is mended.",
    })
  })

  it("says that it was marked as spam", async () => {
    await tell(complaintOf(bob.email))
    await drain()
    const { res } = await (await announce()).json<any>()
    expect((await traceOf(res.notification_id)).reason).toBe(
      "You marked our e-mail as spam on 20 November 2050, so it was turned off. Turn it on again if you want it.",
    )
  })

  it("says the same of a mail that was on its way", async () => {
    const { res } = await (await announce()).json<any>()
    await vi.waitFor(() => expect(sent).toHaveLength(1))
    const [mail] = sent.splice(0)
    await bounce()
    await consume("dalgo-deliveries", [mail?.body as never])
    expect(post.mails.map(({ to }) => to)).toEqual([alice.email])
    expect(await traceOf(res.notification_id)).toMatchObject({
      outcome: "suppressed",
      reason: expect.stringContaining("refused our e-mail on 20 November 2050"),
    })
  })
})

describe("the queue of Email Service", () => {
  const arrive = (...bodies: unknown[]) => consume("dalgo-email-events", bodies as never[])

  it("tells of a bounce, as an object or as text", async () => {
    const complaint = cloudflareEvent("complained", { eventId: "another", recipient: alice.email })
    const { explicitAcks } = await arrive(cloudflareEvent("bounced", HARD), JSON.stringify(complaint))
    expect(explicitAcks.toSorted()).toEqual(["m0", "m1"])
    await drain()
    expect(await switches()).toEqual([off(alice, "complained"), off(bob, "bounced")])
    expect(await messagesOf(bob)).toEqual([BOUNCED])
  })

  it("may tell the same twice", async () => {
    await arrive(cloudflareEvent("bounced", HARD), cloudflareEvent("bounced", HARD))
    await arrive(cloudflareEvent("bounced", HARD))
    expect(await events()).toHaveLength(1)
  })

  it("may hold what nobody understands, which is kept", async () => {
    const strange = [{ hello: "world" }, "hello", null, 7, undefined]
    const { explicitAcks } = await arrive(...strange)
    expect(explicitAcks).toHaveLength(strange.length)
    expect(await rows("SELECT status, body FROM signal_events ORDER BY body")).toEqual(
      ["", "7", "hello", "null", '{"hello":"world"}'].map((body) => ({ status: "not_understood", body })),
    )
  })

  it("keeps what we cannot store, and gives it again, ever later", async () => {
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
  it("between the switch and the word leaves the word to another", async () => {
    await tell(bounceOf(bob.email))
    const real = Object.getPrototypeOf(env.DB).batch.bind(env.DB)
    vi.spyOn(env.DB, "batch").mockImplementationOnce(real).mockRejectedValueOnce(new Error("Network connection lost"))
    const { retryMessages } = await consume("dalgo-signals", [{ kind: "mail_event", eventId: 1 }])
    expect(retryMessages).toHaveLength(1)
    expect(await switches()).toEqual([off(bob, "bounced")])
    expect(await messagesOf(bob)).toEqual([])

    vi.setSystemTime(NOON + MINUTE)
    sent.length = 0
    await cron()
    await drain()
    expect(await messagesOf(bob)).toEqual([BOUNCED])
    expect(await switches()).toEqual([off(bob, "bounced")])
  })

  it("or whose hint is lost, is made up for by the cron, with the event of its kind", async () => {
    lose("dalgo-signals")
    await tell(bounceOf(bob.email))
    expect(sent).toEqual([])
    vi.setSystemTime(NOON + MINUTE)
    await cron()
    expect(sent.map(({ body }) => body)).toEqual([{ kind: "mail_event", eventId: 1 }])
    await drain()
    expect(await messagesOf(bob)).toEqual([BOUNCED])
  })

  it("each time is given up in the end", async () => {
    await tell(bounceOf(bob.email))
    await rows("UPDATE signal_events SET attempts = 12, due_at = ?", NOON)
    await drain()
    expect(await events()).toEqual([{ status: "failed", reason: "given_up" }])
    expect(await switches()).toEqual([])
  })
})
