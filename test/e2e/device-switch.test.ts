import type { Browser, BrowserContext, Page } from "playwright-core"
import { afterAll, beforeAll, expect, inject, it, onTestFinished } from "vitest"
import { launch } from "./browser"

const worker = `http://127.0.0.1:${inject("port")}`
const WITHIN_5_S = { timeout: 5_000 }
const NAME = "Notify me on this device"

/** Made up, but for the point on the curve. Nothing fails while a test has it, so that nobody is called there. */
const SUBSCRIPTION = {
  endpoint: "https://updates.push.services.mozilla.com/wpush/v2/a-browser-of-the-tests",
  keys: {
    p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    auth: "BTBZMqHH6r4Tts7J_aSIgg",
  },
}

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(async () => {
  await browser.close()
})

/** A browser whose push service is there: the real one is not reached from everywhere. */
async function browserOf(options: Parameters<Browser["newContext"]>[0] = { permissions: ["notifications"] }) {
  const context = await browser.newContext(options)
  onTestFinished(() => context.close())
  await context.addInitScript((made) => {
    const KEY = "subscribed"
    const bytes = (key: string) =>
      Uint8Array.from(atob(key.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0))
    const subscriptionBy = (key: string) => {
      const endpoint = `${made.endpoint}-${key.slice(-8)}`
      const unsubscribe = async () => {
        localStorage.removeItem(KEY)
        return true
      }
      const toJSON = () => ({ ...made, endpoint })
      const by = { applicationServerKey: bytes(key).buffer }
      return { endpoint, options: by, unsubscribe, toJSON } as unknown as PushSubscription
    }
    PushManager.prototype.getSubscription = async () => {
      const key = localStorage.getItem(KEY)
      return key ? subscriptionBy(key) : null
    }
    PushManager.prototype.subscribe = async ({ applicationServerKey } = {}) => {
      const key = applicationServerKey as string
      if ((localStorage.getItem(KEY) ?? key) !== key) throw new DOMException("by another key", "InvalidStateError")
      localStorage.setItem(KEY, key)
      return subscriptionBy(key)
    }
  }, SUBSCRIPTION)
  return context
}

const signInAs = async (page: Page, name: string) => {
  await page.goto(`${worker}/local/sign-in?as=${name}`)
  await page.getByRole("heading", { name: "Notifications" }).waitFor(WITHIN_5_S)
}
const openAs = async (context: BrowserContext, name: string) => {
  const page = await context.newPage()
  await signInAs(page, name)
  return page
}
const untilItIs = (page: Page, checked: boolean) =>
  page.getByRole("switch", { name: NAME, checked, exact: true }).waitFor(WITHIN_5_S)
const turn = (page: Page) => page.getByRole("switch", { name: NAME }).click()
const subscribedBy = (page: Page) => page.evaluate(() => localStorage.getItem("subscribed"))
const devicesSeenBy = async (page: Page) =>
  (await (await page.request.get(`${worker}/api/notifications/push-subscriptions`)).json()).res.length

it("tells on a device what is pushed there, once it is switched on", async () => {
  const context = await browserOf()
  const page = await openAs(context, "alice")
  await untilItIs(page, false)
  expect(await page.evaluate(() => navigator.serviceWorker.getRegistrations().then(({ length }) => length))).toBe(0)

  await page.getByRole("switch", { name: NAME }).focus()
  await page.keyboard.press("Space")
  await untilItIs(page, true)
  expect(await page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.role)).toBe("switch")
  const { res } = await (await page.request.get(`${worker}/api/notifications/push-key`)).json()
  expect(await subscribedBy(page)).toBe(res.public_key)
  expect(await devicesSeenBy(page)).toBe(1)
  await page.reload()
  await untilItIs(page, true)

  const payload = { title: "Incident · Acme", body: "<b>down</b>", url: "/?org=acme", tag: "7", urgent: true }
  await deliver(page, JSON.stringify(payload))
  await expect.poll(() => shownOn(page)).toEqual([{ ...payload, requireInteraction: true, lang: "en" }])
  await deliver(page, JSON.stringify({ ...payload, body: "up again" }))
  await expect.poll(() => shownOn(page)).toMatchObject([{ body: "up again" }])

  await turn(page)
  await untilItIs(page, false)
  expect(await devicesSeenBy(page)).toBe(0)
  // Her other organisations may push to it.
  expect(await subscribedBy(page)).toBe(res.public_key)
})

it("is off after the service has another key, and is subscribed again when it is switched on", async () => {
  const context = await browserOf()
  const page = await openAs(context, "alice")
  await turn(page)
  await untilItIs(page, true)

  await page.route("**/push-key", (route) =>
    route.fulfill({ json: { success: true, res: { public_key: SUBSCRIPTION.keys.p256dh } } }),
  )
  await page.reload()
  await untilItIs(page, false)
  await turn(page)
  await untilItIs(page, true)
  expect(await subscribedBy(page)).toBe(SUBSCRIPTION.keys.p256dh)
  // It took the place of the other.
  expect(await devicesSeenBy(page)).toBe(1)
  await turn(page)
  await untilItIs(page, false)
})

it("belongs on a computer that several share to whoever switched it on last", async () => {
  const context = await browserOf()
  const page = await openAs(context, "alice")
  await turn(page)
  await untilItIs(page, true)

  await signInAs(page, "bob")
  await untilItIs(page, false)
  await turn(page)
  await untilItIs(page, true)
  await signInAs(page, "alice")
  await untilItIs(page, false)
  expect(await devicesSeenBy(page)).toBe(0)

  await signInAs(page, "bob")
  await turn(page)
  await untilItIs(page, false)
})

it("says why it cannot be switched on where the browser blocks it", async () => {
  const context = await browserOf({})
  await context.addInitScript(() => Object.defineProperty(Notification, "permission", { get: () => "denied" }))
  const page = await openAs(context, "alice")
  const blocked = page.getByRole("switch", { name: NAME, disabled: true })
  await blocked.waitFor(WITHIN_5_S)
  expect(await blocked.evaluate((button) => button.nextElementSibling?.textContent)).toMatch(/^Your browser blocks/)
})

it("stays off, and says so, where nothing was permitted", async () => {
  const context = await browserOf({})
  await context.addInitScript(() => {
    Object.defineProperty(Notification, "permission", { get: () => "default" })
    Notification.requestPermission = async () => "default"
  })
  const page = await openAs(context, "alice")
  await turn(page)
  await page.getByRole("status").getByText("Your browser was not permitted").waitFor(WITHIN_5_S)
  await untilItIs(page, false)
  expect(await devicesSeenBy(page)).toBe(0)
})

it("says where the service did not take it, and keeps no subscription that it made", async () => {
  const context = await browserOf()
  const page = await openAs(context, "alice")
  await page.route("**/push-subscriptions", (route) =>
    route.request().method() === "POST" ? route.fulfill({ status: 500 }) : route.continue(),
  )
  await turn(page)
  await page.getByRole("status").getByText("That did not work.").waitFor(WITHIN_5_S)
  await untilItIs(page, false)
  expect(await subscribedBy(page)).toBeNull()

  const { res } = await (await page.request.get(`${worker}/api/notifications/push-key`)).json()
  await page.evaluate((key) => localStorage.setItem("subscribed", key), res.public_key)
  await turn(page)
  await page.getByRole("status").getByText("That did not work.").waitFor(WITHIN_5_S)
  // Another organisation had it before.
  expect(await subscribedBy(page)).toBe(res.public_key)
})

it("is not there where a browser knows nothing of push, and where the service is not set up for it", async () => {
  const without = await browserOf()
  await without.addInitScript(() => Reflect.deleteProperty(window, "PushManager"))
  const old = await openAs(without, "alice")
  const page = await (await browserOf()).newPage()
  await page.route("**/push-key", (route) => route.fulfill({ status: 503, json: { detail: "not configured" } }))
  await signInAs(page, "alice")
  for (const each of [old, page]) {
    await each.waitForLoadState("networkidle")
    expect(await each.getByRole("switch").count()).toBe(0)
  }
})

it("can be put on a home screen, without which an iPhone takes no messages", async () => {
  const page = await openAs(await browserOf(), "alice")
  const session = await page.context().newCDPSession(page)
  const { url, data, errors } = await session.send("Page.getAppManifest")
  expect([url, errors]).toEqual([`${worker}/manifest.webmanifest`, []])
  const { name, start_url, display, icons } = JSON.parse(data ?? "")
  expect({ name, start_url, display }).toEqual({ name: "Dalgo notifications", start_url: "/", display: "standalone" })

  const typeOf = async (path: string) => (await page.request.get(worker + path)).headers()["content-type"]
  expect(await typeOf("/manifest.webmanifest")).toBe("application/manifest+json")
  for (const { src, type } of icons) expect(await typeOf(src)).toBe(type)
})

/** A push message as it arrives from the push service. */
async function deliver(page: Page, data: string): Promise<void> {
  const session = await page.context().newCDPSession(page)
  const registrationId = new Promise<string>((resolve) => {
    session.on("ServiceWorker.workerRegistrationUpdated", ({ registrations: [known] }) => {
      if (known) resolve(known.registrationId)
    })
  })
  await session.send("ServiceWorker.enable")
  await session.send("ServiceWorker.deliverPushMessage", {
    origin: worker,
    registrationId: await registrationId,
    data,
  })
  await session.detach()
}

const shownOn = (page: Page) =>
  page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready
    return (await registration.getNotifications()).map(({ title, body, tag, data, requireInteraction, lang }) => ({
      title,
      body,
      tag,
      url: data.url,
      urgent: requireInteraction,
      requireInteraction,
      lang,
    }))
  })
