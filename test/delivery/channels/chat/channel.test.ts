import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it, vi } from "vitest"
import { openDb } from "../../../../src/db/client"
import { selectWebhooks } from "../../../../src/delivery/channels/chat/queries"
import type { DeliveryMessage } from "../../../../src/runtime/queue-messages"
import { DAY, HOUR, MINUTE, NOON, SECOND } from "../../../support/clock"
import { metered } from "../../../support/d1-meter"
import { fakeFetch } from "../../../support/fake-fetch"
import { fakeSes } from "../../../support/fake-ses"
import { inboxOf } from "../../../support/inbox"
import {
  ACME,
  alice,
  type ApiClient,
  bob,
  charlie,
  dora,
  GLOBEX,
  server,
  waitForBackgroundWork,
} from "../../../support/people"
import { captureQueues, consume, runCron } from "../../../support/queues"
import {
  DISCORD_WEBHOOK,
  fakeChatProducts,
  type PostedMessage,
  SLACK_WEBHOOK,
} from "../../../support/fake-chat-products"
import { selectRows } from "../../../support/select-rows"

const PRODUCTS = [
  { product: "discord", name: "Discord", webhook: DISCORD_WEBHOOK, other: "https://discord.com/api/webhooks/2/other" },
  { product: "slack", name: "Slack", webhook: SLACK_WEBHOOK, other: "https://hooks.slack.com/services/T2/B2/other" },
] as const
type Product = (typeof PRODUCTS)[number]

let queue: ReturnType<typeof captureQueues>
beforeEach(() => {
  vi.setSystemTime(NOON)
  queue = captureQueues()
})

/** Chat products that answer what `fail` returns, and a mail provider. */
function startOutside(fail?: (message: PostedMessage) => Response | undefined) {
  const products = fakeChatProducts(fail)
  const mail = fakeSes()
  fakeFetch(products.handler, mail.handler)
  return { ...products, mails: mail.mails }
}
const answering =
  (status: number, body = "no_service") =>
  () =>
    new Response(body, { status })
const gone = answering(404)

const store = async ({ product }: Product, webhook: string, as: ApiClient = alice) => {
  const change = { [`enable_${product}_notifications`]: true, [`${product}_webhook`]: webhook }
  expect((await as.put(`/api/orgpreferences/enable-${product}-notifications`, change)).status).toBe(200)
}
const preferencesOf = async (one: ApiClient) => (await (await one.get("/api/orgpreferences/")).json<any>()).res
const notify = async (changes: object = {}) => {
  const notification = { author: "Dalgo", message: "The warehouse is down", sent_to: "all_org_users", org_slug: "acme" }
  const answer = await server.post("/api/notifications/", { ...notification, category: "incident", ...changes })
  expect(answer.status).toBe(200)
  await waitForBackgroundWork()
}
const cronAt = async (time: number) => {
  vi.setSystemTime(time)
  await runCron()
  await queue.drain()
}
const deliveryOf = async ({ product }: Product, notificationId = 1) =>
  (
    await selectRows(
      `SELECT recipient_id, status, attempts, reason, provider_id, due_at FROM deliveries
       WHERE channel = ? AND notification_id = ?`,
      product,
      notificationId,
    )
  )[0]
const failedOf = async (one: ApiClient) =>
  (await (await one.get("/api/notifications/deliveries")).json<any>()).res.filter(
    (each: any) => each.channel !== "email",
  )

describe.each(PRODUCTS)("the chat channel of $name", (target) => {
  const { product, name, webhook, other } = target
  const messageTo = (id = 1): DeliveryMessage => ({ channel: product, notificationId: id, recipientIds: [ACME] })

  it("posts a notification once, however often the queue and the cron run", async () => {
    const posted = startOutside()
    await store(target, webhook)
    await notify()
    await queue.drain()
    for (let i = 0; i < 3; i += 1) await consume("dalgo-deliveries", [messageTo()])
    await cronAt(NOON + DAY)
    expect(posted[product].map((message) => message.webhook)).toEqual([webhook])
    expect(JSON.stringify(posted[product][0]?.body)).toContain("The warehouse is down")
    expect(await deliveryOf(target)).toEqual({
      recipient_id: ACME,
      status: "sent",
      attempts: 1,
      reason: null,
      provider_id: product === "discord" ? "901" : null,
      due_at: null,
    })
  })

  it("posts once though the queue messages were lost", async () => {
    const posted = startOutside()
    await store(target, webhook)
    queue.lose("dalgo-deliveries")
    queue.lose("dalgo-deliveries")
    await notify()
    queue.sent.splice(0)
    await cronAt(NOON + MINUTE)
    await cronAt(NOON + MINUTE)
    expect(posted[product]).toHaveLength(1)
  })

  it("posts a scheduled notification at its time, through the webhook stored by then", async () => {
    const posted = startOutside()
    await store(target, webhook)
    await notify({ scheduled_time: new Date(NOON + HOUR).toISOString() })
    await queue.drain()
    await cronAt(NOON + MINUTE)
    expect(posted[product]).toEqual([])
    await store(target, other)
    await cronAt(NOON + HOUR)
    await cronAt(NOON + HOUR)
    expect(posted[product].map((message) => message.webhook)).toEqual([other])
  })

  it("posts to each organisation only what is for all of its members", async () => {
    const posted = startOutside()
    await store(target, webhook)
    await store(target, other, charlie)
    await notify({ org_slug: "globex", message: "to globex" })
    await notify({ sent_to: "all_users", message: "to all" })
    await notify({ sent_to: "single_user", user_email: bob.email, message: "to Bob" })
    await notify({ manager_or_above: true, message: "to admins" })
    await queue.drain()
    const postedTo = (to: string) =>
      posted[product]
        .filter((message) => message.webhook === to)
        .map(({ body }) => /to \w+/.exec(JSON.stringify(body))?.[0])
    expect(postedTo(webhook)).toEqual(["to all"])
    expect(new Set(postedTo(other))).toEqual(new Set(["to all", "to globex"]))
  })

  it("suppresses the delivery once the product is switched off", async () => {
    const posted = startOutside()
    await store(target, webhook)
    await notify()
    const off = { [`enable_${product}_notifications`]: false }
    await alice.put(`/api/orgpreferences/enable-${product}-notifications`, off)
    await queue.drain()
    expect(posted[product]).toEqual([])
    expect(await deliveryOf(target)).toMatchObject({
      status: "suppressed",
      reason: `${name} is switched off for this organisation`,
      due_at: null,
    })
  })

  it("retries a temporary failure after the delay that the product asks for", async () => {
    const busy = () => new Response("", { status: 429, headers: { "retry-after": "3600" } })
    startOutside(busy)
    await store(target, webhook)
    await notify()
    await queue.drain()
    expect(await deliveryOf(target)).toMatchObject({
      status: "pending",
      reason: `${name} answered 429`,
      due_at: NOON + HOUR,
    })
    const posted = startOutside()
    await cronAt(NOON + HOUR)
    expect(posted[product]).toHaveLength(1)
    expect(await preferencesOf(alice)).toMatchObject({ [`enable_${product}_notifications`]: true })
  })

  it.each([
    ["is missing", "SECRETS_KEYS has no key new", ""],
    ["is another one", "SECRETS_KEYS has no key new", "old:b2xkLWtleS1vZi10aGUtdGVzdHMtMzItYnl0ZXMtISE"],
    [
      "has the wrong bytes",
      "the key new in SECRETS_KEYS does not open what is stored",
      "new:b2xkLWtleS1vZi10aGUtdGVzdHMtMzItYnl0ZXMtISE",
    ],
  ])("retries where the key of SECRETS_KEYS %s", async (_, reason, SECRETS_KEYS) => {
    const posted = startOutside()
    await store(target, webhook)
    await notify()
    queue.sent.splice(0)
    await consume("dalgo-deliveries", [messageTo()], { changes: { SECRETS_KEYS } })
    const { due_at: due, ...rest } = await deliveryOf(target)
    expect(rest).toMatchObject({ status: "pending", reason })
    await cronAt(due)
    expect(posted[product]).toHaveLength(1)
  })

  it("lets its own admins list a refused message and send it again", async () => {
    startOutside(answering(400, "something_new"))
    await store(target, webhook)
    await notify()
    await queue.drain()
    const [failed, ...others] = await failedOf(alice)
    expect(others).toEqual([])
    expect(failed).toMatchObject({
      id: `1-${product}-${ACME}`,
      channel: product,
      recipient: "Acme",
      status: "failed",
      reason: `${name} answered 400`,
    })
    for (const one of [dora, server]) expect(await failedOf(one)).toEqual([failed])
    expect(await failedOf(charlie)).toEqual([])

    const posted = startOutside()
    const again = `/api/notifications/deliveries/${failed.id}/resend`
    expect((await charlie.post(again)).status).toBe(404)
    expect((await bob.post(again)).status).toBe(403)
    expect((await alice.post(again)).status).toBe(200)
    await queue.drain()
    expect(posted[product]).toHaveLength(1)
    expect(await failedOf(alice)).toEqual([])
  })

  it("is in nobody's trace", async () => {
    startOutside()
    await store(target, webhook)
    await notify()
    await queue.drain()
    const trace = await (await bob.get("/api/notifications/1/trace")).json<any>()
    expect(trace.res.map((entry: any) => entry.channel)).toEqual(["inbox", "email"])
  })

  it("reads no webhooks of other organisations", async () => {
    await store(target, webhook)
    await selectRows(
      "INSERT INTO orgs (slug, name) SELECT 'org' || value, 'Org' FROM json_each(?)",
      JSON.stringify(Array.from({ length: 200 }, (_, i) => i)),
    )
    await selectRows(
      `INSERT INTO chat_webhooks (org_id, product, enabled, webhook, created_at, updated_at)
       SELECT id, ?, 1, 'https://' || id, 0, 0 FROM orgs WHERE slug LIKE 'org%'`,
      product,
    )
    const { db, spent } = metered(env.DB)
    expect(await selectWebhooks(openDb(db), { product, orgIds: [ACME] })).toHaveLength(1)
    expect(spent.rowsRead).toBeLessThan(10)
  })

  it("posts through a plain webhook that came from Dalgo", async () => {
    const posted = startOutside()
    await selectRows(
      `INSERT INTO chat_webhooks (org_id, product, enabled, webhook, created_at, updated_at)
       VALUES (?, ?, 1, ?, 0, 0)`,
      ACME,
      product,
      webhook,
    )
    await notify()
    await queue.drain()
    expect(posted[product].map((message) => message.webhook)).toEqual([webhook])
  })
})

describe.each(PRODUCTS)("a webhook of $name that is gone", (target) => {
  const { product, name, webhook, other } = target
  const ANNOUNCEMENT = `${name} takes no more messages from Dalgo`
  const enabled = async () =>
    (await selectRows("SELECT enabled FROM chat_webhooks WHERE org_id = ? AND product = ?", ACME, product))[0].enabled
  const events = () => selectRows("SELECT source, body, status, reason FROM signal_events")
  const announcementsTo = async (one: ApiClient) =>
    (await inboxOf(one)).filter(({ message }) => message.startsWith(ANNOUNCEMENT)).length

  it("is disabled, and its admins are told once, in the inbox and by e-mail", async () => {
    const { mails } = startOutside(gone)
    await store(target, webhook)
    await notify()
    await queue.drain()
    await cronAt(NOON + DAY)

    expect(await enabled()).toBe(0)
    const [announcement] = await inboxOf(alice)
    expect(announcement).toMatchObject({ category: "system", urgent: false, author: "Dalgo" })
    expect(announcement?.message).toContain(ANNOUNCEMENT)
    expect(announcement?.message).toMatch(/\nTechnical details: the webhook was (deleted|removed) there\./)
    expect(await announcementsTo(alice)).toBe(1)
    for (const one of [bob, charlie, dora]) expect(await announcementsTo(one)).toBe(0)
    expect(mails.filter((mail) => mail.text.includes(ANNOUNCEMENT)).map((mail) => mail.to)).toEqual([alice.email])

    const all = JSON.stringify([
      await selectRows("SELECT * FROM signal_events"),
      announcement,
      mails,
      await failedOf(alice),
    ])
    expect(all).not.toContain(webhook.slice(-12))
    expect(await events()).toEqual([
      { source: "room_gone", body: JSON.stringify({ orgId: ACME, product }), status: "processed", reason: "published" },
    ])
    expect(await deliveryOf(target)).toMatchObject({ status: "failed", due_at: null })
    expect((await deliveryOf(target)).reason).toMatch(new RegExp(`^${name} answered 404: the webhook was`))
  })

  it("shows its admins since when it is gone, why, and its last characters; and members nothing", async () => {
    startOutside(gone)
    await store(target, webhook)
    await notify()
    await queue.drain()
    const switchedOff = `${product}_switched_off`
    expect(await preferencesOf(alice)).toMatchObject({
      [`enable_${product}_notifications`]: false,
      [`${product}_webhook`]: expect.stringMatching(new RegExp(`…${webhook.slice(-4)}$`)),
      [switchedOff]: { at: new Date(NOON).toISOString(), reason: expect.stringContaining("the webhook was") },
    })
    expect(await preferencesOf(bob)).not.toHaveProperty(switchedOff)
    await store(target, other)
    expect(await preferencesOf(alice)).not.toHaveProperty(switchedOff)
  })

  it("fails the deliveries that are still pending without another request", async () => {
    const { requests } = fakeFetch(fakeChatProducts(gone).handler, fakeSes().handler)
    await store(target, webhook)
    for (const message of ["one", "two", "three"]) await notify({ message })
    await queue.drain()
    await cronAt(NOON + DAY)
    expect(requests.filter(({ url }) => url.includes(webhook))).toHaveLength(1)
    for (const id of [2, 3]) {
      expect(await deliveryOf(target, id)).toMatchObject({
        status: "failed",
        reason: expect.stringMatching(`^${name} was switched off: the webhook was (deleted|removed) there$`),
        due_at: null,
      })
    }
    expect(await announcementsTo(alice)).toBe(1)
  })

  it("can be replaced, and then its failed deliveries can be sent again", async () => {
    startOutside(gone)
    await store(target, webhook)
    for (const message of ["one", "two", "three"]) await notify({ message })
    await queue.drain()
    const missed = await failedOf(alice)
    expect(missed.map((each: any) => each.notification_id).sort()).toEqual([1, 2, 3])

    const posted = startOutside()
    await store(target, other)
    for (const { id } of missed) {
      expect((await alice.post(`/api/notifications/deliveries/${id}/resend`)).status).toBe(200)
    }
    await queue.drain()
    const words = posted[product].map(({ body }) => /one|two|three/.exec(JSON.stringify(body))?.[0])
    expect(new Set(words)).toEqual(new Set(["one", "two", "three"]))
    expect(words).toHaveLength(3)
    expect(await failedOf(alice)).toEqual([])
  })

  it("suppresses the pending deliveries once an admin switches the product off", async () => {
    startOutside(gone)
    await store(target, webhook)
    await notify({ message: "one" })
    await queue.drain()
    await store(target, "")
    await notify({ message: "two" })
    const off = { [`enable_${product}_notifications`]: false }
    await alice.put(`/api/orgpreferences/enable-${product}-notifications`, off)
    await queue.drain()
    expect(await deliveryOf(target, 3)).toMatchObject({
      status: "suppressed",
      reason: `${name} is switched off for this organisation`,
    })
  })

  it("is one event though concurrent sends find it gone", async () => {
    startOutside(gone)
    await store(target, webhook)
    for (const message of ["one", "two", "three"]) await notify({ message })
    const messages = queue.sent.splice(0).map(({ body }) => body as DeliveryMessage)
    await Promise.all(
      messages.filter((one) => one.channel === product).map((one) => consume("dalgo-deliveries", [one])),
    )
    await queue.drain()
    expect(await events()).toHaveLength(1)
    expect(await announcementsTo(alice)).toBe(1)
  })

  it("is announced once though the event runs twice and its queue message is lost", async () => {
    startOutside(gone)
    await store(target, webhook)
    await notify()
    queue.lose("dalgo-signals")
    await queue.drain()
    expect(await announcementsTo(alice)).toBe(0)
    await cronAt(NOON + MINUTE)
    expect(await announcementsTo(alice)).toBe(1)

    await selectRows("UPDATE signal_events SET status = 'received', attempts = 0, due_at = 1")
    const again = { kind: "room_gone", eventId: 1 } as const
    await Promise.all([consume("dalgo-signals", [again]), consume("dalgo-signals", [again])])
    await cronAt(NOON + DAY)
    expect(await announcementsTo(alice)).toBe(1)
    expect(await events()).toMatchObject([{ status: "processed", reason: "already_published" }])
  })

  it("is not announced where an admin stored another webhook before the event is processed", async () => {
    startOutside(gone)
    await store(target, webhook)
    await notify()
    queue.lose("dalgo-signals")
    await queue.drain()
    await store(target, other)
    await cronAt(NOON + MINUTE)
    expect(await announcementsTo(alice)).toBe(0)
    expect(await events()).toMatchObject([{ status: "ignored", reason: "corrected" }])
  })

  it("is announced once though the worker died before it recorded the delivery", async () => {
    startOutside(gone)
    await store(target, webhook)
    await notify()
    await queue.drain()
    await selectRows(
      "UPDATE deliveries SET status = 'sending', attempts = 1, due_at = ? WHERE channel = ?",
      NOON,
      product,
    )
    await cronAt(NOON + HOUR)
    expect(await deliveryOf(target)).toMatchObject({ status: "failed" })
    expect(await announcementsTo(alice)).toBe(1)
  })

  it("is announced after a failed attempt was retried, and given up after twelve attempts", async () => {
    startOutside(gone)
    await store(target, webhook)
    await notify()
    queue.lose("dalgo-signals")
    await queue.drain()
    const [{ body }] = await events()
    await selectRows("UPDATE signal_events SET body = 'not JSON'")
    const again = { kind: "room_gone", eventId: 1 } as const
    await consume("dalgo-signals", [again])
    expect(await selectRows("SELECT status, reason, due_at FROM signal_events")).toEqual([
      { status: "received", reason: "SyntaxError", due_at: NOON + 30 * SECOND },
    ])

    await selectRows("UPDATE signal_events SET attempts = 12, due_at = 1")
    await consume("dalgo-signals", [again])
    expect(await events()).toMatchObject([{ status: "failed", reason: "given_up" }])

    await selectRows("UPDATE signal_events SET status = 'received', attempts = 0, due_at = 0, body = ?", body)
    await consume("dalgo-signals", [again])
    expect(await announcementsTo(alice)).toBe(1)
  })

  it("is not disabled where an admin has meanwhile stored another webhook", async () => {
    const once: { replace?: Promise<void> } = {}
    const posted = fakeChatProducts()
    const late = async (request: Request) => {
      if (!request.url.startsWith(webhook)) return undefined
      await (once.replace ??= store(target, other))
      return gone()
    }
    fakeFetch(late, posted.handler, fakeSes().handler)
    await store(target, webhook)
    await notify()
    await queue.drain()
    expect(await enabled()).toBe(1)
    expect(await events()).toEqual([])
    await alice.post(`/api/notifications/deliveries/1-${product}-1/resend`)
    await queue.drain()
    expect(posted[product].map((message) => message.webhook)).toEqual([other])
  })

  it("is announced again where an admin enables the same webhook again", async () => {
    startOutside(gone)
    await store(target, webhook)
    await notify()
    await queue.drain()
    await store(target, "")
    await notify()
    await queue.drain()
    expect(await enabled()).toBe(0)
    expect(await announcementsTo(alice)).toBe(2)
  })

  it("disables no webhook of another organisation", async () => {
    startOutside((message) => (message.webhook === webhook ? gone() : undefined))
    await store(target, webhook)
    await store(target, other, charlie)
    await notify({ sent_to: "all_users" })
    await queue.drain()
    expect(await selectRows("SELECT org_id, product FROM chat_webhooks WHERE enabled = 1")).toEqual([
      { org_id: GLOBEX, product },
    ])
    expect(await announcementsTo(charlie)).toBe(0)
  })
})

describe.each([
  {
    ...PRODUCTS[0],
    refused: () => Response.json({ message: "Webhooks posted to forum channels", code: 220_001 }, { status: 400 }),
    words: "the channel is a forum: add ?thread_id=… with the id of one of its threads to the webhook's address",
    otherwise: () => Response.json({ message: "Thread is archived", code: 50_083 }, { status: 400 }),
    otherWords: "the thread is archived",
  },
  {
    ...PRODUCTS[1],
    refused: answering(403, "action_prohibited"),
    words:
      "the workspace does not permit the webhook to write in its channel: ask an admin of the workspace to permit it",
    otherwise: answering(403, "posting_to_general_channel_denied"),
    otherWords: "general channel",
  },
])("a setting of $name that an admin can correct", (target) => {
  const { product, name, webhook, refused, words, otherwise, otherWords } = target
  const BEGINNING = `${name} refuses Dalgo's messages to your organisation: `
  const stateOf = async () =>
    (
      await selectRows(
        "SELECT enabled, gone_at, refused_at, refused_reason FROM chat_webhooks WHERE org_id = ? AND product = ?",
        ACME,
        product,
      )
    )[0]
  const announcementsTo = async (one: ApiClient) =>
    (await inboxOf(one)).map(({ message }) => message).filter((message) => message.startsWith(BEGINNING))
  const send = async (times = 1) => {
    for (let i = 0; i < times; i++) await notify({ message: `message ${i}` })
    await queue.drain()
    await waitForBackgroundWork()
  }

  it("fails each message with the reason, tells the admins once, and leaves it switched on", async () => {
    const { mails } = startOutside(refused)
    await store(target, webhook)
    await send(3)
    await cronAt(NOON + DAY)

    expect(await stateOf()).toEqual({ enabled: 1, gone_at: null, refused_at: NOON, refused_reason: words })
    const failed = await failedOf(alice)
    expect(failed.map(({ reason }: any) => reason)).toEqual(
      Array(3).fill(`${name} answered ${refused().status}: ${words}`),
    )
    const [announcement, ...others] = await announcementsTo(alice)
    expect(others).toEqual([])
    expect(announcement?.split("\n")[0]).toBe(`${BEGINNING}${words}.`)
    for (const one of [bob, charlie, dora]) expect(await announcementsTo(one)).toEqual([])
    expect(mails.filter((mail) => mail.text.includes(BEGINNING)).map((mail) => mail.to)).toEqual([alice.email])
    expect(JSON.stringify([failed, announcement, mails])).not.toContain(webhook.slice(-12))
  })

  it("is announced once though concurrent sends find it", async () => {
    startOutside(refused)
    await store(target, webhook)
    for (const message of ["one", "two", "three"]) await notify({ message })
    const messages = queue.sent.splice(0).map(({ body }) => body as DeliveryMessage)
    await Promise.all(
      messages.filter((one) => one.channel === product).map((one) => consume("dalgo-deliveries", [one])),
    )
    await queue.drain()
    expect(await announcementsTo(alice)).toHaveLength(1)
    expect(await selectRows("SELECT body FROM signal_events")).toEqual([
      { body: JSON.stringify({ orgId: ACME, product, kind: "wrong_setting" }) },
    ])
  })

  it("is forgotten once a message is taken, and announced again where it comes back", async () => {
    startOutside(refused)
    await store(target, webhook)
    await send()
    startOutside()
    await send(2)
    expect(await stateOf()).toEqual({ enabled: 1, gone_at: null, refused_at: null, refused_reason: null })
    startOutside(refused)
    await send(2)
    expect(await announcementsTo(alice)).toHaveLength(2)
  })

  it("is forgotten once a test message is taken, and announced again where it comes back", async () => {
    startOutside(refused)
    await store(target, webhook)
    await send()
    const test = async () => (await alice.post(`/api/orgpreferences/test-${product}`)).status
    expect(await test()).toBe(400)
    expect(await stateOf()).toMatchObject({ refused_at: NOON })
    startOutside()
    expect(await test()).toBe(200)
    expect(await stateOf()).toEqual({ enabled: 1, gone_at: null, refused_at: null, refused_reason: null })
    startOutside(refused)
    await send(2)
    expect(await announcementsTo(alice)).toHaveLength(2)
  })

  it("is announced again for another reason, and after an admin has stored the webhook", async () => {
    startOutside(refused)
    await store(target, webhook)
    await send(2)
    startOutside(otherwise)
    await send(2)
    expect((await announcementsTo(alice))[0]).toContain(otherWords)
    expect(await announcementsTo(alice)).toHaveLength(2)
    await store(target, "")
    expect(await stateOf()).toMatchObject({ refused_at: null, refused_reason: null })
    await send(2)
    expect(await announcementsTo(alice)).toHaveLength(3)
  })

  it("is not announced where it was corrected before the event is processed", async () => {
    startOutside(refused)
    await store(target, webhook)
    await notify()
    queue.lose("dalgo-signals")
    await queue.drain()
    await store(target, webhook)
    await cronAt(NOON + MINUTE)
    expect(await announcementsTo(alice)).toEqual([])
    expect(await selectRows("SELECT status, reason FROM signal_events")).toEqual([
      { status: "ignored", reason: "corrected" },
    ])
  })

  it("switches the product off once the webhook is gone too", async () => {
    startOutside(refused)
    await store(target, webhook)
    await send()
    startOutside(gone)
    await send(2)
    expect(await stateOf()).toMatchObject({ enabled: 0, gone_at: NOON })
    expect((await inboxOf(alice)).filter(({ message }) => message.includes("switched off"))).toHaveLength(1)
  })

  it("sends what failed, once it is corrected", async () => {
    startOutside(refused)
    await store(target, webhook)
    await send()
    const posted = startOutside()
    const [{ id }] = await failedOf(alice)
    expect((await alice.post(`/api/notifications/deliveries/${id}/resend`)).status).toBe(200)
    await queue.drain()
    expect(posted[product]).toHaveLength(1)
  })

  it("changes no webhook of another organisation", async () => {
    startOutside((message) => (message.webhook === webhook ? refused() : undefined))
    await store(target, webhook)
    await store(target, target.other, charlie)
    await notify({ sent_to: "all_users" })
    await queue.drain()
    expect(await selectRows("SELECT org_id FROM chat_webhooks WHERE refused_at IS NOT NULL")).toEqual([
      { org_id: ACME },
    ])
    expect(await announcementsTo(charlie)).toEqual([])
  })
})

describe.each(PRODUCTS)("a fault of one message on $name", (target) => {
  it("fails that message alone, and nobody is told", async () => {
    startOutside(target.product === "discord" ? answering(400, '{"code":200000}') : answering(400, "invalid_payload"))
    await store(target, target.webhook)
    await notify()
    await queue.drain()
    expect(await deliveryOf(target)).toMatchObject({
      status: "failed",
      reason: expect.stringContaining("answered 400: "),
    })
    expect(await selectRows("SELECT * FROM signal_events")).toEqual([])
    expect(await preferencesOf(alice)).toMatchObject({ [`enable_${target.product}_notifications`]: true })
  })
})
