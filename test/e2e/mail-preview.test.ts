import type { Browser } from "playwright-core"
import { afterAll, beforeAll, expect, inject, it } from "vitest"
import { launchBrowser } from "./browser"

const list = `http://127.0.0.1:${inject("port")}/local/mails`

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser.close()
})

/** One e-mail per category and urgency, without a summary, with an AI summary and with a log summary. */
const names = ["incident", "schema_change", "job_failure", "late_run", "dbt_test_failure", "system"].flatMap(
  (category) => ["", "-ai", "-log", "-urgent", "-urgent-ai", "-urgent-log"].map((variant) => category + variant),
)

it("lists every e-mail, and shows its HTML, light and dark, and its text", async () => {
  const page = await browser.newPage()
  await page.goto(list)
  const links = await page.getByRole("link").evaluateAll((all) => all.map((link) => link.getAttribute("href")))
  expect(links).toEqual(names.map((name) => `/local/mails/${name}`))

  await page.getByRole("link", { name: "urgent, AI summary" }).nth(2).click()
  await page.getByRole("heading", { name: "[Acme Foundation] Household survey was not updated" }).waitFor()
  const mail = page.frameLocator("iframe")
  await mail.getByRole("link", { name: "See what happened" }).waitFor()
  await mail.getByRole("heading", { name: "By AI, may be wrong" }).waitFor()
  await page.getByText("-- Dalgo sent this for Acme Foundation.").waitFor()

  await page.getByRole("link", { name: "dark" }).click()
  await mail.getByRole("link", { name: "See what happened" }).waitFor()
  expect(await page.locator("iframe").getAttribute("src")).toBe("/local/mails/job_failure-urgent-ai/html?scheme=dark")
})

it.each(["light", "dark"] as const)("fits a phone and follows its colour scheme: %s", async (colorScheme) => {
  const page = await (await browser.newContext({ colorScheme, viewport: { width: 380, height: 700 } })).newPage()
  const requested: string[] = []
  page.on("request", (request) => requested.push(request.url()))
  for (const name of names) {
    await page.goto(`${list}/${name}/html`)
    const card = page.locator(".card")
    const style = await card.evaluate((element) => [
      getComputedStyle(element).backgroundColor,
      document.documentElement.scrollWidth,
    ])
    expect(style, name).toEqual([colorScheme === "light" ? "rgb(255, 255, 255)" : "rgb(22, 29, 28)", 380])
  }
  expect(requested).toEqual(names.map((name) => `${list}/${name}/html`))
})

it("fits a small phone: the list, and an e-mail with its headers", async () => {
  const page = await browser.newPage({ viewport: { width: 320, height: 640 } })
  for (const path of ["", "/job_failure-urgent-ai", "/system?width=phone"]) {
    await page.goto(list + path)
    expect(await page.evaluate(() => document.documentElement.scrollWidth), path).toBe(320)
  }
})

it.each(["light", "dark"])("shows an e-mail in %s mode if the browser prefers the other", async (scheme) => {
  const page = await browser.newPage({ colorScheme: scheme === "light" ? "dark" : "light" })
  await page.goto(`${list}/system/html?scheme=${scheme}`)
  const colour = await page.locator(".card").evaluate((element) => getComputedStyle(element).backgroundColor)
  expect(colour).toBe(scheme === "light" ? "rgb(255, 255, 255)" : "rgb(22, 29, 28)")
})

it("answers 404 for an unknown e-mail", async () => {
  for (const path of ["/nothing", "/nothing/html"]) expect((await fetch(list + path)).status).toBe(404)
})
