import { beforeEach, describe, expect, it, vi } from "vitest"
import type { DeliveryMessage } from "../../src/runtime/queue-messages"
import { DAY, HOUR, MINUTE, NOON, SECOND } from "../support/clock"
import { outside, ses } from "../support/outside"
import { ACME, alice, bob, charlie, dora, GLOBEX, server, settle, type Speaker } from "../support/people"
import { consume, cron, queues } from "../support/queues"
import { DISCORD_WEBHOOK, rooms, type Said, SLACK_WEBHOOK } from "../support/rooms"
import { rows } from "../support/rows"

const KINDS = [
  { room: "discord", name: "Discord", webhook: DISCORD_WEBHOOK, other: "https://discord.com/api/webhooks/2/other" },
  { room: "slack", name: "Slack", webhook: SLACK_WEBHOOK, other: "https://hooks.slack.com/services/T2/B2/other" },
] as const
type Kind = (typeof KINDS)[number]

let queue: ReturnType<typeof queues>
beforeEach(() => {
  vi.setSystemTime(NOON)
  queue = queues()
})

/** The world outside, in which the rooms answer what `fail` says. */
function world(fail?: (said: Said) => Response | undefined) {
  const said = rooms(fail)
  const post = ses()
  outside(said.handler, post.handler)
  return { ...said, mails: post.mails }
}
const lost =
  (status: number, body = "no_service") =>
  () =>
    new Response(body, { status })
const gone = lost(404)

const store = async ({ room }: Kind, webhook: string, as: Speaker = alice) => {
  const change = { [`enable_${room}_notifications`]: true, [`${room}_webhook`]: webhook }
  expect((await as.put(`/api/orgpreferences/enable-${room}-notifications`, change)).status).toBe(200)
}
const preferencesOf = async (one: Speaker) => (await (await one.get("/api/orgpreferences/")).json<any>()).res
const tell = async (changes: object = {}) => {
  const news = { author: "Dalgo", message: "The warehouse is down", sent_to: "all_org_users", org_slug: "acme" }
  const answer = await server.post("/api/notifications/", { ...news, category: "incident", ...changes })
  expect(answer.status).toBe(200)
  await settle()
}
const cronAt = async (time: number) => {
  vi.setSystemTime(time)
  await cron()
  await queue.drain()
}
const deliveryOf = async ({ room }: Kind, notificationId = 1) =>
  (
    await rows(
      `SELECT recipient_id, status, attempts, reason, provider_id, due_at FROM deliveries
       WHERE channel = ? AND notification_id = ?`,
      room,
      notificationId,
    )
  )[0]
const inboxOf = async (one: Speaker) => (await (await one.get("/api/notifications/v1")).json<any>()).res
const failedOf = async (one: Speaker) =>
  (await (await one.get("/api/notifications/deliveries")).json<any>()).res.filter(
    (each: any) => each.channel !== "email",
  )

describe.each(KINDS)("a room of $name", (kind) => {
  const { room, name, webhook, other } = kind
  const messageTo = (id = 1): DeliveryMessage => ({ channel: room, notificationId: id, recipientIds: [ACME] })

  it("hears of a notification once, however often the queue and the cron come by", async () => {
    const heard = world()
    await store(kind, webhook)
    await tell()
    await queue.drain()
    for (let i = 0; i < 3; i += 1) await consume("dalgo-deliveries", [messageTo()])
    await cronAt(NOON + DAY)
    expect(heard[room].map((said) => said.webhook)).toEqual([webhook])
    expect(JSON.stringify(heard[room][0]?.body)).toContain("The warehouse is down")
    expect(await deliveryOf(kind)).toEqual({
      recipient_id: ACME,
      status: "sent",
      attempts: 1,
      reason: null,
      provider_id: room === "discord" ? "901" : null,
      due_at: null,
    })
  })

  it("hears once though the hint was lost", async () => {
    const heard = world()
    await store(kind, webhook)
    queue.lose("dalgo-deliveries")
    queue.lose("dalgo-deliveries")
    await tell()
    queue.sent.splice(0)
    await cronAt(NOON + MINUTE)
    await cronAt(NOON + MINUTE)
    expect(heard[room]).toHaveLength(1)
  })

  it("waits for the time of what is scheduled, and hears by the webhook that is then there", async () => {
    const heard = world()
    await store(kind, webhook)
    await tell({ scheduled_time: new Date(NOON + HOUR).toISOString() })
    await queue.drain()
    await cronAt(NOON + MINUTE)
    expect(heard[room]).toEqual([])
    await store(kind, other)
    await cronAt(NOON + HOUR)
    await cronAt(NOON + HOUR)
    expect(heard[room].map((said) => said.webhook)).toEqual([other])
  })

  it("is each organisation's own", async () => {
    const heard = world()
    await store(kind, webhook)
    await store(kind, other, charlie)
    await tell({ org_slug: "globex", message: "to globex" })
    await tell({ sent_to: "all_users", message: "to all" })
    await tell({ sent_to: "single_user", user_email: bob.email, message: "to Bob" })
    await tell({ manager_or_above: true, message: "to admins" })
    await queue.drain()
    const heardBy = (to: string) =>
      heard[room].filter((said) => said.webhook === to).map(({ body }) => /to \w+/.exec(JSON.stringify(body))?.[0])
    expect(heardBy(webhook)).toEqual(["to all"])
    expect(new Set(heardBy(other))).toEqual(new Set(["to all", "to globex"]))
  })

  it("hears nothing once it is switched off, and the delivery says so", async () => {
    const heard = world()
    await store(kind, webhook)
    await tell()
    const off = { [`enable_${room}_notifications`]: false }
    await alice.put(`/api/orgpreferences/enable-${room}-notifications`, off)
    await queue.drain()
    expect(heard[room]).toEqual([])
    expect(await deliveryOf(kind)).toMatchObject({
      status: "suppressed",
      reason: `${name} is switched off for this organisation`,
      due_at: null,
    })
  })

  it("is tried again as long as it may pass, and waits as it asks", async () => {
    const busy = () => new Response("", { status: 429, headers: { "retry-after": "3600" } })
    world(busy)
    await store(kind, webhook)
    await tell()
    await queue.drain()
    expect(await deliveryOf(kind)).toMatchObject({
      status: "pending",
      reason: `${name} answered 429`,
      due_at: NOON + HOUR,
    })
    const heard = world()
    await cronAt(NOON + HOUR)
    expect(heard[room]).toHaveLength(1)
    expect(await preferencesOf(alice)).toMatchObject({ [`enable_${room}_notifications`]: true })
  })

  it.each([
    ["is none", "SECRETS_KEYS has no key new", ""],
    ["is another", "SECRETS_KEYS has no key new", "old:b2xkLWtleS1vZi10aGUtdGVzdHMtMzItYnl0ZXMtISE"],
    [
      "has the wrong bytes",
      "the key new in SECRETS_KEYS does not open what is stored",
      "new:b2xkLWtleS1vZi10aGUtdGVzdHMtMzItYnl0ZXMtISE",
    ],
  ])("loses nothing where the key %s: it is tried again", async (_, reason, SECRETS_KEYS) => {
    const heard = world()
    await store(kind, webhook)
    await tell()
    queue.sent.splice(0)
    await consume("dalgo-deliveries", [messageTo()], { changes: { SECRETS_KEYS } })
    const { due_at: due, ...rest } = await deliveryOf(kind)
    expect(rest).toMatchObject({ status: "pending", reason })
    await cronAt(due)
    expect(heard[room]).toHaveLength(1)
  })

  it("can be listed and told again where it refused, by its own admins", async () => {
    world(lost(400, "invalid_payload"))
    await store(kind, webhook)
    await tell()
    await queue.drain()
    const [failed, ...others] = await failedOf(alice)
    expect(others).toEqual([])
    expect(failed).toMatchObject({
      id: `1-${room}-${ACME}`,
      channel: room,
      recipient: "Acme",
      status: "failed",
      reason: `${name} answered 400`,
    })
    for (const one of [dora, server]) expect(await failedOf(one)).toEqual([failed])
    expect(await failedOf(charlie)).toEqual([])

    const heard = world()
    const again = `/api/notifications/deliveries/${failed.id}/resend`
    expect((await charlie.post(again)).status).toBe(404)
    expect((await bob.post(again)).status).toBe(403)
    expect((await alice.post(again)).status).toBe(200)
    await queue.drain()
    expect(heard[room]).toHaveLength(1)
    expect(await failedOf(alice)).toEqual([])
  })

  it("is nothing that anybody's trace speaks of", async () => {
    world()
    await store(kind, webhook)
    await tell()
    await queue.drain()
    const trace = await (await bob.get("/api/notifications/1/trace")).json<any>()
    expect(trace.res.map((entry: any) => entry.channel)).toEqual(["inbox", "email"])
  })

  it("hears by a webhook that came in plain from Dalgo", async () => {
    const heard = world()
    await rows(
      `INSERT INTO org_preferences (org_id, enable_${room}_notifications, ${room}_webhook, created_at, updated_at)
       VALUES (?, 1, ?, '', '')`,
      ACME,
      webhook,
    )
    await tell()
    await queue.drain()
    expect(heard[room].map((said) => said.webhook)).toEqual([webhook])
  })
})

describe.each(KINDS)("a room of $name that is gone", (kind) => {
  const { room, name, webhook, other } = kind
  const NEWS = `${name} takes no more messages from Dalgo`
  const isOn = async () =>
    (await rows(`SELECT enable_${room}_notifications AS is_on FROM org_preferences WHERE org_id = ?`, ACME))[0].is_on
  const events = () => rows("SELECT source, body, status, reason FROM signal_events")
  const told = async (one: Speaker) =>
    (await inboxOf(one)).filter((item: any) => item.message.startsWith(NEWS)).length as number

  it("is switched off, and its admins hear of it once, in the inbox and by e-mail", async () => {
    const { mails } = world(gone)
    await store(kind, webhook)
    await tell()
    await queue.drain()
    await cronAt(NOON + DAY)

    expect(await isOn()).toBe(0)
    const [news] = await inboxOf(alice)
    expect(news).toMatchObject({ category: "system", urgent: false, author: "Dalgo" })
    expect(news.message).toContain(NEWS)
    expect(news.message).toMatch(/Why: the webhook was (deleted|removed) there\./)
    expect(await told(alice)).toBe(1)
    for (const one of [bob, charlie, dora]) expect(await told(one)).toBe(0)
    expect(mails.filter((mail) => mail.text.includes(NEWS)).map((mail) => mail.to)).toEqual([alice.email])

    const all = JSON.stringify([await rows("SELECT * FROM signal_events"), news, mails, await failedOf(alice)])
    expect(all).not.toContain(webhook.slice(-12))
    expect(await events()).toEqual([
      { source: "room_gone", body: JSON.stringify({ orgId: ACME, room }), status: "processed", reason: "published" },
    ])
    expect(await deliveryOf(kind)).toMatchObject({ status: "failed", due_at: null })
    expect((await deliveryOf(kind)).reason).toMatch(new RegExp(`^${name} answered 404: the webhook was`))
  })

  it("shows its admins since when, why, and which webhook it was; and its members nothing", async () => {
    world(gone)
    await store(kind, webhook)
    await tell()
    await queue.drain()
    const switchedOff = `${room}_switched_off`
    expect(await preferencesOf(alice)).toMatchObject({
      [`enable_${room}_notifications`]: false,
      [`${room}_webhook`]: expect.stringMatching(new RegExp(`…${webhook.slice(-4)}$`)),
      [switchedOff]: { at: new Date(NOON).toISOString(), reason: expect.stringContaining("the webhook was") },
    })
    expect(await preferencesOf(bob)).not.toHaveProperty(switchedOff)
    await store(kind, other)
    expect(await preferencesOf(alice)).not.toHaveProperty(switchedOff)
  })

  it("costs what was still to be told there no further try", async () => {
    const { requests } = (() => {
      const said = rooms(gone)
      return outside(said.handler, ses().handler)
    })()
    await store(kind, webhook)
    for (const message of ["one", "two", "three"]) await tell({ message })
    await queue.drain()
    await cronAt(NOON + DAY)
    expect(requests.filter(({ url }) => url.includes(webhook))).toHaveLength(1)
    for (const id of [2, 3]) {
      expect(await deliveryOf(kind, id)).toMatchObject({
        status: "failed",
        reason: expect.stringMatching(`^${name} was switched off: the webhook was (deleted|removed) there$`),
        due_at: null,
      })
    }
    expect(await told(alice)).toBe(1)
  })

  it("is told again all that it missed, once its admins have stored another webhook", async () => {
    world(gone)
    await store(kind, webhook)
    for (const message of ["one", "two", "three"]) await tell({ message })
    await queue.drain()
    const missed = await failedOf(alice)
    expect(missed.map((each: any) => each.notification_id).sort()).toEqual([1, 2, 3])

    const heard = world()
    await store(kind, other)
    for (const { id } of missed) {
      expect((await alice.post(`/api/notifications/deliveries/${id}/resend`)).status).toBe(200)
    }
    await queue.drain()
    const words = heard[room].map(({ body }) => /one|two|three/.exec(JSON.stringify(body))?.[0])
    expect(new Set(words)).toEqual(new Set(["one", "two", "three"]))
    expect(words).toHaveLength(3)
    expect(await failedOf(alice)).toEqual([])
  })

  it("leaves nothing to send again of what waited until an admin switched it off", async () => {
    world(gone)
    await store(kind, webhook)
    await tell({ message: "one" })
    await queue.drain()
    await store(kind, "")
    await tell({ message: "two" })
    const off = { [`enable_${room}_notifications`]: false }
    await alice.put(`/api/orgpreferences/enable-${room}-notifications`, off)
    await queue.drain()
    expect(await deliveryOf(kind, 3)).toMatchObject({
      status: "suppressed",
      reason: `${name} is switched off for this organisation`,
    })
  })

  it("is one event though several messages find it gone at once", async () => {
    world(gone)
    await store(kind, webhook)
    for (const message of ["one", "two", "three"]) await tell({ message })
    const messages = queue.sent.splice(0).map(({ body }) => body as DeliveryMessage)
    await Promise.all(messages.filter((one) => one.channel === room).map((one) => consume("dalgo-deliveries", [one])))
    await queue.drain()
    expect(await events()).toHaveLength(1)
    expect(await told(alice)).toBe(1)
  })

  it("is told of once though the event runs twice, at once or later, and though its hint is lost", async () => {
    world(gone)
    await store(kind, webhook)
    await tell()
    queue.lose("dalgo-signals")
    await queue.drain()
    expect(await told(alice)).toBe(0)
    await cronAt(NOON + MINUTE)
    expect(await told(alice)).toBe(1)

    await rows("UPDATE signal_events SET status = 'received', attempts = 0, due_at = 1")
    const again = { kind: "room_gone", eventId: 1 } as const
    await Promise.all([consume("dalgo-signals", [again]), consume("dalgo-signals", [again])])
    await cronAt(NOON + DAY)
    expect(await told(alice)).toBe(1)
    expect(await events()).toMatchObject([{ status: "processed", reason: "already_published" }])
  })

  it("is told of once though the worker that switched it off died before it could record that", async () => {
    world(gone)
    await store(kind, webhook)
    await tell()
    await queue.drain()
    await rows("UPDATE deliveries SET status = 'sending', attempts = 1, due_at = ? WHERE channel = ?", NOON, room)
    await cronAt(NOON + HOUR)
    expect(await deliveryOf(kind)).toMatchObject({ status: "failed" })
    expect(await told(alice)).toBe(1)
  })

  it("is told of soon after a try that failed, and given up after twelve", async () => {
    world(gone)
    await store(kind, webhook)
    await tell()
    queue.lose("dalgo-signals")
    await queue.drain()
    const [{ body }] = await events()
    await rows("UPDATE signal_events SET body = 'no word'")
    const again = { kind: "room_gone", eventId: 1 } as const
    await consume("dalgo-signals", [again])
    expect(await rows("SELECT status, reason, due_at FROM signal_events")).toEqual([
      { status: "received", reason: "SyntaxError", due_at: NOON + 30 * SECOND },
    ])

    await rows("UPDATE signal_events SET attempts = 12, due_at = 1")
    await consume("dalgo-signals", [again])
    expect(await events()).toMatchObject([{ status: "failed", reason: "given_up" }])

    await rows("UPDATE signal_events SET status = 'received', attempts = 0, due_at = 0, body = ?", body)
    await consume("dalgo-signals", [again])
    expect(await told(alice)).toBe(1)
  })

  it("stays on where an admin has meanwhile stored another webhook", async () => {
    const kept: { replace?: Promise<void> } = {}
    const heard = rooms()
    const late = async (request: Request) => {
      if (!request.url.startsWith(webhook)) return undefined
      await (kept.replace ??= store(kind, other))
      return gone()
    }
    outside(late, heard.handler, ses().handler)
    await store(kind, webhook)
    await tell()
    await queue.drain()
    expect(await isOn()).toBe(1)
    expect(await events()).toEqual([])
    await alice.post(`/api/notifications/deliveries/1-${room}-1/resend`)
    await queue.drain()
    expect(heard[room].map((said) => said.webhook)).toEqual([other])
  })

  it("is told of again where the same webhook was switched on again, in vain", async () => {
    world(gone)
    await store(kind, webhook)
    await tell()
    await queue.drain()
    await store(kind, "")
    await tell()
    await queue.drain()
    expect(await isOn()).toBe(0)
    expect(await told(alice)).toBe(2)
  })

  it("touches no other organisation's", async () => {
    world((said) => (said.webhook === webhook ? gone() : undefined))
    await store(kind, webhook)
    await store(kind, other, charlie)
    await tell({ sent_to: "all_users" })
    await queue.drain()
    const on = await rows(`SELECT org_id FROM org_preferences WHERE enable_${room}_notifications = 1`)
    expect(on).toEqual([{ org_id: GLOBEX }])
    expect(await told(charlie)).toBe(0)
  })
})
