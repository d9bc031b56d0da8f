import { beforeEach, describe, expect, it } from "vitest"
import { alice, bob, cookieOf, request } from "../support/people"
import { captureQueues } from "../support/queues"

const POLLED = [
  "/api/notifications/unread_count",
  "/api/notifications/urgent-bar",
  "/api/notifications/v1?page=1&limit=5",
  "/api/notifications/filtered?category=incident",
  "/api/notifications/categories",
]
const send = () =>
  alice.post("/api/notifications/", {
    author: "a",
    message: "hello",
    sent_to: "all_org_users",
    org_slug: "acme",
    category: "incident",
    urgent: true,
  })

beforeEach(() => {
  captureQueues()
})

describe("a request with If-None-Match", () => {
  it.each(POLLED)("gets 304 without a body if nothing changed: %s", async (path) => {
    await send()
    const first = await bob.get(path)
    const tag = first.headers.get("etag") ?? ""
    expect(tag).toMatch(/^".+"$/)
    expect(first.headers.get("cache-control")).toBe("private, no-cache")

    const again = await bob.get(path, { "if-none-match": tag })
    expect(again.status).toBe(304)
    expect(await again.text()).toBe("")
    expect((await bob.get(path, { "if-none-match": '"another"' })).status).toBe(200)
  })

  it("gets 200 if something changed", async () => {
    for (const path of POLLED.slice(0, 4)) {
      const tag = (await bob.get(path)).headers.get("etag") ?? ""
      await send()
      expect((await bob.get(path, { "if-none-match": tag })).status, path).toBe(200)
    }
  })

  it("works for a page of an allowed origin", async () => {
    const origin = "https://app.dalgo.test"
    const headers = { ...(await cookieOf("2")), origin }
    const first = await request(POLLED[0] as string, { headers })
    const again = await request(POLLED[0] as string, {
      headers: { ...headers, "if-none-match": first.headers.get("etag") ?? "" },
    })
    expect(again.status).toBe(304)
    expect(again.headers.get("access-control-allow-origin")).toBe(origin)
    expect(again.headers.get("access-control-allow-credentials")).toBe("true")
    expect(again.headers.get("vary")).toContain("Origin")
    expect(again.headers.get("x-request-id")).toBeTruthy()
  })

  it("must still be authenticated", async () => {
    const tag = (await bob.get(POLLED[0] as string)).headers.get("etag") ?? ""
    expect((await request(POLLED[0] as string, { headers: { "if-none-match": tag } })).status).toBe(401)
  })
})
