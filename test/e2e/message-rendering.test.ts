import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, beforeEach, expect, inject, it, onTestFinished } from "vitest"
import { launchBrowser } from "./browser"

const worker = `http://127.0.0.1:${inject("port")}`
/** These tests are not about speed: a slow machine must not fail them. */
const WITHIN_15_S = { timeout: 15_000 }

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser.close()
})

let page: Page
beforeEach(async () => {
  const context = await browser.newContext({ viewport: { width: 1_100, height: 800 } })
  onTestFinished(() => context.close())
  page = await context.newPage()
  await page.goto(`${worker}/local/sign-in?as=alice`)
})

/** Alice sends herself an urgent notification, after all earlier ones were marked as read. */
const notifyAlice = (notification: { author?: string; message: string }) =>
  page.evaluate(async (given) => {
    const body = { author: "alice", ...given, sent_to: "single_user", user_email: "alice@acme.test" }
    await fetch("/api/notifications/mark_all_as_read", { method: "PUT" })
    const answer = await fetch("/api/notifications/", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...body, org_slug: "acme", category: "incident", urgent: true }),
    })
    if (!answer.ok) throw new Error(await answer.text())
  }, notification)

const bar = () => page.getByRole("region", { name: "Urgent notifications" })
const row = () => page.getByRole("article").first()

it("keeps the first line in view while the keyboard focus moves through the bar", async () => {
  await notifyAlice({ message: "The headline\n\nFirst\nSee https://x.test/below for more" })
  await bar().getByText("The headline").waitFor(WITHIN_15_S)
  await bar().getByRole("button", { name: "Read more" }).waitFor(WITHIN_15_S)

  await page.reload()
  await bar().getByRole("button", { name: "Read more" }).waitFor(WITHIN_15_S)
  await page.keyboard.press("Tab")
  expect(await bar().locator(":focus").textContent()).toContain("Read more")
  await bar()
    .getByRole("link", { name: /x\.test/ })
    .evaluate((link) => link.focus())
  expect(
    await bar()
      .locator(".message")
      .evaluate((message) => message.scrollTop),
  ).toBe(0)

  await bar().getByRole("button", { name: "Read more" }).click()
  await bar().getByRole("button", { name: "Read less" }).press("Shift+Tab")
  expect(await bar().locator(":focus").getAttribute("href")).toBe("https://x.test/below")
})

it("lets the keyboard reach visible links of a long message", async () => {
  await notifyAlice({ message: "See https://x.test/seen\n\nFirst\nSecond" })
  await bar().getByRole("link", { name: /seen/ }).waitFor(WITHIN_15_S)
  await bar().getByRole("button", { name: "Read more" }).waitFor(WITHIN_15_S)
  await page.reload()
  await bar().getByRole("button", { name: "Read more" }).waitFor(WITHIN_15_S)
  await page.keyboard.press("Tab")
  expect(await bar().locator(":focus").getAttribute("href")).toBe("https://x.test/seen")
})

it("removes direction-changing characters, and shows the address of a link", async () => {
  await notifyAlice({ author: "\u202Eevil\u2066", message: "Get https://x.test/\u202Egpj.exe\u200B" })
  for (const shown of [bar(), row()]) {
    const link = shown.getByRole("link", { name: /gpj/ })
    await link.waitFor(WITHIN_15_S)
    expect(await link.innerText()).toMatch(/^https:\/\/x\.test\/gpj\.exe\s/)
    expect(await link.getAttribute("href")).toBe("https://x.test/gpj.exe")
  }
  expect(await row().locator(".meta").innerText()).toMatch(/\bevil$/)
})

it("wraps a long author without spaces inside the card", async () => {
  await notifyAlice({ author: "a".repeat(254), message: "Who?" })
  await row().getByText("Who?").waitFor(WITHIN_15_S)
  for (const width of [1_100, 320]) {
    await page.setViewportSize({ width, height: 800 })
    const author = row().getByText("aaaa")
    const [authorRight, cardRight] = await Promise.all(
      [author, row()].map((part) => part.evaluate((element) => element.getBoundingClientRect().right)),
    )
    expect(authorRight).toBeLessThanOrEqual(cardRight as number)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
  }
})

it("keeps the newest first when an older list arrives last", async () => {
  let answerFirst = () => {}
  const isFirst = { v1: true }
  await page.route("**/api/notifications/v1?*", async (route) => {
    if (!isFirst.v1) return route.continue()
    isFirst.v1 = false
    const response = await route.fetch()
    await new Promise<void>((resolve) => (answerFirst = resolve))
    await route.fulfill({ response })
  })
  await page.reload()
  await notifyAlice({ message: "The newest" })
  await row().getByText("The newest").waitFor(WITHIN_15_S)
  const late = page.waitForResponse("**/api/notifications/v1?*")
  answerFirst()
  await (await late).finished()
  // The page reads the response and renders.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))
  expect(await row().innerText()).toContain("The newest")
})
