import { Validator } from "@seriousme/openapi-schema-validator"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll, expect, inject, it } from "vitest"
import { launchBrowser } from "./browser"

const worker = `http://127.0.0.1:${inject("port")}`

let browser: Browser
let description: any
beforeAll(async () => {
  browser = await launchBrowser()
  description = await (await fetch(`${worker}/api/openapi.json`)).json()
})
afterAll(async () => {
  await browser.close()
})

it("serves a valid OpenAPI 3.1 description", async () => {
  const validator = new Validator()
  const { valid, errors } = await validator.validate(structuredClone(description))
  expect(errors).toBeUndefined()
  expect(valid).toBe(true)
  expect(validator.version).toBe("3.1")
  expect(() => validator.resolveRefs()).not.toThrow()
})

it.each(["light", "dark"] as const)(
  "shows every operation, and makes no request to another origin (%s)",
  async (scheme) => {
    const page = await (await browser.newContext({ colorScheme: scheme })).newPage()
    const problems: string[] = []
    page.on("console", (message) => problems.push(message.text()))
    page.on("pageerror", (error) => problems.push(error.message))
    page.on("request", (request) => {
      if (!request.url().startsWith("data:") && new URL(request.url()).origin !== worker) problems.push(request.url())
    })
    page.on("response", (response) => {
      if (response.status() >= 400) problems.push(`${response.status()} ${response.url()}`)
    })
    await page.goto(`${worker}/local/sign-in?as=alice`)
    await page.goto(`${worker}/api/docs`)
    await page.getByRole("heading", { name: /^Dalgo notifications/ }).waitFor()

    const operations = Object.values<object>(description.paths).flatMap((path) => Object.values(path))
    expect(operations.length).toBeGreaterThan(10)
    const shown = (operationId: string) => page.locator(`.opblock[id$="-${operationId}"]`)
    for (const { operationId, summary } of operations) await shown(operationId).getByText(summary).waitFor()
    expect(await page.locator(".opblock").count()).toBe(operations.length)

    // "Try it out" sends the cookie of the signed-in user.
    const unread = shown("getNotificationsUnreadCount")
    await unread.getByRole("button").first().click()
    await unread.getByRole("button", { name: "Try it out" }).click()
    await unread.getByRole("button", { name: "Execute" }).click()
    await unread.locator(".live-responses-table").getByText('"success"').waitFor()
    expect(await page.locator("html.dark-mode").count()).toBe(scheme === "dark" ? 1 : 0)
    expect(problems).toEqual([])
  },
)
