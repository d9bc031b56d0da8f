import type { Browser, BrowserContext, Page } from "playwright-core"
import { afterAll, beforeAll, expect, inject, it, onTestFinished } from "vitest"
import { launchBrowser } from "./browser"

const worker = `http://127.0.0.1:${inject("port")}`
/** Generous, since a busy machine is slow. */
const PATIENCE = { timeout: 20_000 }
const LABEL = "Notify me on this device"

/** Invented, except that p256dh is a valid point on the curve. No test sends a notification to this endpoint. */
const SUBSCRIPTION = {
  endpoint: "https://updates.push.services.mozilla.com/wpush/v2/a-browser-of-the-tests",
  keys: {
    p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    auth: "BTBZMqHH6r4Tts7J_aSIgg",
  },
}

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser.close()
})

/** A browser with a fake push service: the real one cannot be reached offline. */
async function openContext(options: Parameters<Browser["newContext"]>[0] = { permissions: ["notifications"] }) {
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
  await page.getByRole("heading", { name: "Notifications" }).waitFor(PATIENCE)
}
const openAs = async (context: BrowserContext, name: string) => {
  const page = await context.newPage()
  await signInAs(page, name)
  return page
}
const waitForSwitch = (page: Page, checked: boolean) =>
  page.getByRole("switch", { name: LABEL, checked, exact: true }).waitFor(PATIENCE)
const toggle = (page: Page) => page.getByRole("switch", { name: LABEL }).click()
const subscribedKey = (page: Page) => page.evaluate(() => localStorage.getItem("subscribed"))
const deviceCount = async (page: Page) =>
  (await (await page.request.get(`${worker}/api/notifications/push-subscriptions`)).json()).res.length

it("shows push messages on a device after it is switched on", async () => {
  const context = await openContext()
  const page = await openAs(context, "alice")
  await waitForSwitch(page, false)
  expect(await page.evaluate(() => navigator.serviceWorker.getRegistrations().then(({ length }) => length))).toBe(0)

  await page.getByRole("switch", { name: LABEL }).focus()
  await page.keyboard.press("Space")
  await waitForSwitch(page, true)
  expect(await page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.role)).toBe("switch")
  const { res } = await (await page.request.get(`${worker}/api/notifications/push-key`)).json()
  expect(await subscribedKey(page)).toBe(res.public_key)
  expect(await deviceCount(page)).toBe(1)
  await page.reload()
  await waitForSwitch(page, true)

  const payload = { title: "Incident · Acme", body: "<b>down</b>", url: "/?org=acme", tag: "7", urgent: true }
  await deliverPush(page, JSON.stringify(payload))
  await expect.poll(() => shownNotifications(page)).toEqual([{ ...payload, requireInteraction: true, lang: "en" }])
  await deliverPush(page, JSON.stringify({ ...payload, body: "up again" }))
  await expect.poll(() => shownNotifications(page)).toMatchObject([{ body: "up again" }])

  await toggle(page)
  await waitForSwitch(page, false)
  expect(await deviceCount(page)).toBe(0)
  // The browser keeps its subscription: other organisations of Alice may use it.
  expect(await subscribedKey(page)).toBe(res.public_key)
})

it("turns off when the key of the service changes, and subscribes with the new key when it is switched on", async () => {
  const context = await openContext()
  const page = await openAs(context, "alice")
  await toggle(page)
  await waitForSwitch(page, true)

  await page.route("**/push-key", (route) =>
    route.fulfill({ json: { success: true, res: { public_key: SUBSCRIPTION.keys.p256dh } } }),
  )
  await page.reload()
  await waitForSwitch(page, false)
  await toggle(page)
  await waitForSwitch(page, true)
  expect(await subscribedKey(page)).toBe(SUBSCRIPTION.keys.p256dh)
  // The new subscription replaced the old one.
  expect(await deviceCount(page)).toBe(1)
  await toggle(page)
  await waitForSwitch(page, false)
})

it("belongs to the user who switched it on last, if several share a computer", async () => {
  const context = await openContext()
  const page = await openAs(context, "alice")
  await toggle(page)
  await waitForSwitch(page, true)

  await signInAs(page, "bob")
  await waitForSwitch(page, false)
  await toggle(page)
  await waitForSwitch(page, true)
  await signInAs(page, "alice")
  await waitForSwitch(page, false)
  expect(await deviceCount(page)).toBe(0)

  await signInAs(page, "bob")
  await toggle(page)
  await waitForSwitch(page, false)
})

it("is disabled and gives the reason if the browser blocks notifications", async () => {
  const context = await openContext({})
  await context.addInitScript(() => Object.defineProperty(Notification, "permission", { get: () => "denied" }))
  const page = await openAs(context, "alice")
  const blocked = page.getByRole("switch", { name: LABEL, disabled: true })
  await blocked.waitFor(PATIENCE)
  expect(await blocked.evaluate((button) => button.nextElementSibling?.textContent)).toMatch(/^Your browser blocks/)
})

it("stays off with a message if the user does not grant permission", async () => {
  const context = await openContext({})
  await context.addInitScript(() => {
    Object.defineProperty(Notification, "permission", { get: () => "default" })
    Notification.requestPermission = async () => "default"
  })
  const page = await openAs(context, "alice")
  await toggle(page)
  await page.getByRole("status").getByText("Your browser was not permitted").waitFor(PATIENCE)
  await waitForSwitch(page, false)
  expect(await deviceCount(page)).toBe(0)
})

it("stays off with a message if the service rejects the subscription, and removes a subscription that it created", async () => {
  const context = await openContext()
  const page = await openAs(context, "alice")
  await page.route("**/push-subscriptions", (route) =>
    route.request().method() === "POST" ? route.fulfill({ status: 500 }) : route.continue(),
  )
  await toggle(page)
  await page.getByRole("status").getByText("That did not work.").waitFor(PATIENCE)
  await waitForSwitch(page, false)
  expect(await subscribedKey(page)).toBeNull()

  const { res } = await (await page.request.get(`${worker}/api/notifications/push-key`)).json()
  await page.evaluate((key) => localStorage.setItem("subscribed", key), res.public_key)
  await toggle(page)
  await page.getByRole("status").getByText("That did not work.").waitFor(PATIENCE)
  // It existed before, for another organisation.
  expect(await subscribedKey(page)).toBe(res.public_key)
})

it("is hidden if the browser does not support push, or the service has no key", async () => {
  const withoutPush = await openContext()
  await withoutPush.addInitScript(() => Reflect.deleteProperty(window, "PushManager"))
  const oldBrowserPage = await openAs(withoutPush, "alice")
  const page = await (await openContext()).newPage()
  await page.route("**/push-key", (route) => route.fulfill({ status: 503, json: { detail: "not configured" } }))
  await signInAs(page, "alice")
  for (const each of [oldBrowserPage, page]) {
    await each.waitForLoadState("networkidle")
    expect(await each.getByRole("switch").count()).toBe(0)
  }
})

it("can be installed on a home screen, which an iPhone requires for push messages", async () => {
  const page = await openAs(await openContext(), "alice")
  const session = await page.context().newCDPSession(page)
  const { url, data, errors } = await session.send("Page.getAppManifest")
  expect([url, errors]).toEqual([`${worker}/manifest.webmanifest`, []])
  const { name, start_url, display, icons } = JSON.parse(data ?? "")
  expect({ name, start_url, display }).toEqual({ name: "Dalgo notifications", start_url: "/", display: "standalone" })

  const typeOf = async (path: string) => (await page.request.get(worker + path)).headers()["content-type"]
  expect(await typeOf("/manifest.webmanifest")).toBe("application/manifest+json")
  for (const { src, type } of icons) expect(await typeOf(src)).toBe(type)
})

/** Delivers a push message to the service worker, as the push service would. */
async function deliverPush(page: Page, data: string): Promise<void> {
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

const shownNotifications = (page: Page) =>
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
