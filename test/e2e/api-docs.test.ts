import { Validator } from "@seriousme/openapi-schema-validator"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll, expect, inject, it } from "vitest"
import { launch } from "./browser"

const worker = `http://127.0.0.1:${inject("port")}`

let browser: Browser
let document: any
beforeAll(async () => {
  browser = await launch()
  document = await (await fetch(`${worker}/api/openapi.json`)).json()
})
afterAll(async () => {
  await browser.close()
})

it("describes the API as OpenAPI 3.1 has it", async () => {
  const validator = new Validator()
  const { valid, errors } = await validator.validate(structuredClone(document))
  expect(errors).toBeUndefined()
  expect(valid).toBe(true)
  expect(validator.version).toBe("3.1")
  expect(() => validator.resolveRefs()).not.toThrow()
})

it.each(["light", "dark"] as const)("shows every operation, and asks nobody else for anything (%s)", async (scheme) => {
  const page = await (await browser.newContext({ colorScheme: scheme })).newPage()
  const complaints: string[] = []
  page.on("console", (message) => complaints.push(message.text()))
  page.on("pageerror", (error) => complaints.push(error.message))
  page.on("request", (request) => {
    if (!request.url().startsWith("data:") && new URL(request.url()).origin !== worker) complaints.push(request.url())
  })
  page.on("response", (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`)
  })
  await page.goto(`${worker}/local/sign-in?as=alice`)
  await page.goto(`${worker}/api/docs`)
  await page.getByRole("heading", { name: /^Dalgo notifications/ }).waitFor()

  const operations = Object.values<object>(document.paths).flatMap((path) => Object.values(path))
  expect(operations.length).toBeGreaterThan(10)
  const shown = (operationId: string) => page.locator(`.opblock[id$="-${operationId}"]`)
  for (const { operationId, summary } of operations) await shown(operationId).getByText(summary).waitFor()
  expect(await page.locator(".opblock").count()).toBe(operations.length)

  // The cookie of whoever reads it goes along.
  const unread = shown("getNotificationsUnreadCount")
  await unread.getByRole("button").first().click()
  await unread.getByRole("button", { name: "Try it out" }).click()
  await unread.getByRole("button", { name: "Execute" }).click()
  await unread.locator(".live-responses-table").getByText('"success"').waitFor()
  expect(await page.locator("html.dark-mode").count()).toBe(scheme === "dark" ? 1 : 0)
  expect(complaints).toEqual([])
})
