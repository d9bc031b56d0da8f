import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, beforeEach, expect, inject, it, onTestFinished } from "vitest"
import { launch } from "./browser"

const worker = `http://127.0.0.1:${inject("port")}`
const WITHIN_5_S = { timeout: 5_000 }

let browser: Browser
beforeAll(async () => {
  browser = await launch()
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

/** Alice tells herself something, and it is the newest urgent thing there is. */
const tell = (said: { author?: string; message: string }) =>
  page.evaluate(async (text) => {
    const tellHer = { author: "alice", ...text, sent_to: "single_user", user_email: "alice@acme.test" }
    await fetch("/api/notifications/mark_all_as_read", { method: "PUT" })
    const answer = await fetch("/api/notifications/", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...tellHer, org_slug: "acme", category: "incident", urgent: true }),
    })
    if (!answer.ok) throw new Error(await answer.text())
  }, said)

const bar = () => page.getByRole("region", { name: "Urgent notifications" })
const row = () => page.getByRole("article").first()

it("keeps its headline while somebody walks through the bar by keyboard", async () => {
  await tell({ message: "The headline\n\nFirst\nSee https://x.test/below for more" })
  await bar().getByText("The headline").waitFor(WITHIN_5_S)
  await bar().getByRole("button", { name: "Read more" }).waitFor(WITHIN_5_S)

  await page.reload()
  await bar().getByRole("button", { name: "Read more" }).waitFor(WITHIN_5_S)
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

it("leaves links that are seen to the keyboard, however long the message", async () => {
  await tell({ message: "See https://x.test/seen\n\nFirst\nSecond" })
  await bar().getByRole("link", { name: /seen/ }).waitFor(WITHIN_5_S)
  await bar().getByRole("button", { name: "Read more" }).waitFor(WITHIN_5_S)
  await page.reload()
  await bar().getByRole("button", { name: "Read more" }).waitFor(WITHIN_5_S)
  await page.keyboard.press("Tab")
  expect(await bar().locator(":focus").getAttribute("href")).toBe("https://x.test/seen")
})

it("turns no letters around, and shows where a link leads", async () => {
  await tell({ author: "\u202Eevil\u2066", message: "Get https://x.test/\u202Egpj.exe\u200B" })
  for (const shown of [bar(), row()]) {
    const link = shown.getByRole("link", { name: /gpj/ })
    await link.waitFor(WITHIN_5_S)
    expect(await link.innerText()).toMatch(/^https:\/\/x\.test\/gpj\.exe\s/)
    expect(await link.getAttribute("href")).toBe("https://x.test/gpj.exe")
  }
  expect(await row().locator(".meta").innerText()).toMatch(/\bevil$/)
})

it("keeps an author without blanks on the card", async () => {
  await tell({ author: "a".repeat(254), message: "Who?" })
  await row().getByText("Who?").waitFor(WITHIN_5_S)
  for (const width of [1_100, 320]) {
    await page.setViewportSize({ width, height: 800 })
    const author = row().getByText("aaaa")
    const [itsRight, cardsRight] = await Promise.all(
      [author, row()].map((part) => part.evaluate((element) => element.getBoundingClientRect().right)),
    )
    expect(itsRight).toBeLessThanOrEqual(cardsRight as number)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
  }
})
