import type { Browser, Page, WebSocketRoute } from "playwright-core"
import { afterAll, beforeAll, expect, inject, it, vi } from "vitest"
import { launchBrowser } from "./browser"
import { sendFailure } from "./send-failure"

const worker = `http://127.0.0.1:${inject("port")}`
/** A crashed run is announced after ten seconds. */
const WITHIN_20_S = { timeout: 20_000 }
/** What the first line of a sample failure says. */
const OUTCOME = /was not (fully )?updated|did not finish|check of its data failed/

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser.close()
})

const openAs = async (name: string): Promise<Page> => {
  const page = await (await browser.newContext()).newPage()
  await page.goto(`${worker}/local/sign-in?as=${name}`)
  return page
}
const bar = (page: Page) => page.getByRole("region", { name: "Urgent notifications" })
const rows = (page: Page) => page.getByRole("article")

it("shows and announces a failure on an open page, and removes it from every tab when it is dismissed", async () => {
  const page = await openAs("alice")
  await page.getByRole("button", { name: "Mark all as read" }).click()
  await bar(page).waitFor({ state: "detached", ...WITHIN_20_S })
  // The page announces once in ten seconds. A slow machine may have announced earlier notifications before the click.
  await page.reload()
  await rows(page).first().waitFor(WITHIN_20_S)
  const before = await rows(page).count()

  await sendFailure()
  await bar(page).getByText(OUTCOME).waitFor(WITHIN_20_S)
  await page.getByRole("alert").getByText("Urgent, Job").waitFor(WITHIN_20_S)
  await rows(page).nth(before).waitFor(WITHIN_20_S)
  await rows(page)
    .first()
    .getByText(/By AI, may be wrong|From the log/)
    .waitFor({ state: "attached", timeout: 30_000 })

  const otherTab = await page.context().newPage()
  await otherTab.goto(worker)
  await bar(otherTab)
    .getByRole("button", { name: /^Dismiss/ })
    .click()
  await bar(page).waitFor({ state: "detached", ...WITHIN_20_S })
})

it("does not show a failure of acme to Charlie", async () => {
  const page = await openAs("charlie")
  await page.getByRole("heading", { name: "Notifications" }).waitFor(WITHIN_20_S)
  const alicesPage = await openAs("alice")
  await rows(alicesPage).first().waitFor(WITHIN_20_S)
  const before = await rows(alicesPage).count()
  await sendFailure()
  await rows(alicesPage).nth(before).waitFor(WITHIN_20_S)
  expect(await bar(page).count()).toBe(0)
  expect(await rows(page).count()).toBe(0)
})

it("reconnects after the connection was lost, and shows new failures", async () => {
  const page = await (await browser.newContext()).newPage()
  const connections: WebSocketRoute[] = []
  await page.routeWebSocket(/\/wss\//, (connection) => {
    connection.connectToServer()
    connections.push(connection)
  })
  await page.goto(`${worker}/local/sign-in?as=alice`)
  await rows(page).first().waitFor(WITHIN_20_S)
  await vi.waitFor(() => expect(connections).toHaveLength(1), WITHIN_20_S)
  await connections[0]?.close({ code: 1012 })
  await vi.waitFor(() => expect(connections).toHaveLength(2), { timeout: 10_000 })
  const before = await rows(page).count()
  await sendFailure()
  await rows(page).nth(before).waitFor(WITHIN_20_S)
})

it("asks a visitor without a session to sign in", async () => {
  const page = await (await browser.newContext()).newPage()
  await page.goto(worker)
  await page.getByText("You are not signed in.").waitFor(WITHIN_20_S)
  await page.getByRole("link", { name: /Sign in as Bob/ }).click()
  await page.getByRole("heading", { name: "Notifications" }).waitFor(WITHIN_20_S)
})
