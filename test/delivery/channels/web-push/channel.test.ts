import { env } from "cloudflare:workers"
import { decodeBase64Url } from "hono/utils/encode"
import { verify } from "hono/jwt"
import { beforeEach, describe, expect, it, vi } from "vitest"
import type { DeliveryMessage } from "../../../../src/runtime/queue-messages"
import { formatDay } from "../../../../src/domain/time"
import { DAY, HOUR, MINUTE, NOON, SECOND } from "../../../support/clock"
import { metered } from "../../../support/d1-meter"
import { addDevice, type Device, SUBSCRIPTIONS_PATH } from "../../../support/devices"
import { fakePushServices } from "../../../support/fake-push-services"
import { fakeFetch } from "../../../support/fake-fetch"
import { fakeSes } from "../../../support/fake-ses"
import { alice, type ApiClient, bob, charlie, server } from "../../../support/people"
import { captureQueues, consume, runCron } from "../../../support/queues"
import { selectRows } from "../../../support/select-rows"

const PREFERENCES = "/api/notifications/preferences"
const FCM = "https://fcm.googleapis.com/fcm/send/"

let sent: ReturnType<typeof captureQueues>["sent"]
let drain: ReturnType<typeof captureQueues>["drain"]
let lose: ReturnType<typeof captureQueues>["lose"]

beforeEach(() => {
  vi.setSystemTime(NOON)
  ;({ sent, drain, lose } = captureQueues())
})

/** Push services that answer what `fail` returns for an endpoint; and SES. */
function startPushServices(fail?: (endpoint: string) => Response | undefined) {
  const services = fakePushServices(fail)
  const { requests } = fakeFetch(services.handler, fakeSes().handler)
  return { ...services, requests }
}
const answeringFor = (device: Device, response: () => Response) => (endpoint: string) =>
  endpoint === device.subscription.endpoint ? response() : undefined
const status = (code: number, headers: HeadersInit = {}) => new Response("no", { status: code, headers })

/** Sends a notification to acme, and returns its id. */
async function notify(changes: object = {}): Promise<number> {
  const answer = await server.post("/api/notifications/", {
    author: "Dalgo",
    message: "The warehouse is down",
    sent_to: "all_org_users",
    org_slug: "acme",
    category: "incident",
    ...changes,
  })
  return (await answer.json<any>()).res.notification_id
}

const deliveryTo = async (person: { orgUserId: number } = bob) =>
  (
    await selectRows(
      "SELECT status, attempts, reason, due_at FROM deliveries WHERE channel = 'push' AND recipient_id = ?",
      person.orgUserId,
    )
  )[0]
const endpoints = async () =>
  (await selectRows("SELECT endpoint FROM push_subscriptions")).map(({ endpoint }) => endpoint)
const traceOf = async (speaker: ApiClient, id: number) =>
  (await (await speaker.get(`/api/notifications/${id}/trace`)).json<any>()).res.find(
    ({ channel }: any) => channel === "push",
  )
async function cronAt(time: number): Promise<void> {
  vi.setSystemTime(time)
  await runCron()
  await drain()
}
/** The delay of the next attempt, in ms. */
const retryDelay = async () => (await deliveryTo())?.due_at - NOON

describe("a push message", () => {
  it("is sent to each device of each recipient, and no other device can decrypt it", async () => {
    const { pushes, to } = startPushServices()
    const phone = await addDevice(bob, "phone")
    const laptop = await addDevice(bob, `${FCM}laptop`)
    const hers = await addDevice(alice, "hers")
    const stranger = await addDevice(charlie, "strange")
    const id = await notify()
    await drain()

    expect(pushes).toHaveLength(3)
    expect(to(stranger)).toEqual([])
    for (const device of [phone, laptop, hers]) {
      const [push] = to(device)
      expect(await device.read(push as Request)).toEqual({
        title: "Incident · Acme",
        body: "The warehouse is down",
        url: "/?org=acme",
        tag: String(id),
        category: "incident",
        urgent: false,
      })
    }
    await expect(hers.read(to(phone)[0] as Request)).rejects.toMatchObject({ name: "OperationError" })
    expect(await deliveryTo(bob)).toEqual({ status: "sent", attempts: 1, reason: null, due_at: null })
    expect(await deliveryTo(alice)).toMatchObject({ status: "sent" })
    expect(await selectRows("SELECT * FROM deliveries WHERE channel = 'push'")).toHaveLength(2)
  })

  it("is a request by RFC 8030", async () => {
    const { to } = startPushServices()
    const phone = await addDevice(bob, "phone")
    const id = await notify()
    await drain()
    await notify({ urgent: true })
    await drain()
    const [push, urgent] = to(phone)
    expect(push?.method).toBe("POST")
    expect(push?.redirect).toBe("manual")
    expect(Object.fromEntries(push?.headers ?? [])).toMatchObject({
      "content-encoding": "aes128gcm",
      "content-type": "application/octet-stream",
      ttl: "86400",
      urgency: "normal",
      topic: `notification-${id}`,
    })
    expect(urgent?.headers.get("urgency")).toBe("high")
    expect(urgent?.headers.get("topic")).not.toBe(push?.headers.get("topic"))
    for (const one of [push, urgent]) {
      expect(one?.headers.get("topic")).toMatch(/^[\w-]{1,32}$/)
      // Salt, record size, key length, key, payload, delimiter and tag.
      expect((await one?.arrayBuffer())?.byteLength).toBe(16 + 4 + 1 + 65 + 2_500 + 1 + 16)
    }
  })

  it("has a VAPID header, which is signed once for each push service", async () => {
    const { to } = startPushServices()
    const sign = vi.spyOn(crypto.subtle, "sign")
    const devices = [
      await addDevice(bob, "phone"),
      await addDevice(bob, `${FCM}laptop`),
      await addDevice(alice, "hers"),
    ]
    await notify({ sent_to: "all_org_users" })
    const push = sent.find(({ body }) => (body as DeliveryMessage).channel === "push")?.body as DeliveryMessage
    sign.mockClear()
    await consume("dalgo-deliveries", [push])
    expect(sign.mock.calls.filter(([algorithm]) => (algorithm as { name: string }).name === "ECDSA")).toHaveLength(2)

    const key = await crypto.subtle.importKey(
      "raw",
      decodeBase64Url(env.VAPID_PUBLIC_KEY as string),
      { name: "ECDSA", namedCurve: "P-256" },
      true,
      ["verify"],
    )
    const tokens = devices.map((device) => {
      const [, token, k] =
        /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(to(device)[0]?.headers.get("authorization") ?? "") ?? []
      expect(k).toBe(env.VAPID_PUBLIC_KEY)
      return token as string
    })
    const claims = await Promise.all(tokens.map((token) => verify(token, key, "ES256")))
    expect(claims.map(({ aud }) => aud)).toEqual([
      "https://updates.push.services.mozilla.com",
      "https://fcm.googleapis.com",
      "https://updates.push.services.mozilla.com",
    ])
    for (const { sub, exp } of claims) {
      expect(sub).toBe("mailto:notifications@dalgo.test")
      expect(exp).toBeGreaterThan(NOON / SECOND)
      // RFC 8292 permits at most 24 hours.
      expect(exp).toBeLessThanOrEqual((NOON + DAY) / SECOND)
    }
    expect(tokens[0]).toBe(tokens[2])
  })

  it("is sent once though the queue delivers its message twice", async () => {
    const { pushes } = startPushServices()
    await addDevice(bob, "phone")
    await notify()
    const again = structuredClone(sent)
    await drain()
    sent.push(...again)
    await drain()
    expect(pushes).toHaveLength(1)
  })

  it("is sent a minute later where its queue message was lost", async () => {
    const { pushes } = startPushServices()
    await addDevice(bob, "phone")
    await selectRows(
      "INSERT INTO user_notification_preferences (org_user_id, category, channel, enabled, changed_at) SELECT id, 'all', 'email', 0, 1 FROM org_users",
    )
    lose("dalgo-deliveries")
    await notify()
    await drain()
    expect(pushes).toEqual([])
    await cronAt(NOON + MINUTE)
    expect(pushes).toHaveLength(1)
  })

  it("about a scheduled notification is sent to the devices at its time", async () => {
    const { pushes, to } = startPushServices()
    const phone = await addDevice(bob, "phone")
    await notify({ scheduled_time: new Date(NOON + HOUR).toISOString() })
    await bob.delete(SUBSCRIPTIONS_PATH, {}, { endpoint: phone.subscription.endpoint })
    const laptop = await addDevice(bob, "laptop")
    await cronAt(NOON + HOUR)
    await drain()
    expect(to(laptop)).toHaveLength(1)
    expect(pushes).toHaveLength(1)
  })

  it("has one tag in all organisations of a person, so that their device shows it once", async () => {
    await selectRows(
      "INSERT INTO org_users (id, org_id, user_id, email, role) VALUES (9, 2, '2', 'bob@globex.test', 'member')",
    )
    const { to } = startPushServices()
    const phone = await addDevice(bob, "phone")
    await bob.post(SUBSCRIPTIONS_PATH, phone.subscription, { "x-dalgo-org": "globex" })
    await notify({ sent_to: "all_users", org_slug: null })
    await drain()
    const payloads = await Promise.all(to(phone).map((push) => phone.read(push)))
    expect(payloads.map(({ url }) => url).sort()).toEqual(["/?org=acme", "/?org=globex"])
    expect(new Set(payloads.map(({ tag }) => tag)).size).toBe(1)
  })

  it("takes three round trips for all recipients of one queue message", async () => {
    startPushServices()
    for (const name of ["one", "two", "three"]) await addDevice(bob, name)
    await addDevice(alice, "hers")
    await notify()
    const push = sent.find(({ body }) => (body as DeliveryMessage).channel === "push")?.body as DeliveryMessage
    expect(push.recipientIds).toEqual([alice.orgUserId, bob.orgUserId])
    const { db, spent } = metered(env.DB)
    await consume("dalgo-deliveries", [push], { changes: { DB: db } })
    expect(spent.roundTrips).toBe(3)
    expect(spent.rowsWritten).toBeLessThanOrEqual(4 * 2)
    expect(spent.rowsRead).toBeLessThanOrEqual(40)
  })
})

describe("the recipients of push messages", () => {
  it("have not turned push off for the category", async () => {
    const { to } = startPushServices()
    const his = await addDevice(bob, "his")
    const hers = await addDevice(alice, "hers")
    await bob.put(PREFERENCES, { channels: { incident: { push: false } } })
    const id = await notify()
    await drain()
    expect([to(his).length, to(hers).length]).toEqual([0, 1])
    const on = formatDay(NOON, { zone: "UTC", now: NOON })
    expect(await traceOf(bob, id)).toMatchObject({
      outcome: "suppressed",
      reason: `You turned push messages off for Incident Notifications on ${on}.`,
    })
    expect(await traceOf(alice, id)).toMatchObject({
      outcome: "sent",
      reason: "You are subscribed to Incident Notifications and get push messages on your devices.",
    })
    await notify({ category: "system" })
    await drain()
    expect(to(his)).toHaveLength(1)
  })

  it("have not turned the category off", async () => {
    const { pushes } = startPushServices()
    await addDevice(bob, "his")
    await bob.put(PREFERENCES, { incident_notifications: false, email_notifications_enabled: true })
    await notify()
    await drain()
    expect(pushes).toEqual([])
  })

  it("may have turned e-mail off", async () => {
    const { pushes } = startPushServices()
    await addDevice(bob, "his")
    await bob.put(PREFERENCES, { email_notifications_enabled: false })
    await notify()
    await drain()
    expect(pushes).toHaveLength(1)
  })

  it("have a device; without one the trace does not mention push", async () => {
    startPushServices()
    const id = await notify()
    await drain()
    expect(await traceOf(bob, id)).toBeUndefined()
  })

  it("are members when the message is sent", async () => {
    const { pushes } = startPushServices()
    await addDevice(bob, "his")
    const id = await notify()
    await selectRows("UPDATE org_users SET removed_at = 1 WHERE id = ?", bob.orgUserId)
    await notify()
    await drain()
    expect(pushes).toEqual([])
    expect(await deliveryTo()).toMatchObject({ status: "suppressed", reason: "not_a_member" })
    await selectRows("UPDATE org_users SET removed_at = NULL WHERE id = ?", bob.orgUserId)
    expect(await traceOf(bob, id)).toMatchObject({
      reason: "You were no longer a member of the organisation when it was sent.",
    })
  })

  it("are the current owner of a shared computer only", async () => {
    const { to, pushes } = startPushServices()
    const computer = await addDevice(alice, "shared")
    await notify({ sent_to: "single_user", user_email: alice.email, message: "For Alice alone" })
    await bob.post(SUBSCRIPTIONS_PATH, computer.subscription)
    await drain()
    expect(pushes).toEqual([])
    expect(await deliveryTo(alice)).toMatchObject({ status: "suppressed", reason: "no_device" })
    await notify({ sent_to: "single_user", user_email: bob.email, message: "For Bob" })
    await drain()
    expect(await Promise.all(to(computer).map((push) => computer.read(push)))).toMatchObject([{ body: "For Bob" }])
  })
})

describe("a device that is gone", () => {
  it.each([404, 410])("is deleted (%i), and the others get the message", async (code) => {
    const phone = await addDevice(bob, "phone")
    const laptop = await addDevice(bob, "laptop")
    const { to } = startPushServices(answeringFor(phone, () => status(code)))
    const id = await notify()
    await drain()
    expect(to(laptop)).toHaveLength(1)
    expect(await endpoints()).toEqual([laptop.subscription.endpoint])
    expect(await traceOf(bob, id)).toMatchObject({ outcome: "sent" })
  })

  it("is explained in the trace if it was the last one", async () => {
    const phone = await addDevice(bob, "phone")
    const { requests } = startPushServices(answeringFor(phone, () => status(410)))
    const id = await notify()
    await drain()
    expect(await traceOf(bob, id)).toMatchObject({
      outcome: "suppressed",
      reason: "None of your devices accepts push messages any more.",
    })
    expect(await endpoints()).toEqual([])
    const before = requests.length
    await cronAt(NOON + DAY)
    expect(requests).toHaveLength(before)
  })

  it("is deleted in all organisations of its user", async () => {
    await selectRows(
      "INSERT INTO org_users (id, org_id, user_id, email, role) VALUES (9, 2, '2', 'bob@globex.test', 'member')",
    )
    const phone = await addDevice(bob, "phone")
    await bob.post(SUBSCRIPTIONS_PATH, phone.subscription, { "x-dalgo-org": "globex" })
    startPushServices(answeringFor(phone, () => status(410)))
    await notify()
    await drain()
    expect(await endpoints()).toEqual([])
  })
})

describe("a device that subscribed with an earlier VAPID key", () => {
  const replaceKey = ({ subscription }: Device) =>
    selectRows("UPDATE push_subscriptions SET server_key = 'before' WHERE endpoint = ?", subscription.endpoint)

  it("gets no message, and is no failure", async () => {
    await replaceKey(await addDevice(bob, "phone"))
    const { pushes } = startPushServices()
    const id = await notify()
    await drain()
    expect(pushes).toEqual([])
    expect(await traceOf(bob, id)).toMatchObject({
      outcome: "suppressed",
      reason: "None of your devices accepts push messages any more.",
    })
    expect((await (await alice.get("/api/notifications/deliveries")).json<any>()).res).toEqual([])
    // The earlier key may be configured again.
    expect(await endpoints()).toHaveLength(1)
  })

  it("does not keep the message from another device", async () => {
    await replaceKey(await addDevice(bob, "phone"))
    const laptop = await addDevice(bob, "laptop")
    const { pushes, to } = startPushServices()
    await notify()
    await drain()
    expect([pushes.length, to(laptop).length]).toEqual([1, 1])
  })
})

describe("a failure of a push service", () => {
  it.each([400, 405, 413, 301, 307])("is permanent: %i", async (code) => {
    const phone = await addDevice(bob, "phone")
    const { requests } = startPushServices(answeringFor(phone, () => status(code, { location: "https://evil.test/" })))
    const id = await notify()
    await drain()
    expect(await deliveryTo()).toMatchObject({ status: "failed", reason: `the push service answered ${code}` })
    expect(await traceOf(bob, id)).toMatchObject({
      outcome: "failed",
      reason: `It could not be delivered: the push service answered ${code}.`,
    })
    await cronAt(NOON + DAY)
    expect(requests.filter(({ url }) => url === phone.subscription.endpoint)).toHaveLength(1)
    expect(requests.some(({ url }) => url.includes("evil"))).toBe(false)
    expect(await endpoints()).toHaveLength(1)
  })

  it.each([401, 403, 408, 429, 500, 502, 503])("is temporary and retried: %i", async (code) => {
    const phone = await addDevice(bob, "phone")
    let isBusy = true
    const { to } = startPushServices((endpoint) =>
      isBusy ? answeringFor(phone, () => status(code))(endpoint) : undefined,
    )
    await notify()
    await drain()
    expect(await deliveryTo()).toMatchObject({ status: "pending", reason: `the push service answered ${code}` })
    expect(await retryDelay()).toBeGreaterThanOrEqual(24 * SECOND)
    expect(await retryDelay()).toBeLessThanOrEqual(36 * SECOND)
    isBusy = false
    await cronAt(NOON + MINUTE)
    expect(to(phone)).toHaveLength(1)
    expect(await deliveryTo()).toMatchObject({ status: "sent", attempts: 2 })
  })

  it("waits as long as Windows asks, which says 406 for it", async () => {
    const laptop = await addDevice(bob, "https://wns2-par02p.notify.windows.com/w/?token=BQYAAAB")
    let isBusy = true
    const throttled = () => status(406, { "retry-after": "900", "x-wns-status": "appthrottled" })
    const { to } = startPushServices((endpoint) => (isBusy ? answeringFor(laptop, throttled)(endpoint) : undefined))
    await notify()
    await drain()
    expect(await deliveryTo()).toEqual({
      status: "pending",
      attempts: 1,
      reason: "the push service answered 406 (appthrottled)",
      due_at: NOON + 15 * MINUTE,
    })
    isBusy = false
    await cronAt(NOON + 14 * MINUTE)
    expect(to(laptop)).toEqual([])
    await cronAt(NOON + 15 * MINUTE)
    expect(to(laptop)).toHaveLength(1)
    expect(await deliveryTo()).toMatchObject({ status: "sent", attempts: 2 })
  })

  it.each([
    ["seconds", "600", 10 * MINUTE],
    ["a date", new Date(NOON + HOUR).toUTCString(), HOUR],
    ["nonsense", "soon", undefined],
  ])("may ask for a delay, as %s", async (_, retryAfter, wait) => {
    const phone = await addDevice(bob, "phone")
    startPushServices(answeringFor(phone, () => status(429, { "retry-after": retryAfter })))
    await notify()
    await drain()
    if (wait) expect(await retryDelay()).toBe(wait)
    else expect(await retryDelay()).toBeLessThanOrEqual(36 * SECOND)
  })

  it.each([503, 400])("for one device does not repeat the message to another one: %i", async (code) => {
    const phone = await addDevice(bob, "phone")
    const laptop = await addDevice(bob, "laptop")
    const { to, requests } = startPushServices(answeringFor(phone, () => status(code)))
    await notify()
    await drain()
    expect(await deliveryTo()).toEqual({ status: "sent", attempts: 1, reason: null, due_at: null })
    const before = requests.length
    await cronAt(NOON + DAY)
    expect(requests).toHaveLength(before)
    expect(to(laptop)).toHaveLength(1)
  })

  it("for all devices is retried if it is temporary for one", async () => {
    const phone = await addDevice(bob, "phone")
    const laptop = await addDevice(bob, "laptop")
    let isBusy = true
    const { to } = startPushServices((endpoint) => {
      if (!isBusy) return undefined
      return status(endpoint === phone.subscription.endpoint ? 400 : 503)
    })
    await notify()
    await drain()
    expect(await deliveryTo()).toMatchObject({ status: "pending", reason: "the push service answered 503" })
    isBusy = false
    await cronAt(NOON + MINUTE)
    expect(await deliveryTo()).toMatchObject({ status: "sent", attempts: 2 })
    expect([to(phone).length, to(laptop).length]).toEqual([1, 1])
  })

  it("for one person does not delay another one", async () => {
    const phone = await addDevice(bob, "phone")
    const hers = await addDevice(alice, "hers")
    const { to } = startPushServices(answeringFor(phone, () => status(500)))
    await notify()
    await drain()
    expect(to(hers)).toHaveLength(1)
    expect(await deliveryTo(alice)).toMatchObject({ status: "sent" })
    expect(await deliveryTo(bob)).toMatchObject({ status: "pending" })
  })

  it("is given up after seven attempts, and an admin can send again", async () => {
    const phone = await addDevice(bob, "phone")
    let isBusy = true
    const { to } = startPushServices((endpoint) =>
      isBusy ? answeringFor(phone, () => status(503))(endpoint) : undefined,
    )
    const id = await notify()
    await drain()
    for (let hour = 1; hour < 24; hour++) await cronAt(NOON + hour * 2 * HOUR)
    expect(await deliveryTo()).toMatchObject({ status: "dead", attempts: 7 })
    const failed = await (await alice.get("/api/notifications/deliveries")).json<any>()
    expect(failed.res).toMatchObject([{ id: `${id}-push-${bob.orgUserId}`, channel: "push", recipient: bob.email }])
    isBusy = false
    expect((await alice.post(`/api/notifications/deliveries/${failed.res[0].id}/resend`)).status).toBe(200)
    await drain()
    expect(to(phone)).toHaveLength(1)
  })
})

describe("a push service that does not answer", () => {
  it("is retried", async () => {
    await addDevice(bob, "phone")
    fakeFetch(fakeSes().handler)
    await notify()
    await drain()
    expect(await deliveryTo()).toMatchObject({ status: "pending", reason: "the push service did not answer" })
  })

  it("times out after ten seconds", async () => {
    await addDevice(bob, "phone")
    const timeout = vi.spyOn(AbortSignal, "timeout").mockReturnValue(AbortSignal.abort())
    fakeFetch((request) => {
      request.signal.throwIfAborted()
      return new Response(null, { status: 201 })
    })
    await notify()
    const push = sent.find(({ body }) => (body as DeliveryMessage).channel === "push")?.body as DeliveryMessage
    await consume("dalgo-deliveries", [push])
    expect(timeout).toHaveBeenCalledWith(10_000)
    expect(await deliveryTo()).toMatchObject({ status: "pending" })
  })
})

describe("a person with several devices", () => {
  /** Push services that answer this status after so many milliseconds. */
  function slow(code: number, ms: number) {
    const asked: string[] = []
    let atOnce = 0
    let most = 0
    fakeFetch(fakeSes().handler, async ({ url }) => {
      if (!url.includes("mozilla")) return undefined
      asked.push(url)
      most = Math.max(most, ++atOnce)
      await new Promise((resolve) => setTimeout(resolve, 5))
      atOnce--
      vi.setSystemTime(Date.now() + ms)
      return status(code)
    })
    return { asked, most: () => most }
  }
  const push = () => sent.find(({ body }) => (body as DeliveryMessage).channel === "push")?.body as DeliveryMessage

  it("gets one request at a time, while other people get theirs", async () => {
    for (const name of ["one", "two", "three"]) await addDevice(bob, name)
    for (const name of ["hers", "hers-too"]) await addDevice(alice, name)
    const { asked, most } = slow(201, 0)
    await notify()
    await consume("dalgo-deliveries", [push()])
    expect([asked.length, most()]).toEqual([5, 2])
  })

  it("has 15 seconds for all of them", async () => {
    const timeout = vi.spyOn(AbortSignal, "timeout")
    for (const name of ["one", "two", "three"]) await addDevice(bob, name)
    const { asked } = slow(400, 9 * SECOND)
    await notify()
    timeout.mockClear()
    await consume("dalgo-deliveries", [push()])
    expect(asked).toHaveLength(2)
    expect(timeout.mock.calls).toEqual([[10 * SECOND], [6 * SECOND]])
    expect(await deliveryTo()).toMatchObject({
      status: "pending",
      reason: "the push services of other devices took too long",
    })
  })
})

describe("a stored device", () => {
  it.each([
    "https://evil.test/x",
    "http://fcm.googleapis.com/x",
    "https://169.254.169.254/latest/meta-data/",
    "https://fcm.googleapis.com.evil.test/x",
  ])("is not called unless it is at a push service: %s", async (endpoint) => {
    await addDevice(bob, "phone")
    await selectRows("UPDATE push_subscriptions SET endpoint = ?", endpoint)
    const { requests } = startPushServices()
    await notify()
    await drain()
    expect(requests.filter(({ url }) => !url.startsWith("https://ses."))).toEqual([])
    expect(await deliveryTo()).toMatchObject({ status: "suppressed", reason: "no_device" })
  })

  it.each([
    ["p256dh", "AAAA"],
    ["p256dh", "not base64"],
  ])("does not delay another device where its %s is %j", async (column, value) => {
    await addDevice(bob, "phone")
    await selectRows(`UPDATE push_subscriptions SET ${column} = ?`, value)
    const laptop = await addDevice(bob, "laptop")
    const { to } = startPushServices()
    await notify()
    await drain()
    expect(to(laptop)).toHaveLength(1)
    await bob.delete(SUBSCRIPTIONS_PATH, {}, { endpoint: laptop.subscription.endpoint })
    await notify()
    await drain()
    const [, second] = await selectRows(
      "SELECT status, reason FROM deliveries WHERE channel = 'push' ORDER BY notification_id",
    )
    expect(second).toEqual({ status: "failed", reason: "a device has keys that cannot be used" })
  })

  it("is in no log, no reason and no trace", async () => {
    const log = vi.spyOn(console, "log")
    const phone = await addDevice(bob, "secret-phone")
    const laptop = await addDevice(bob, "secret-laptop")
    const { p256dh, auth } = phone.subscription.keys
    const answers = [() => status(500), () => status(400), () => status(410), () => status(201)]
    for (const [i, response] of answers.entries()) {
      const failing = i === 2 ? answeringFor(phone, response) : response
      startPushServices(failing)
      await notify()
      await drain()
    }
    const output = [
      JSON.stringify(log.mock.calls),
      JSON.stringify(await selectRows("SELECT * FROM deliveries")),
      JSON.stringify(await (await bob.get("/api/notifications/1/trace")).json()),
      JSON.stringify(await (await alice.get("/api/notifications/deliveries")).json()),
      JSON.stringify(await (await bob.get(SUBSCRIPTIONS_PATH)).json()),
    ].join()
    for (const secret of ["secret-phone", "secret-laptop", p256dh, auth, laptop.subscription.keys.auth]) {
      expect(output).not.toContain(secret)
    }
  })
})

describe("a VAPID key that a push service refuses", () => {
  const ON = {
    NOTIFY_PLATFORM_ADMINS_OF_ERRORS: "true",
    ADMIN_EMAIL: "ops@dalgo.test",
    ADMIN_DISCORD_WEBHOOK: "",
  }
  const badJwt = () => Response.json({ reason: "BadJwtToken" }, { status: 403 })
  async function drainWith(changes: object) {
    for (let message = sent.shift(); message; message = sent.shift()) {
      await consume(message.queue, [message.body], { changes })
    }
  }
  const start = () => {
    const mail = fakeSes()
    fakeFetch(fakePushServices(badJwt).handler, mail.handler)
    return () => mail.mails.filter(({ to }) => to === "ops@dalgo.test")
  }

  it("is told to the platform admins once a day, and the messages wait", async () => {
    const mailed = start()
    await addDevice(bob, "https://web.push.apple.com/phone")
    await addDevice(alice, "https://web.push.apple.com/hers")
    for (const at of [NOON, NOON + HOUR, NOON + DAY]) {
      vi.setSystemTime(at)
      await notify()
      await drainWith(ON)
    }
    expect(mailed().map(({ text }) => /refuses our key|BadJwtToken/.test(text))).toEqual([true, true])
    expect(await deliveryTo()).toMatchObject({
      status: "pending",
      reason: "the push service answered 403 (BadJwtToken)",
    })
    expect(await endpoints()).toHaveLength(2)
    const event = { source: "push_key_refused", status: "processed", reason: "published" }
    expect(await selectRows("SELECT source, status, reason FROM signal_events")).toEqual([event, event])
    // Nobody else hears of it.
    for (const one of [alice, bob, charlie]) {
      expect(JSON.stringify(await (await one.get("/api/notifications/v1")).json())).not.toContain("refuses our key")
    }
  })

  it("is told to nobody where platform admins are not told of errors", async () => {
    const mailed = start()
    await addDevice(bob, "https://web.push.apple.com/phone")
    await notify()
    await drainWith({ ...ON, NOTIFY_PLATFORM_ADMINS_OF_ERRORS: "" })
    expect(mailed()).toEqual([])
    expect(await selectRows("SELECT status, reason FROM signal_events")).toEqual([
      { status: "ignored", reason: "no_platform_admins" },
    ])
  })

  it("is not suspected where one device subscribed with another key: the device is deleted", async () => {
    const phone = await addDevice(bob, "https://web.push.apple.com/phone")
    startPushServices(answeringFor(phone, () => Response.json({ reason: "VapidPkHashMismatch" }, { status: 400 })))
    await notify()
    await drain()
    expect(await endpoints()).toEqual([])
    expect(await deliveryTo()).toMatchObject({ status: "suppressed", reason: "no_device" })
    expect(await selectRows("SELECT * FROM signal_events")).toEqual([])
  })
})

describe("a VAPID key pair", () => {
  const pushWith = async (changes: object) => {
    await addDevice(bob, "phone")
    const { pushes } = startPushServices()
    await notify()
    const push = sent.find(({ body }) => (body as DeliveryMessage).channel === "push")?.body as DeliveryMessage
    await consume("dalgo-deliveries", [push], { changes })
    expect(pushes).toEqual([])
    return deliveryTo()
  }

  it("that is missing is a failure to retry", async () => {
    expect(await pushWith({ VAPID_PRIVATE_KEY: "" })).toMatchObject({
      status: "pending",
      reason: "VAPID_PUBLIC_KEY, VAPID_PRIVATE_KEY or VAPID_SUBJECT is not set",
    })
  })

  it.each([
    [
      "is malformed",
      { VAPID_PRIVATE_KEY: "nonsense" },
      "VAPID_PRIVATE_KEY is not usable: it must be 32 bytes in base64url",
    ],
    [
      "has halves of two pairs",
      { VAPID_PRIVATE_KEY: "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw" },
      "VAPID_PUBLIC_KEY and VAPID_PRIVATE_KEY are not a pair",
    ],
    [
      "is cut off",
      { VAPID_PUBLIC_KEY: "BIPETICa" },
      "VAPID_PUBLIC_KEY is not usable: it must be a point on P-256: 65 bytes in base64url",
    ],
  ])("that %s is a failure to retry", async (_, changes, reason) => {
    expect(await pushWith(changes)).toMatchObject({ status: "pending", reason })
  })
})
