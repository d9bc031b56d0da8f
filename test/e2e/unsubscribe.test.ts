import type { Browser } from "playwright-core"
import { afterAll, beforeAll, expect, inject, it, onTestFinished, vi } from "vitest"
import { launchBrowser } from "./browser"

const port = inject("port")
const worker = `http://127.0.0.1:${port}`
const catcher = `http://127.0.0.1:${port + 2}`
const LINK = /^Stop e-mail about Job Failures: (\S+)$/m
const COLOURS = {
  light: { page: "rgb(247, 248, 248)", button: "rgb(0, 105, 95)" },
  dark: { page: "rgb(15, 21, 20)", button: "rgb(92, 201, 184)" },
}

let browser: Browser
let link: string
beforeAll(async () => {
  browser = await launchBrowser()
  link = await vi.waitFor(
    async () => {
      const emails = (await (await fetch(`${catcher}/messages`)).json()) as { to: string; text: string }[]
      const found = emails.flatMap(({ to, text }) => (to === "alice@acme.test" ? (LINK.exec(text)?.[1] ?? []) : []))
      expect(found).not.toEqual([])
      return found[0] as string
    },
    { timeout: 20_000 },
  )
})
afterAll(async () => {
  await browser.close()
})

it.each(["light", "dark"] as const)(
  "stops e-mails with one large button on a phone, and links to the page that turns them on again: %s",
  async (colorScheme) => {
    const context = await browser.newContext({ colorScheme, viewport: { width: 320, height: 640 } })
    onTestFinished(() => context.close())
    const page = await context.newPage()
    const width = () => page.evaluate(() => document.documentElement.scrollWidth)
    const colourOf = (selector: string) =>
      page.locator(selector).evaluate((element) => getComputedStyle(element).backgroundColor)

    await page.goto(link)
    const button = page.getByRole("button", { name: "Stop these e-mails" })
    expect((await button.boundingBox())?.height).toBeGreaterThanOrEqual(44)
    expect({ page: await colourOf("body"), button: await colourOf("button") }).toEqual(COLOURS[colorScheme])
    expect(await width()).toBe(320)

    await button.click()
    await page.getByRole("status").getByText("Done.").waitFor()
    expect(await page.getByRole("link").getAttribute("href")).toBe(`${worker}/notifications`)
    expect(await width()).toBe(320)

    await page.goto(`${worker}/local/sign-in?as=alice`)
    const status = await page.evaluate(async () => {
      const body = JSON.stringify({ channels: { job_failure: { email: true } } })
      const headers = { "content-type": "application/json" }
      return (await fetch("/api/notifications/preferences", { method: "PUT", headers, body })).status
    })
    expect(status).toBe(200)
  },
)

it("says that a truncated link is incomplete", async () => {
  const page = await browser.newPage({ viewport: { width: 320, height: 640 } })
  onTestFinished(() => page.close())
  expect((await page.goto(link.slice(0, -30)))?.status()).toBe(404)
  await page.getByRole("heading", { name: "This link is incomplete" }).waitFor()
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320)
})
