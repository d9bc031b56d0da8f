import { env } from "cloudflare:workers"
import { sign } from "hono/jwt"
import { beforeEach, expect, it, vi } from "vitest"
import { NOON } from "../support/clock"
import { alice, bob, charlie, claimsOf, request, tokenFor } from "../support/people"
import { openTabWithSnapshot, requestUpgrade, tabFromResponse } from "../support/sockets"
import { countQueries, insertUrgent } from "../support/urgent-bar"

const cookieOf = async (userId: string, claims?: object) => ({
  cookie: `access_token=${await tokenFor(userId, claims)}`,
})

let reached: ReturnType<typeof spyOnObjects>
const spyOnObjects = () => vi.spyOn(env.URGENT_BAR, "getByName")
beforeEach(() => {
  reached = spyOnObjects()
})

async function expectRefusal(response: Response, status: number) {
  expect(response.status).toBe(status)
  expect(response.webSocket).toBeNull()
  expect(response.headers.get("content-type")).toContain("application/json")
  expect(reached.mock.calls).toEqual([])
  return response.json<any>()
}

it("sends a snapshot in the platform's envelope first", async () => {
  const older = await insertUrgent({ to: [bob.orgUserId], message: "The survey is down", sentAt: Date.now() - 1 })
  const newer = await insertUrgent({ to: [bob.orgUserId], message: "The warehouse is down" })
  await insertUrgent({ to: [bob.orgUserId], urgent: false })
  const tab = tabFromResponse(await requestUpgrade("?orgslug=acme", await cookieOf(bob.userId)))
  const item = (id: number, message: string) => ({
    id,
    author: "Dalgo",
    message,
    category: "incident",
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    urgent: true,
    read_status: false,
  })
  expect(JSON.parse(await tab.text())).toEqual({
    message: "",
    status: "success",
    data: {
      type: "snapshot",
      seq: expect.any(Number),
      urgent: [item(newer, "The warehouse is down"), item(older, "The survey is down")],
      unread_count: 3,
    },
  })
})

it("connects to the object of the organisation", async () => {
  await requestUpgrade("?orgslug=acme", await cookieOf(bob.userId))
  expect(reached.mock.calls).toEqual([["1"]])
})

it("accepts a Bearer token without a cookie", async () => {
  const tab = tabFromResponse(
    await requestUpgrade("?orgslug=acme", { authorization: `Bearer ${await tokenFor(bob.userId)}` }),
  )
  expect(await tab.frame()).toMatchObject({ type: "snapshot" })
})

it.each(["/?orgslug=acme", "/", "", "?orgslug="])("opens at /wss/notifications%s", async (rest) => {
  const tab = tabFromResponse(await requestUpgrade(rest, await cookieOf(bob.userId)))
  expect(await tab.frame()).toMatchObject({ type: "snapshot", urgent: [] })
})

it("uses the person's first organisation unless orgslug names another", async () => {
  await env.DB.prepare(
    "INSERT INTO org_users (id, org_id, user_id, email, role) VALUES (50, 2, '2', 'bob@globex.test', 'member')",
  ).run()
  await insertUrgent({ to: [bob.orgUserId], message: "About acme" })
  await insertUrgent({ to: [50], message: "About globex" })
  const first = await openTabWithSnapshot(bob)
  const other = await openTabWithSnapshot(bob, { slug: "globex" })
  expect(first.snapshot.urgent).toMatchObject([{ message: "About acme" }])
  expect(other.snapshot.urgent).toMatchObject([{ message: "About globex" }])
})

it("takes the person from the token, and ignores other query parameters", async () => {
  await insertUrgent({ to: [bob.orgUserId] })
  const forged = `?orgslug=acme&org_user_id=${bob.orgUserId}&until=9999999999999`
  const tab = tabFromResponse(await requestUpgrade(forged, await cookieOf(alice.userId)))
  expect(await tab.frame()).toMatchObject({ type: "snapshot", urgent: [], unread_count: 0 })
})

it("is accepted and closed with 4001 without a token", async () => {
  const response = await requestUpgrade("?orgslug=acme")
  expect(response.status).toBe(101)
  expect(await tabFromResponse(response).closed()).toMatchObject({ code: 4001 })
  expect(reached.mock.calls).toEqual([])
})

const hourAgo = Math.floor(Date.now() / 1000) - 3600
const unsigned = (claims: object) =>
  [{ alg: "none", typ: "JWT" }, claims].map((part) => btoa(JSON.stringify(part)).replaceAll("=", "")).join(".")

const BAD_TOKENS: [string, () => Promise<string>][] = [
  ["an expired token", () => tokenFor("2", { exp: hourAgo })],
  ["a token of another secret", () => sign(claimsOf("2"), "another-secret-of-somebody-else!!", "HS256")],
  ["a token with another algorithm", () => sign(claimsOf("2"), env.JWT_SECRET as string, "HS512")],
  ["an unsigned token", async () => `${unsigned(claimsOf("2"))}.`],
  ["a refresh token", () => tokenFor("2", { token_type: "refresh" })],
  ["a token with an empty user_id", () => tokenFor("2", { user_id: "" })],
  ["a token of a person without an organisation", () => tokenFor("99")],
  ["a word", async () => "word"],
  ["a server's key", async () => "service-key-new"],
]

it.each(BAD_TOKENS)("is accepted and closed with 4003 for %s", async (_, make) => {
  const response = await requestUpgrade("", { cookie: `access_token=${await make()}` })
  expect(response.status).toBe(101)
  const tab = tabFromResponse(response)
  expect(await tab.closed()).toMatchObject({ code: 4003 })
  expect(tab.texts).toEqual([])
  expect(reached.mock.calls).toEqual([])
})

it.each([
  ["a person of another organisation", charlie],
  ["a member with the slug of another organisation", alice],
])("is accepted and closed with 4003 for %s", async (_, person) => {
  const slug = person === charlie ? "acme" : "globex"
  const tab = tabFromResponse(await requestUpgrade(`?orgslug=${slug}`, await cookieOf(person.userId)))
  expect(await tab.closed()).toMatchObject({ code: 4003 })
  expect(tab.texts).toEqual([])
  expect(reached.mock.calls).toEqual([])
})

it("is accepted and closed with 4003 for an unknown organisation", async () => {
  const tab = tabFromResponse(await requestUpgrade("?orgslug=initech", await cookieOf(alice.userId)))
  expect(await tab.closed()).toMatchObject({ code: 4003 })
})

it("takes the last of several cookies", async () => {
  const [good, bad] = [await tokenFor(bob.userId), "nonsense"]
  const open = async (...tokens: string[]) =>
    tabFromResponse(await requestUpgrade("", { cookie: tokens.map((token) => `access_token=${token}`).join("; ") }))
  expect(await (await open(bad, good)).frame()).toMatchObject({ type: "snapshot" })
  expect(await (await open(good, bad)).closed()).toMatchObject({ code: 4003 })
})

it("opens for a token that expired less than a minute ago, until the minute is over", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON })
  const tab = tabFromResponse(await requestUpgrade("", await cookieOf(bob.userId, { exp: NOON / 1000 - 30 })))
  expect(await tab.frame()).toMatchObject({ type: "snapshot" })
  vi.setSystemTime(NOON + 29_999)
  tab.send({ type: "dismiss", ids: [] })
  expect(await tab.rest()).toMatchObject([])
  vi.setSystemTime(NOON + 30_000)
  tab.send({ type: "dismiss", ids: [] })
  expect(await tab.closed()).toEqual({ code: 4003, reason: "the token has expired" })
  const late = await requestUpgrade("", await cookieOf(bob.userId, { exp: NOON / 1000 - 30 }))
  expect(await tabFromResponse(late).closed()).toMatchObject({ code: 4003 })
})

it("is accepted and closed with 4003 for a former member", async () => {
  await env.DB.prepare("UPDATE org_users SET removed_at = 1 WHERE id = ?").bind(bob.orgUserId).run()
  const tab = tabFromResponse(await requestUpgrade("?orgslug=acme", await cookieOf(bob.userId)))
  expect(await tab.closed()).toMatchObject({ code: 4003 })
})

it.each([
  "https://evil.test",
  "https://app.dalgo.test.evil.test",
  "http://app.dalgo.test",
  "https://app.dalgo.test:8443",
  "https://sub.app.dalgo.test",
  "null",
])("returns 403 for the origin %s without calling an object", async (origin) => {
  const response = await requestUpgrade("?orgslug=acme", { ...(await cookieOf(bob.userId)), origin })
  expect(await expectRefusal(response, 403)).toEqual({ detail: "not allowed" })
})

it.each(["https://app.dalgo.test", "https://notifications.dalgo.test"])("opens for the origin %s", async (origin) => {
  const tab = tabFromResponse(await requestUpgrade("?orgslug=acme", { ...(await cookieOf(bob.userId)), origin }))
  expect(await tab.frame()).toMatchObject({ type: "snapshot" })
})

it.each([{}, { upgrade: "h2c" }])(
  "returns 400 as JSON to a request without a WebSocket upgrade: %o",
  async (headers) => {
    const response = await request("/wss/notifications?orgslug=acme", {
      headers: { ...(await cookieOf(bob.userId)), ...headers },
    })
    const { detail } = await expectRefusal(response, 400)
    expect(detail).toEqual(expect.any(String))
  },
)

it("returns 422 as JSON to a slug that is too long", async () => {
  const response = await requestUpgrade(`?orgslug=${"a".repeat(101)}`, await cookieOf(bob.userId))
  expect((await expectRefusal(response, 422)).detail[0].loc).toEqual(["query", "orgslug"])
})

it("makes no database query when the bar and the membership are cached", async () => {
  await openTabWithSnapshot(bob)
  const queries = countQueries()
  await openTabWithSnapshot(bob)
  expect(queries.statements()).toBe(0)
})

it("returns 429 to a person who opens too many sockets, without calling an object", async () => {
  const limit = vi
    .spyOn(env.CONNECT_LIMIT, "limit")
    .mockImplementation(async ({ key }) => ({ success: key !== String(bob.orgUserId) }))
  const response = await requestUpgrade("?orgslug=acme", await cookieOf(bob.userId))
  expect(response.headers.get("retry-after")).toBe("60")
  expect(await expectRefusal(response, 429)).toEqual({ detail: "too many at once" })
  expect((await requestUpgrade("?orgslug=acme", await cookieOf(alice.userId))).status).toBe(101)
  expect(limit).toHaveBeenCalledTimes(2)
})
