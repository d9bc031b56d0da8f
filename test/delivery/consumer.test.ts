import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it, vi } from "vitest"
import type { DeliveryMessage } from "../../src/runtime/queue-messages"
import { DAY, HOUR, MINUTE, NOON, SECOND } from "../support/clock"
import { outside, ses } from "../support/outside"
import { alice, bob, server } from "../support/people"
import { consume, cron, queues } from "../support/queues"
import { rows } from "../support/rows"

const LEASE = 5 * MINUTE

let sent: ReturnType<typeof queues>["sent"]
let drain: ReturnType<typeof queues>["drain"]
let lose: ReturnType<typeof queues>["lose"]

beforeEach(() => {
  vi.setSystemTime(NOON)
  ;({ sent, drain, lose } = queues())
})

/** SES, answering what `fail` says for an address. */
function mailing(fail?: (to: string) => Response | undefined) {
  const post = ses(fail)
  outside(post.handler)
  return post
}
const recipients = (post: ReturnType<typeof ses>) => post.mails.map((mail) => mail.to).sort()
const both = [alice.email, bob.email]
const only = (who: { email: string }, response: () => Response) => (to: string) =>
  to === who.email ? response() : undefined
const refused = () => new Response(null, { status: 400, headers: { "x-amzn-errortype": "MessageRejected" } })
const busy = (retryAfter?: string) => () =>
  new Response(null, { status: 429, ...(retryAfter && { headers: { "retry-after": retryAfter } }) })

/** Tells acme something. Its mails are still to be sent; answers the message that is to send them. */
async function announced(changes: object = {}): Promise<DeliveryMessage> {
  await server.post("/api/notifications/", {
    author: "Dalgo",
    message: "The warehouse is down",
    sent_to: "all_org_users",
    org_slug: "acme",
    category: "incident",
    ...changes,
  })
  await vi.waitFor(() => expect(sent).toHaveLength(1))
  return sent.splice(0)[0]?.body as DeliveryMessage
}
const deliver = (message: DeliveryMessage, changes: object = {}) => consume("dalgo-deliveries", [message], { changes })

const deliveries = () =>
  rows("SELECT recipient_id, status, attempts, reason, provider_id, due_at FROM deliveries ORDER BY recipient_id")
const deliveryOf = async (person: { orgUserId: number }) =>
  (await deliveries()).find((row) => row.recipient_id === person.orgUserId)
/** The cron, at this time, and the queue after it. */
async function cronAt(time: number): Promise<void> {
  vi.setSystemTime(time)
  await cron()
  await drain()
}

describe("a message", () => {
  it("sends each of its recipients a mail and records it", async () => {
    const post = mailing()
    const message = await announced()
    expect(message).toEqual({ channel: "email", notificationId: 1, recipientIds: [alice.orgUserId, bob.orgUserId] })
    const { explicitAcks } = await deliver(message)
    expect(explicitAcks).toEqual(["m0"])
    expect(recipients(post)).toEqual(both)
    const done = { status: "sent", attempts: 1, reason: null, due_at: null }
    expect(await deliveries()).toEqual([
      { recipient_id: alice.orgUserId, provider_id: expect.stringMatching(/^mail-[12]$/), ...done },
      { recipient_id: bob.orgUserId, provider_id: expect.stringMatching(/^mail-[12]$/), ...done },
    ])
  })

  it("sends mails that say whether they are urgent", async () => {
    const post = mailing()
    await deliver(await announced({ urgent: true }))
    await deliver(await announced())
    expect(post.mails.map(({ text }) => text.startsWith("Urgent · Incident"))).toEqual([true, true, false, false])
  })

  it("that comes again sends nothing more", async () => {
    const post = mailing()
    const message = await announced()
    for (let i = 0; i < 3; i += 1) await deliver(message)
    await cronAt(NOON + DAY)
    expect(recipients(post)).toEqual(both)
  })

  it("that two consumers have at once sends nothing twice", async () => {
    const post = mailing()
    const message = await announced()
    await Promise.all([deliver(message), deliver(message), deliver(message)])
    expect(recipients(post)).toEqual(both)
    expect((await deliveries()).map((row) => row.attempts)).toEqual([1, 1])
  })

  it("can make nobody a recipient", async () => {
    const post = mailing()
    const message = await announced({ sent_to: "single_user", user_email: bob.email })
    await deliver({ ...message, recipientIds: [1, 2, 3, 4] })
    expect(recipients(post)).toEqual([bob.email])
  })

  it("about nothing that is there is acknowledged", async () => {
    mailing()
    const { explicitAcks } = await deliver({ channel: "email", notificationId: 404, recipientIds: [1] })
    expect(explicitAcks).toEqual(["m0"])
  })

  it("whose hint was lost is made up for by the cron, a minute later", async () => {
    const post = mailing()
    lose("dalgo-deliveries")
    const answer = await server.post("/api/notifications/", {
      author: "Dalgo",
      message: "The warehouse is down",
      sent_to: "all_org_users",
      org_slug: "acme",
    })
    expect(answer.status).toBe(200)
    await cronAt(NOON + MINUTE - 1)
    expect(post.mails).toEqual([])
    await cronAt(NOON + MINUTE)
    await cronAt(NOON + MINUTE)
    expect(recipients(post)).toEqual(both)
  })

  it("that was given up on leaves its rows to the cron", async () => {
    const post = mailing()
    const message = await announced()
    expect((await consume("dalgo-deliveries-dead", [message])).ackAll).toBe(true)
    await cronAt(NOON + MINUTE)
    expect(recipients(post)).toEqual(both)
  })

  it("that fails holds up no other of its batch, and comes again when the lease is over", async () => {
    const post = mailing()
    const message = await announced()
    const broken = { ...message, notificationId: {} } as unknown as DeliveryMessage
    const result = await consume("dalgo-deliveries", [broken, message])
    expect(result.explicitAcks).toEqual(["m1"])
    expect(result.retryMessages).toMatchObject([{ msgId: "m0" }])
    expect(result.delays).toEqual([300])
    expect(recipients(post)).toEqual(both)
  })
})

describe("a mail", () => {
  it("has its reader's own link to unsubscribe, and leads to their inbox", async () => {
    const post = mailing()
    await deliver(await announced())
    const [one, two] = post.mails
    expect(one?.headers["List-Unsubscribe"]).toMatch(
      /^<https:\/\/notifications\.dalgo\.test\/unsubscribe\?token=[\w.-]+>$/,
    )
    expect(one?.headers["List-Unsubscribe"]).not.toBe(two?.headers["List-Unsubscribe"])
    expect(one?.subject).toBe("[Acme] Incident Notifications: The warehouse is down")
    expect(one?.text).toContain("https://app.dalgo.test/notifications")
  })

  it("promises no link where there is no address for it", async () => {
    const post = mailing()
    await deliver(await announced(), { PUBLIC_URL: "" })
    expect(post.mails[0]?.headers).toEqual({})
  })

  it("goes to the address that somebody has now", async () => {
    const post = mailing()
    const message = await announced()
    await rows("UPDATE org_users SET email = 'robert@acme.test' WHERE id = ?", bob.orgUserId)
    await deliver(message)
    expect(recipients(post)).toEqual([alice.email, "robert@acme.test"])
  })

  it("has the sender's subject, in one line", async () => {
    const post = mailing()
    await deliver(await announced({ email_subject: "Please read\r\nBcc: everybody@acme.test" }))
    expect(post.mails[0]?.subject).toBe("Please read Bcc: everybody@acme.test")
  })

  it("is not sent to a former member, and says so", async () => {
    const post = mailing()
    const message = await announced()
    await rows("UPDATE org_users SET removed_at = ? WHERE id = ?", NOON, bob.orgUserId)
    await deliver(message)
    expect(recipients(post)).toEqual([alice.email])
    expect(await deliveryOf(bob)).toMatchObject({ status: "suppressed", reason: "not_a_member", due_at: null })
    await cronAt(NOON + DAY)
    expect(recipients(post)).toEqual([alice.email])
  })

  it("leaves through Cloudflare where that is the provider", async () => {
    mailing()
    const send = vi.spyOn(env.EMAIL, "send").mockResolvedValue({ messageId: "cf-1" })
    await deliver(await announced(), { EMAIL_PROVIDER: "cloudflare" })
    expect(send.mock.calls.map(([mail]) => (mail as { to: string }).to).sort()).toEqual(both)
    expect(await deliveryOf(bob)).toMatchObject({ status: "sent", provider_id: "cf-1" })
  })
})

describe("a refusal", () => {
  it("holds up nobody else", async () => {
    const post = mailing(only(alice, refused))
    await deliver(await announced())
    expect(recipients(post)).toEqual([bob.email])
    expect((await deliveries()).map((row) => row.status)).toEqual(["failed", "sent"])
  })

  it("is kept with its reason, and never tried again", async () => {
    const post = mailing(only(alice, refused))
    const message = await announced()
    await deliver(message)
    const refusal = { status: "failed", attempts: 1, reason: "SES answered 400 MessageRejected", due_at: null }
    expect(await deliveryOf(alice)).toMatchObject(refusal)
    await deliver(message)
    await cronAt(NOON + DAY)
    expect(await deliveryOf(alice)).toMatchObject(refusal)
    expect(recipients(post)).toEqual([bob.email])
  })
})

describe("an address that the provider does not write to at present", () => {
  const WHY = "the provider does not write to this address at present"
  const suppressing = () =>
    vi.spyOn(env.EMAIL, "send").mockImplementation(async (mail) => {
      if ((mail as { to: string }).to !== bob.email) return { messageId: "cf-1" }
      throw Object.assign(new Error(`${bob.email} is suppressed`), { code: "E_RECIPIENT_SUPPRESSED" })
    })
  const byCloudflare = { EMAIL_PROVIDER: "cloudflare" }

  it("costs that one mail, which admins see", async () => {
    const provider = suppressing()
    const message = await announced()
    await deliver(message, byCloudflare)
    await deliver(message, byCloudflare)
    expect(provider).toHaveBeenCalledTimes(2)
    expect(await deliveryOf(bob)).toMatchObject({ status: "failed", reason: WHY, due_at: null })
    const { res } = await (await alice.get("/api/notifications/deliveries")).json<any>()
    expect(res).toMatchObject([{ id: "1-email-2", status: "failed", reason: WHY }])
  })

  it("switches nothing off: the mail can be sent again, and the next one is tried", async () => {
    const provider = suppressing()
    await deliver(await announced(), byCloudflare)
    await cron()
    await drain()
    expect(await rows("SELECT * FROM user_notification_preferences")).toEqual([])
    expect(await rows("SELECT * FROM signal_events")).toEqual([])

    provider.mockResolvedValue({ messageId: "cf-2" })
    await alice.post("/api/notifications/deliveries/1-email-2/resend")
    const [again] = sent.splice(0)
    await deliver(again?.body as DeliveryMessage, byCloudflare)
    expect(await deliveryOf(bob)).toMatchObject({ status: "sent", provider_id: "cf-2" })
  })
})

describe("a failure that may pass", () => {
  it("is due again half a minute later, by then found by the cron, and sent", async () => {
    const failing = mailing(only(bob, busy()))
    const message = await announced()
    await deliver(message)
    expect(recipients(failing)).toEqual([alice.email])
    const { due_at: due, ...rest } = await deliveryOf(bob)
    expect(rest).toMatchObject({ status: "pending", attempts: 1, reason: "SES answered 429" })
    expect(due).toBeGreaterThanOrEqual(NOON + 24 * SECOND)
    expect(due).toBeLessThanOrEqual(NOON + 36 * SECOND)

    const post = mailing()
    vi.setSystemTime(due - 1)
    await cron()
    await deliver(message)
    expect(sent).toEqual([])
    expect(post.mails).toEqual([])

    vi.setSystemTime(due)
    await cron()
    expect(sent).toEqual([
      { queue: "dalgo-deliveries", body: { ...message, recipientIds: [bob.orgUserId] }, delaySeconds: 0 },
    ])
    await drain()
    expect(recipients(post)).toEqual([bob.email])
    expect(await deliveryOf(bob)).toMatchObject({ status: "sent", attempts: 2, reason: null, due_at: null })
  })

  it.each<[string, string, number]>([
    ["an hour", "3600", HOUR],
    ["at most 12 hours", "999999", 12 * HOUR],
  ])("waits as long as the provider wishes: %s", async (_, header, expected) => {
    mailing(busy(header))
    await deliver(await announced())
    expect(await deliveryOf(bob)).toMatchObject({ status: "pending", due_at: NOON + expected })
  })

  it("is given up after seven tries, which takes about nine hours, and stays as a row", async () => {
    const { requests } = outside(() => new Response(null, { status: 500 }))
    await deliver(await announced({ sent_to: "single_user", user_email: bob.email }))
    for (let tries = 1; tries < 7; tries += 1) {
      const { status, attempts, due_at } = await deliveryOf(bob)
      expect({ status, attempts }).toEqual({ status: "pending", attempts: tries })
      await cronAt(due_at)
    }
    const gaveUpAfter = Date.now() - NOON
    expect(gaveUpAfter).toBeGreaterThan(6 * HOUR)
    expect(gaveUpAfter).toBeLessThan(11 * HOUR)
    const dead = { status: "dead", attempts: 7, reason: "SES answered 500", due_at: null }
    expect(await deliveryOf(bob)).toMatchObject(dead)
    await cronAt(NOON + 7 * DAY)
    expect(await deliveryOf(bob)).toMatchObject(dead)
    expect(requests).toHaveLength(7)
  })

  it.each([
    ["EMAIL_FROM is not set", { EMAIL_FROM: "" }],
    ["EMAIL_FROM is not an address", { EMAIL_FROM: "Dalgo <notifications@dalgo.test>" }],
    ["SES_ACCESS_KEY_ID is not set", { SES_ACCESS_KEY_ID: "" }],
    ["SES_SECRET_ACCESS_KEY is not set", { SES_SECRET_ACCESS_KEY: "" }],
  ])("may be a setting: no mail is lost where %s", async (reason, missing) => {
    const post = mailing()
    const { explicitAcks } = await deliver(await announced(), missing)
    expect(explicitAcks).toEqual(["m0"])
    const { due_at: due, ...rest } = await deliveryOf(bob)
    expect(rest).toMatchObject({ status: "pending", attempts: 1, reason })
    await cronAt(due + MINUTE)
    expect(recipients(post)).toEqual(both)
  })
})

describe("a worker that dies", () => {
  /** The database, until `when` says of a statement that this is where the connection is lost. */
  const losing = (when: "before" | "after") => {
    const prepare = (sql: string) => {
      const statement = env.DB.prepare(sql)
      if (!sql.includes("providerId")) return statement
      return {
        bind: (...values: unknown[]) => ({
          run: async () => {
            if (when === "after") await statement.bind(...values).run()
            throw new Error("Network connection lost")
          },
        }),
      }
    }
    return { DB: { prepare, batch: env.DB.batch.bind(env.DB) } }
  }

  it("after it took the mails is followed by another when its lease ends", async () => {
    const post = mailing()
    const message = await announced()
    await rows("UPDATE deliveries SET status = 'sending', attempts = 1, due_at = ?", NOON + LEASE)
    await deliver(message)
    await cronAt(NOON + LEASE - 1)
    expect(post.mails).toEqual([])
    await cronAt(NOON + LEASE)
    await cronAt(NOON + LEASE)
    expect(recipients(post)).toEqual(both)
    expect((await deliveries()).map((row) => row.attempts)).toEqual([2, 2])
  })

  it("between the provider's yes and our record makes each mail come exactly once more", async () => {
    const post = mailing()
    const message = await announced()
    const result = await deliver(message, losing("before"))
    expect(result.retryMessages).toHaveLength(1)
    expect(result.delays).toEqual([300])
    expect(recipients(post)).toEqual(both)
    expect((await deliveries()).map((row) => row.status)).toEqual(["sending", "sending"])

    await deliver(message)
    await cronAt(NOON + LEASE - 1)
    expect(recipients(post)).toEqual(both)
    await cronAt(NOON + LEASE)
    await deliver(message)
    await cronAt(NOON + DAY)
    expect(recipients(post)).toEqual([alice.email, ...both, bob.email])
    expect((await deliveries()).map((row) => row.status)).toEqual(["sent", "sent"])
  })

  it("after the record was written, but before it knew, makes no mail come twice", async () => {
    const post = mailing()
    const message = await announced()
    const result = await deliver(message, losing("after"))
    expect(result.retryMessages).toHaveLength(1)
    vi.setSystemTime(NOON + LEASE)
    await deliver(message)
    await cronAt(NOON + DAY)
    expect(recipients(post)).toEqual(both)
  })

  it("each time is given up in the end", async () => {
    const post = mailing()
    await announced()
    await rows("UPDATE deliveries SET status = 'sending', attempts = 8, due_at = ?", NOON + LEASE)
    await cronAt(NOON + LEASE)
    expect(await deliveryOf(bob)).toMatchObject({ status: "dead", reason: "no try was ever finished", due_at: null })
    expect(post.mails).toEqual([])
  })

  it.each([
    ["has sent", ["follower", "slow"]],
    ["is sending", ["slow", "follower"]],
  ])("or is only slow decides nothing about what its follower %s", async (_, order) => {
    const answers = { slow: Promise.withResolvers<Response>(), follower: Promise.withResolvers<Response>() }
    const { requests } = outside(() => (requests.length === 1 ? answers.slow.promise : answers.follower.promise))
    const message = await announced({ sent_to: "single_user", user_email: bob.email })
    const slow = deliver(message)
    while (requests.length < 1) await scheduler.wait(1)
    vi.setSystemTime(NOON + LEASE)
    const follower = deliver(message)
    while (requests.length < 2) await scheduler.wait(1)

    for (const who of order) {
      if (who === "slow") answers.slow.resolve(refused())
      else answers.follower.resolve(Response.json({ MessageId: "the second" }))
      await (who === "slow" ? slow : follower)
    }
    expect(await deliveryOf(bob)).toMatchObject({ status: "sent", attempts: 2, provider_id: "the second" })
  })
})
