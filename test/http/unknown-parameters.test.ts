import { env } from "cloudflare:workers"
import { describe, expect, it } from "vitest"
import { alice, type ApiClient, anonymous, dora, server } from "../support/people"

const NOTIFICATIONS = "/api/notifications"
const issuesIn = async (response: Response) => {
  expect(response.status).toBe(422)
  return (await response.json<{ detail: { loc: string[]; msg: string }[] }>()).detail
}

describe("an unknown query parameter", () => {
  it.each<[keyof ApiClient, string]>([
    ["get", "/filtered"],
    ["get", "/urgent-bar"],
    ["get", "/categories"],
    ["get", "/preferences"],
    ["put", "/preferences/"],
    ["get", "/1/trace"],
    ["get", "/deliveries"],
    ["post", "/deliveries/1-email-1/resend"],
    ["get", "/push-subscriptions"],
    ["post", "/ticket"],
  ])("is refused by the new route %s %s", async (method, path) => {
    expect(await issuesIn(await alice[method](`${NOTIFICATIONS}${path}?categry=incident`))).toEqual([
      { loc: ["query", "categry"], msg: "no such parameter", type: "unrecognized_keys" },
    ])
    expect((await anonymous[method](`${NOTIFICATIONS}${path}`)).status).toBe(401)
  })

  it("is refused by the routes of organisations, and changes nothing", async () => {
    expect((await server.put("/api/orgs/acme?dry_run=1", { name: "New" })).status).toBe(422)
    expect((await dora.delete("/api/orgs/acme/members/2?erse=true")).status).toBe(422)
    expect((await server.get("/api/orgs/nowhere/at/all?x=1")).status).toBe(404)
  })

  it.each<[keyof ApiClient, string]>([
    ["get", "/v1"],
    ["get", "/history"],
    ["get", "/unread_count/"],
    ["put", "/mark_all_as_read"],
  ])("is ignored by the route %s %s, as Dalgo does", async (method, path) => {
    expect((await alice[method](`${NOTIFICATIONS}${path}?_=1&__proto__=x`)).status).toBe(200)
  })

  it("is ignored by the preferences that Dalgo has too", async () => {
    for (const path of ["/api/userpreferences/", "/api/orgpreferences"])
      expect((await alice.get(`${path}?_=1`)).status).toBe(200)
  })

  it("is refused by name over a service binding", async () => {
    const refusal = async () => {
      try {
        return await env.NOTIFICATIONS.getFilteredNotifications({ userId: "1", categry: "incident" } as never)
      } catch (error) {
        return String(error)
      }
    }
    expect(await refusal()).toContain('"categry"')
  })
})

describe("a parameter that does not fit says what is wanted", () => {
  const A_DATE = "expected a date such as 2026-11-03, or a time such as 2026-11-03T08:12:00Z"
  it.each([
    ["/filtered?from=yesterday", A_DATE],
    ["/v1?to=03.11.2026", A_DATE],
    ["/history?from=2026-02-30", A_DATE],
    ["/history?from=", A_DATE],
    ["/history?from=2026-11-03&to=2026-11-02", "before `from`"],
    ["/filtered?page=0", "expected a whole number from 1"],
    ["/filtered?limit=many", "expected a whole number from 1 to 100"],
    ["/history?limit=101", "expected a whole number from 1 to 100"],
    ["/recipients?notification_id=x", "expected a whole number from 1"],
    ["/filtered?cursor=x", "expected the `next_cursor` of the previous page"],
    [`/history?cursor=${"x".repeat(41)}`, "expected the `next_cursor` of the previous page"],
    ["/deliveries?cursor=x", "expected the `next_cursor` of the previous page"],
    ["/filtered?read_status=unread", 'Invalid option: expected one of "0"|"1"'],
    ["/history?urgent_only=yes", 'Invalid option: expected one of "0"|"1"|"true"|"false"'],
    ["/history?q=ab", "at least 3 characters"],
  ])("%s", async (query, msg) => {
    const issues = await issuesIn(await alice.get(NOTIFICATIONS + query))
    expect(issues.map((issue) => issue.msg)).toEqual([msg])
  })

  it("for a category, with the list of them", async () => {
    const [issue] = await issuesIn(await alice.get(`${NOTIFICATIONS}/history?category=incident,weather`))
    expect(issue).toMatchObject({ loc: ["query", "category", 1], msg: expect.stringContaining('"dbt_test_failure"') })
  })

  it("for the time of a scheduled notification and a time zone", async () => {
    const news = { author: "a", message: "hello", sent_to: "all_org_users", org_slug: "acme" }
    const [time] = await issuesIn(await alice.post(`${NOTIFICATIONS}/`, { ...news, scheduled_time: "tomorrow" }))
    expect(time?.msg).toBe("expected a time such as 2026-11-03T08:12:00Z")
    const [zone] = await issuesIn(await alice.put(`${NOTIFICATIONS}/preferences`, { timezone: "Mars/Base" }))
    expect(zone?.msg).toContain("such as Asia/Kolkata")
  })
})
