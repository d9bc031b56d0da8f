import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it, vi } from "vitest"
import type { DeliveryMessage } from "../../src/runtime/queue-messages"
import { DAY, HOUR, MINUTE, NOON, SECOND } from "../support/clock"
import { fakeFetch } from "../support/fake-fetch"
import { fakeSes } from "../support/fake-ses"
import { alice, bob, server } from "../support/people"
import { captureQueues, consume, runCron } from "../support/queues"
import { selectRows } from "../support/select-rows"

const LEASE = 5 * MINUTE

let sent: ReturnType<typeof captureQueues>["sent"]
let drain: ReturnType<typeof captureQueues>["drain"]
let lose: ReturnType<typeof captureQueues>["lose"]

beforeEach(() => {
  vi.setSystemTime(NOON)
  ;({ sent, drain, lose } = captureQueues())
})

/** SES. `fail` may give an error response for an address. */
function useSes(fail?: (to: string) => Response | undefined) {
  const provider = fakeSes(fail)
  fakeFetch(provider.handler)
  return provider
}
const recipients = (provider: ReturnType<typeof useSes>) => provider.mails.map((mail) => mail.to).sort()
const both = [alice.email, bob.email]
const only = (person: { email: string }, response: () => Response) => (to: string) =>
  to === person.email ? response() : undefined
const rejected = () => new Response(null, { status: 400, headers: { "x-amzn-errortype": "MessageRejected" } })
const busy = (retryAfter?: string) => () =>
  new Response(null, { status: 429, ...(retryAfter && { headers: { "retry-after": retryAfter } }) })

/** Publishes a notification to Acme and returns the queue message for its e-mails, which are not sent yet. */
async function publishToAcme(changes: object = {}): Promise<DeliveryMessage> {
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
  selectRows("SELECT recipient_id, status, attempts, reason, provider_id, due_at FROM deliveries ORDER BY recipient_id")
const deliveryOf = async (person: { orgUserId: number }) =>
  (await deliveries()).find((row) => row.recipient_id === person.orgUserId)
/** Runs the cron at this time, and then the queues. */
async function cronAt(time: number): Promise<void> {
  vi.setSystemTime(time)
  await runCron()
  await drain()
}

describe("a message", () => {
  it("sends an e-mail to each of its recipients and records it", async () => {
    const provider = useSes()
    const message = await publishToAcme()
    expect(message).toEqual({ channel: "email", notificationId: 1, recipientIds: [alice.orgUserId, bob.orgUserId] })
    const { explicitAcks } = await deliver(message)
    expect(explicitAcks).toEqual(["m0"])
    expect(recipients(provider)).toEqual(both)
    const done = { status: "sent", attempts: 1, reason: null, due_at: null }
    expect(await deliveries()).toEqual([
      { recipient_id: alice.orgUserId, provider_id: expect.stringMatching(/^mail-[12]$/), ...done },
      { recipient_id: bob.orgUserId, provider_id: expect.stringMatching(/^mail-[12]$/), ...done },
    ])
  })

  it("sends e-mails that say whether they are urgent", async () => {
    const provider = useSes()
    await deliver(await publishToAcme({ urgent: true }))
    await deliver(await publishToAcme())
    expect(provider.mails.map(({ text }) => text.startsWith("Urgent · Incident"))).toEqual([true, true, false, false])
  })

  it("sends nothing when it comes again", async () => {
    const provider = useSes()
    const message = await publishToAcme()
    for (let i = 0; i < 3; i += 1) await deliver(message)
    await cronAt(NOON + DAY)
    expect(recipients(provider)).toEqual(both)
  })

  it("sends nothing twice when three consumers get it at once", async () => {
    const provider = useSes()
    const message = await publishToAcme()
    await Promise.all([deliver(message), deliver(message), deliver(message)])
    expect(recipients(provider)).toEqual(both)
    expect((await deliveries()).map((row) => row.attempts)).toEqual([1, 1])
  })

  it("cannot add a recipient", async () => {
    const provider = useSes()
    const message = await publishToAcme({ sent_to: "single_user", user_email: bob.email })
    await deliver({ ...message, recipientIds: [1, 2, 3, 4] })
    expect(recipients(provider)).toEqual([bob.email])
  })

  it("is acknowledged if its notification does not exist", async () => {
    useSes()
    const { explicitAcks } = await deliver({ channel: "email", notificationId: 404, recipientIds: [1] })
    expect(explicitAcks).toEqual(["m0"])
  })

  it("may be lost: the cron enqueues the rows again after a minute", async () => {
    const provider = useSes()
    lose("dalgo-deliveries")
    const answer = await server.post("/api/notifications/", {
      author: "Dalgo",
      message: "The warehouse is down",
      sent_to: "all_org_users",
      org_slug: "acme",
    })
    expect(answer.status).toBe(200)
    await cronAt(NOON + MINUTE - 1)
    expect(provider.mails).toEqual([])
    await cronAt(NOON + MINUTE)
    await cronAt(NOON + MINUTE)
    expect(recipients(provider)).toEqual(both)
  })

  it("leaves its rows to the cron when the queue gives it up", async () => {
    const provider = useSes()
    const message = await publishToAcme()
    expect((await consume("dalgo-deliveries-dead", [message])).ackAll).toBe(true)
    await cronAt(NOON + MINUTE)
    expect(recipients(provider)).toEqual(both)
  })

  it("holds up no other of its batch when it throws, and is retried after the lease", async () => {
    const provider = useSes()
    const message = await publishToAcme()
    const broken = { ...message, notificationId: {} } as unknown as DeliveryMessage
    const result = await consume("dalgo-deliveries", [broken, message])
    expect(result.explicitAcks).toEqual(["m1"])
    expect(result.retryMessages).toMatchObject([{ msgId: "m0" }])
    expect(result.delays).toEqual([300])
    expect(recipients(provider)).toEqual(both)
  })
})

describe("an e-mail", () => {
  it("has an unsubscribe link of its recipient and a link to the inbox", async () => {
    const provider = useSes()
    await deliver(await publishToAcme())
    const [one, two] = provider.mails
    expect(one?.headers["List-Unsubscribe"]).toMatch(
      /^<https:\/\/notifications\.dalgo\.test\/unsubscribe\?token=[\w.-]+>$/,
    )
    expect(one?.headers["List-Unsubscribe"]).not.toBe(two?.headers["List-Unsubscribe"])
    expect(one?.subject).toBe("[Acme] Incident Notifications: The warehouse is down")
    expect(one?.text).toContain("https://app.dalgo.test/notifications")
  })

  it("has no unsubscribe link without PUBLIC_URL", async () => {
    const provider = useSes()
    await deliver(await publishToAcme(), { PUBLIC_URL: "" })
    expect(provider.mails[0]?.headers).not.toHaveProperty("List-Unsubscribe")
  })

  it("goes to the recipient's current address", async () => {
    const provider = useSes()
    const message = await publishToAcme()
    await selectRows("UPDATE org_users SET email = 'robert@acme.test' WHERE id = ?", bob.orgUserId)
    await deliver(message)
    expect(recipients(provider)).toEqual([alice.email, "robert@acme.test"])
  })

  it("has the sender's subject, as one line", async () => {
    const provider = useSes()
    await deliver(await publishToAcme({ email_subject: "Please read\r\nBcc: everybody@acme.test" }))
    expect(provider.mails[0]?.subject).toBe("Please read Bcc: everybody@acme.test")
  })

  it("is suppressed for a former member, with the reason", async () => {
    const provider = useSes()
    const message = await publishToAcme()
    await selectRows("UPDATE org_users SET removed_at = ? WHERE id = ?", NOON, bob.orgUserId)
    await deliver(message)
    expect(recipients(provider)).toEqual([alice.email])
    expect(await deliveryOf(bob)).toMatchObject({ status: "suppressed", reason: "not_a_member", due_at: null })
    await cronAt(NOON + DAY)
    expect(recipients(provider)).toEqual([alice.email])
  })

  it("is sent through Cloudflare if that is the provider", async () => {
    useSes()
    const send = vi.spyOn(env.EMAIL, "send").mockResolvedValue({ messageId: "cf-1" })
    await deliver(await publishToAcme(), { EMAIL_PROVIDER: "cloudflare" })
    expect(send.mock.calls.map(([mail]) => (mail as { to: string }).to).sort()).toEqual(both)
    expect(await deliveryOf(bob)).toMatchObject({ status: "sent", provider_id: "cf-1" })
  })
})

describe("a rejected e-mail", () => {
  it("does not hold up the others", async () => {
    const provider = useSes(only(alice, rejected))
    await deliver(await publishToAcme())
    expect(recipients(provider)).toEqual([bob.email])
    expect((await deliveries()).map((row) => row.status)).toEqual(["failed", "sent"])
  })

  it("is failed with its reason, and never retried", async () => {
    const provider = useSes(only(alice, rejected))
    const message = await publishToAcme()
    await deliver(message)
    const failure = { status: "failed", attempts: 1, reason: "SES answered 400 MessageRejected", due_at: null }
    expect(await deliveryOf(alice)).toMatchObject(failure)
    await deliver(message)
    await cronAt(NOON + DAY)
    expect(await deliveryOf(alice)).toMatchObject(failure)
    expect(recipients(provider)).toEqual([bob.email])
  })
})

describe("a suppressed address", () => {
  const WHY = "the provider does not write to this address at present"
  const suppressing = () =>
    vi.spyOn(env.EMAIL, "send").mockImplementation(async (mail) => {
      if ((mail as { to: string }).to !== bob.email) return { messageId: "cf-1" }
      throw Object.assign(new Error(`${bob.email} is suppressed`), { code: "E_RECIPIENT_SUPPRESSED" })
    })
  const byCloudflare = { EMAIL_PROVIDER: "cloudflare" }

  it("fails that one e-mail, and admins can see it", async () => {
    const send = suppressing()
    const message = await publishToAcme()
    await deliver(message, byCloudflare)
    await deliver(message, byCloudflare)
    expect(send).toHaveBeenCalledTimes(2)
    expect(await deliveryOf(bob)).toMatchObject({ status: "failed", reason: WHY, due_at: null })
    const { res } = await (await alice.get("/api/notifications/deliveries")).json<any>()
    expect(res).toMatchObject([{ id: "1-email-2", status: "failed", reason: WHY }])
  })

  it("turns nothing off: the e-mail can be sent again, and the next one is attempted", async () => {
    const send = suppressing()
    await deliver(await publishToAcme(), byCloudflare)
    await runCron()
    await drain()
    expect(await selectRows("SELECT * FROM user_notification_preferences")).toEqual([])
    expect(await selectRows("SELECT * FROM signal_events")).toEqual([])

    send.mockResolvedValue({ messageId: "cf-2" })
    await alice.post("/api/notifications/deliveries/1-email-2/resend")
    const [again] = sent.splice(0)
    await deliver(again?.body as DeliveryMessage, byCloudflare)
    expect(await deliveryOf(bob)).toMatchObject({ status: "sent", provider_id: "cf-2" })
  })
})

describe("a transient failure", () => {
  it("is due again after about 30 seconds, when the cron finds it and it is sent", async () => {
    const failing = useSes(only(bob, busy()))
    const message = await publishToAcme()
    await deliver(message)
    expect(recipients(failing)).toEqual([alice.email])
    const { due_at: due, ...rest } = await deliveryOf(bob)
    expect(rest).toMatchObject({ status: "pending", attempts: 1, reason: "SES answered 429" })
    expect(due).toBeGreaterThanOrEqual(NOON + 24 * SECOND)
    expect(due).toBeLessThanOrEqual(NOON + 36 * SECOND)

    const provider = useSes()
    vi.setSystemTime(due - 1)
    await runCron()
    await deliver(message)
    expect(sent).toEqual([])
    expect(provider.mails).toEqual([])

    vi.setSystemTime(due)
    await runCron()
    expect(sent).toEqual([
      { queue: "dalgo-deliveries", body: { ...message, recipientIds: [bob.orgUserId] }, delaySeconds: 0 },
    ])
    await drain()
    expect(recipients(provider)).toEqual([bob.email])
    expect(await deliveryOf(bob)).toMatchObject({ status: "sent", attempts: 2, reason: null, due_at: null })
  })

  it.each<[string, string, number]>([
    ["an hour", "3600", HOUR],
    ["at most 12 hours", "999999", 12 * HOUR],
  ])("is retried when the provider asks for it: %s", async (_, header, expected) => {
    useSes(busy(header))
    await deliver(await publishToAcme())
    expect(await deliveryOf(bob)).toMatchObject({ status: "pending", due_at: NOON + expected })
  })

  it("is dead after seven attempts, about nine hours later, and its row stays", async () => {
    const { requests } = fakeFetch(() => new Response(null, { status: 500 }))
    await deliver(await publishToAcme({ sent_to: "single_user", user_email: bob.email }))
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
    [
      "EMAIL_FROM is not usable: it must be one e-mail address and nothing else, in ASCII before the @",
      { EMAIL_FROM: "Dalgo <notifications@dalgo.test>" },
    ],
    ["SES_ACCESS_KEY_ID is not set", { SES_ACCESS_KEY_ID: "" }],
    ["SES_SECRET_ACCESS_KEY is not set", { SES_SECRET_ACCESS_KEY: "" }],
  ])("may be a wrong setting, and no e-mail is lost: %s", async (reason, missing) => {
    const provider = useSes()
    const { explicitAcks } = await deliver(await publishToAcme(), missing)
    expect(explicitAcks).toEqual(["m0"])
    const { due_at: due, ...rest } = await deliveryOf(bob)
    expect(rest).toMatchObject({ status: "pending", attempts: 1, reason })
    await cronAt(due + MINUTE)
    expect(recipients(provider)).toEqual(both)
  })
})

describe("a worker that dies", () => {
  /** The database, which loses the connection before or after the outcomes are recorded. */
  const disconnecting = (when: "before" | "after") => {
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

  it("after the claim is followed by another worker when the lease ends", async () => {
    const provider = useSes()
    const message = await publishToAcme()
    await selectRows("UPDATE deliveries SET status = 'sending', attempts = 1, due_at = ?", NOON + LEASE)
    await deliver(message)
    await cronAt(NOON + LEASE - 1)
    expect(provider.mails).toEqual([])
    await cronAt(NOON + LEASE)
    await cronAt(NOON + LEASE)
    expect(recipients(provider)).toEqual(both)
    expect((await deliveries()).map((row) => row.attempts)).toEqual([2, 2])
  })

  it("between sending and recording makes each e-mail come exactly once more", async () => {
    const provider = useSes()
    const message = await publishToAcme()
    const result = await deliver(message, disconnecting("before"))
    expect(result.retryMessages).toHaveLength(1)
    expect(result.delays).toEqual([300])
    expect(recipients(provider)).toEqual(both)
    expect((await deliveries()).map((row) => row.status)).toEqual(["sending", "sending"])

    await deliver(message)
    await cronAt(NOON + LEASE - 1)
    expect(recipients(provider)).toEqual(both)
    await cronAt(NOON + LEASE)
    await deliver(message)
    await cronAt(NOON + DAY)
    expect(recipients(provider)).toEqual([alice.email, ...both, bob.email])
    expect((await deliveries()).map((row) => row.status)).toEqual(["sent", "sent"])
  })

  it("after recording, but before it got the result, makes no e-mail come twice", async () => {
    const provider = useSes()
    const message = await publishToAcme()
    const result = await deliver(message, disconnecting("after"))
    expect(result.retryMessages).toHaveLength(1)
    vi.setSystemTime(NOON + LEASE)
    await deliver(message)
    await cronAt(NOON + DAY)
    expect(recipients(provider)).toEqual(both)
  })

  it("in each attempt makes the row dead in the end", async () => {
    const provider = useSes()
    await publishToAcme()
    await selectRows("UPDATE deliveries SET status = 'sending', attempts = 8, due_at = ?", NOON + LEASE)
    await cronAt(NOON + LEASE)
    expect(await deliveryOf(bob)).toMatchObject({ status: "dead", reason: "no try was ever finished", due_at: null })
    expect(provider.mails).toEqual([])
  })

  it.each([
    ["has sent", ["follower", "slow"]],
    ["is sending", ["slow", "follower"]],
  ])("or is slow after its lease cannot overwrite the outcome of a worker that %s", async (_, order) => {
    const answers = { slow: Promise.withResolvers<Response>(), follower: Promise.withResolvers<Response>() }
    const { requests } = fakeFetch(() => (requests.length === 1 ? answers.slow.promise : answers.follower.promise))
    const message = await publishToAcme({ sent_to: "single_user", user_email: bob.email })
    const slow = deliver(message)
    while (requests.length < 1) await scheduler.wait(1)
    vi.setSystemTime(NOON + LEASE)
    const follower = deliver(message)
    while (requests.length < 2) await scheduler.wait(1)

    for (const worker of order) {
      if (worker === "slow") answers.slow.resolve(rejected())
      else answers.follower.resolve(Response.json({ MessageId: "the second" }))
      await (worker === "slow" ? slow : follower)
    }
    expect(await deliveryOf(bob)).toMatchObject({ status: "sent", attempts: 2, provider_id: "the second" })
  })
})
