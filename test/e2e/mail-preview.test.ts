import type { Browser } from "playwright-core"
import { afterAll, beforeAll, expect, inject, it } from "vitest"
import { launch } from "./browser"

const list = `http://127.0.0.1:${inject("port")}/local/mails`

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(async () => {
  await browser.close()
})

/** Mails of every category, urgent or not, without a summary, with one by AI, with one from the log. */
const names = ["incident", "schema_change", "job_failure", "late_run", "dbt_test_failure", "system"].flatMap(
  (category) => ["", "-ai", "-log", "-urgent", "-urgent-ai", "-urgent-log"].map((kind) => category + kind),
)

it("lists a mail of every kind, and shows its HTML, light and dark, and its text", async () => {
  const page = await browser.newPage()
  await page.goto(list)
  const links = await page.getByRole("link").evaluateAll((all) => all.map((link) => link.getAttribute("href")))
  expect(links).toEqual(names.map((name) => `/local/mails/${name}`))

  await page.getByRole("link", { name: "urgent, AI summary" }).nth(2).click()
  await page.getByRole("heading", { name: "[Acme Foundation] Job Failures: The pipeline" }).waitFor()
  const mail = page.frameLocator("iframe")
  await mail.getByRole("link", { name: "See what happened" }).waitFor()
  await mail.getByRole("heading", { name: "Summary (written by AI, may be wrong)" }).waitFor()
  await page.getByText("-- Dalgo sent this for Acme Foundation.").waitFor()

  await page.getByRole("link", { name: "dark" }).click()
  await mail.getByRole("link", { name: "See what happened" }).waitFor()
  expect(await page.locator("iframe").getAttribute("src")).toBe("/local/mails/job_failure-urgent-ai/html?scheme=dark")
})

it.each(["light", "dark"] as const)("fits a phone and follows it into %s", async (colorScheme) => {
  const page = await (await browser.newContext({ colorScheme, viewport: { width: 380, height: 700 } })).newPage()
  const requested: string[] = []
  page.on("request", (request) => requested.push(request.url()))
  for (const name of names) {
    await page.goto(`${list}/${name}/html`)
    const card = page.locator(".card")
    const look = await card.evaluate((element) => [
      getComputedStyle(element).backgroundColor,
      document.documentElement.scrollWidth,
    ])
    expect(look, name).toEqual([colorScheme === "light" ? "rgb(255, 255, 255)" : "rgb(22, 29, 28)", 380])
  }
  expect(requested).toEqual(names.map((name) => `${list}/${name}/html`))
})

it("needs no more room than a small phone has, the list and a mail with its headers", async () => {
  const page = await browser.newPage({ viewport: { width: 320, height: 640 } })
  for (const path of ["", "/job_failure-urgent-ai", "/system?width=phone"]) {
    await page.goto(list + path)
    expect(await page.evaluate(() => document.documentElement.scrollWidth), path).toBe(320)
  }
})

it.each(["light", "dark"])("shows a mail %s to somebody who prefers the other", async (scheme) => {
  const page = await browser.newPage({ colorScheme: scheme === "light" ? "dark" : "light" })
  await page.goto(`${list}/system/html?scheme=${scheme}`)
  const colour = await page.locator(".card").evaluate((element) => getComputedStyle(element).backgroundColor)
  expect(colour).toBe(scheme === "light" ? "rgb(255, 255, 255)" : "rgb(22, 29, 28)")
})

it("knows no other mails", async () => {
  for (const path of ["/nothing", "/nothing/html"]) expect((await fetch(list + path)).status).toBe(404)
})
