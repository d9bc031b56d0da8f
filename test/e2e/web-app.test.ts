import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, inject, it, vi } from "vitest"
import { launchBrowser } from "./browser"
import { sendFailure } from "./send-failure"

// Dalgo's web app is another origin on the same site, as localhost:3000 is to localhost:<port>. Its page is empty here. The
// tests check that a browser allows its requests, and that the answers have the fields that the web app reads.
const APP = "http://localhost:3000"
const WORKER = `http://localhost:${inject("port")}`

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser.close()
})

/** The page of the web app, in the browser of this user or, without a name, of a signed-out visitor. */
async function webAppOf(name?: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage()
  if (name) await page.goto(`${WORKER}/local/sign-in?as=${name}`)
  await page.route(`${APP}/**`, (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html>" }))
  await page.goto(APP)
  // Chromium disables its cache while requests are intercepted.
  await page.unroute(`${APP}/**`)
  return page
}

/** A request as the web app makes it: JSON in both directions, the cookie, and the selected organisation. */
const call = (page: Page, method: string, path: string, body?: unknown) =>
  page.evaluate(
    async ({ url, method: verb, sent }) => {
      const answer = await fetch(url, {
        method: verb,
        headers: { "Content-Type": "application/json", "x-dalgo-org": "acme" },
        credentials: "include",
        ...(sent !== undefined && { body: JSON.stringify(sent) }),
      })
      const type = answer.headers.get("content-type") ?? ""
      return { status: answer.status, type, body: type.includes("application/json") ? await answer.json() : undefined }
    },
    { url: WORKER + path, method, sent: body },
  )

describe("the web app", () => {
  let page: Page
  const get = (path: string) => call(page, "GET", path)
  const put = (path: string, body: unknown) => call(page, "PUT", path, body)

  beforeAll(async () => {
    page = await webAppOf("alice")
    await put("/api/notifications/mark_all_as_read", {})
    await sendFailure()
    const unread = async () => (await get("/api/notifications/unread_count")).body.res
    await vi.waitFor(async () => expect(await unread()).toBe(1), { timeout: 20_000 })
  })

  it("shows an inbox in three tabs, and the number of unread notifications", async () => {
    for (const tab of ["", "&read_status=0", "&read_status=1"]) {
      const { status, body } = await get(`/api/notifications/v1?limit=10&page=1${tab}`)
      expect(status).toBe(200)
      expect(body).toMatchObject({ success: true, page: 1, total_notifications: expect.any(Number) })
    }
    const { body } = await get("/api/notifications/v1?limit=10&page=1&read_status=0")
    expect(body.res).toEqual([
      {
        id: expect.any(Number),
        author: expect.any(String),
        message: expect.stringMatching(/was not (fully )?updated|did not finish|check of its data failed/),
        timestamp: expect.stringMatching(/Z$/),
        urgent: true,
        category: "job_failure",
        scheduled_time: null,
        sent_time: expect.stringMatching(/Z$/),
        read_status: false,
      },
    ])
  })

  it("marks one notification as read and unread, and all as read", async () => {
    const [{ id }] = (await get("/api/notifications/v1?limit=10&page=1")).body.res
    const done = { success: true, message: "Notifications updated successfully" }
    for (const read_status of [true, false]) {
      const marked = await put("/api/notifications/v1", { notification_ids: [id], read_status })
      expect(marked).toMatchObject({ status: 200, body: done })
      expect((await get("/api/notifications/unread_count")).body).toEqual({ success: true, res: read_status ? 0 : 1 })
    }
    expect((await put("/api/notifications/mark_all_as_read", {})).body).toEqual({ success: true, updated_count: 1 })
  })

  it("polls, and the browser revalidates its cached answer", async () => {
    await get("/api/notifications/unread_count")
    const again = page.waitForResponse(`${WORKER}/api/notifications/unread_count`)
    expect((await get("/api/notifications/unread_count")).status).toBe(200)
    expect((await (await again).request().allHeaders())["if-none-match"]).toMatch(/^".+"$/)
  })

  it("reads and changes the preferences of a user", async () => {
    const { status, body } = await get("/api/userpreferences/")
    expect(status).toBe(200)
    expect(Object.keys(body.res).sort()).toEqual([
      "disclaimer_shown",
      "enable_email_notifications",
      "enable_llm_requested",
      "enable_schema_change_notifications",
      "is_llm_active",
      "last_visited_transform_tab",
      "trial_walkthrough",
    ])
    for (const enable_email_notifications of [false, true]) {
      const changed = await put("/api/userpreferences/", { enable_email_notifications })
      expect(changed).toMatchObject({ status: 200, body: { success: true, res: { enable_email_notifications } } })
      const { email_notifications_enabled } = (await get("/api/notifications/preferences")).body.res
      expect(email_notifications_enabled).toBe(enable_email_notifications)
    }
  })

  it("reads and changes the preferences of an organisation", async () => {
    const path = "/api/orgpreferences/enable-discord-notifications"
    expect(await put(path, { enable_discord_notifications: true, discord_webhook: "" })).toMatchObject({
      status: 400,
      body: { detail: "Discord webhook is required to enable notifications." },
    })
    const discord_webhook = "https://discord.com/api/webhooks/1/example-0000"
    expect((await put(path, { enable_discord_notifications: true, discord_webhook })).status).toBe(200)
    const shown = (await get("/api/orgpreferences/")).body.res
    expect(shown).toMatchObject({
      enable_discord_notifications: true,
      discord_webhook: expect.stringMatching(/…0000$/),
    })
    // A member cannot change Discord. The form saves their e-mail switch only if the field of the webhook has a URL.
    const bob = await webAppOf("bob")
    const ofBob = await call(bob, "GET", "/api/orgpreferences/")
    expect(ofBob.body.res).toMatchObject({
      enable_discord_notifications: true,
      discord_webhook: "https://discord.com/api/webhooks/…",
    })
    for (const enable_email_notifications of [false, true]) {
      const saved = await call(bob, "PUT", "/api/userpreferences/", { enable_email_notifications })
      expect(saved).toMatchObject({ status: 200, body: { res: { enable_email_notifications } } })
    }
    // The form of the web app sends the masked webhook back unchanged.
    expect(
      (await put(path, { enable_discord_notifications: true, discord_webhook: shown.discord_webhook })).status,
    ).toBe(200)
    expect((await put(path, { enable_discord_notifications: false, discord_webhook: "" })).status).toBe(200)
    expect((await get("/api/orgpreferences/")).body.res).toMatchObject({ enable_discord_notifications: false })
  })

  it("shows the preferences of the organisation to a member who may not change them", async () => {
    const bob = await webAppOf("bob")
    const { status, body } = await call(bob, "GET", "/api/orgpreferences/")
    expect(status).toBe(200)
    expect(body.res).toMatchObject({ enable_discord_notifications: false, discord_webhook: null })
    expect((await call(bob, "GET", "/api/userpreferences/")).body.res.enable_email_notifications).toBe(true)
  })

  it("opens a WebSocket for `notifications`", async () => {
    const frame = await page.evaluate(
      (url) =>
        new Promise<any>((resolve, reject) => {
          const socket = new WebSocket(url)
          socket.addEventListener("message", ({ data }) => resolve(JSON.parse(data)))
          socket.addEventListener("close", ({ code }) => reject(new Error(`closed with ${code}`)))
        }),
      `${WORKER.replace("http", "ws")}/wss/notifications?orgslug=acme`,
    )
    expect(frame).toMatchObject({ message: "", status: "success", data: { type: "snapshot", unread_count: 0 } })
  })

  it("can read every error answer as JSON", async () => {
    const bad = await get("/api/notifications/v1?limit=0&page=1")
    expect(bad).toMatchObject({ status: 422, body: { detail: [{ loc: ["query", "limit"], msg: expect.any(String) }] } })
    const signedOut = await webAppOf()
    expect(await call(signedOut, "GET", "/api/notifications/unread_count")).toMatchObject({
      status: 401,
      body: { detail: expect.any(String) },
    })
    const bob = await webAppOf("bob")
    const path = "/api/orgpreferences/enable-discord-notifications"
    const off = { enable_discord_notifications: false, discord_webhook: "" }
    expect(await call(bob, "PUT", path, off)).toMatchObject({
      status: 403,
      body: { detail: "not allowed" },
    })
  })
})
