import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { sign } from "hono/jwt"
import { beforeEach, describe, expect, it, vi } from "vitest"
import { verifyUnsubscribeToken, unsubscribeToken } from "../../src/preferences/unsubscribe/token"
import { NOON } from "../support/clock"
import { alice, type ApiClient, bob, cookieOf, request, server, tokenFor } from "../support/people"
import { captureQueues } from "../support/queues"
import { selectRows } from "../support/select-rows"
import { requestUpgrade, tabFromResponse } from "../support/sockets"
import { workerWithEnv } from "../support/worker-with-env"
import { acmeBar, countQueries, insertUrgent } from "../support/urgent-bar"

const SECRET = "another-secret-of-the-tests"
const BOB = bob.orgUserId

const ticketFor = async (client: ApiClient, headers = {}) =>
  (await (await client.post("/api/notifications/ticket", undefined, headers)).json<any>()).res.ticket as string
const open = async (ticket: string, headers = {}, slug = "acme") =>
  tabFromResponse(await requestUpgrade(`?orgslug=${slug}&ticket=${ticket}`, headers))
const snapshot = { type: "snapshot", unread_count: expect.any(Number) }

beforeEach(() => {
  captureQueues()
})

it("opens the bar of the person it was issued to, without a cookie", async () => {
  const id = await insertUrgent({ to: [BOB] })
  const tab = await open(await ticketFor(bob))
  expect(await tab.frame()).toMatchObject({ type: "snapshot", urgent: [{ id }], unread_count: 1 })
  tab.send({ type: "dismiss", ids: [id] })
  expect(await tab.frame()).toMatchObject({ type: "urgent_removed", ids: [id] })
})

it.each(["https://app.dalgo.test", undefined])("opens for the origin %s", async (origin) => {
  const tab = await open(await ticketFor(bob), origin ? { origin } : {})
  expect(await tab.frame()).toMatchObject(snapshot)
})

it("returns 403 for another origin, and stays valid", async () => {
  const ticket = await ticketFor(bob)
  const answer = await requestUpgrade(`?orgslug=acme&ticket=${ticket}`, { origin: "https://evil.test" })
  expect(answer.status).toBe(403)
  expect(await (await open(ticket)).frame()).toMatchObject(snapshot)
})

it("has precedence over a cookie, unless it is empty", async () => {
  await insertUrgent({ to: [BOB] })
  const cookie = await cookieOf(alice.userId)
  expect(await (await open(await ticketFor(bob), cookie)).frame()).toMatchObject({ unread_count: 1 })
  expect(await (await open("nonsense", cookie)).closed()).toMatchObject({ code: 4003 })
  expect(await (await open("", cookie)).frame()).toMatchObject({ unread_count: 0 })
})

it("needs no orgslug, and is refused with another one", async () => {
  expect(await tabFromResponse(await requestUpgrade(`?ticket=${await ticketFor(bob)}`)).frame()).toMatchObject(snapshot)
  for (const slug of ["globex", "nowhere", "ACME"]) {
    const ticket = await ticketFor(bob)
    expect(await (await open(ticket, {}, slug)).closed()).toEqual({ code: 4003, reason: "no such organisation" })
    expect(await (await open(ticket)).frame()).toMatchObject(snapshot)
  }
})

it("costs one call to the object, and no database query when the bar is loaded", async () => {
  await (await open(await ticketFor(bob))).frame()
  const ticket = await ticketFor(bob)
  const queries = countQueries()
  const reached = vi.spyOn(env.URGENT_BAR, "getByName")
  await (await open(ticket)).frame()
  expect(queries.statements()).toBe(0)
  expect(reached.mock.calls).toEqual([["1"]])
})

describe("can be used once", () => {
  const SPENT = { code: 4003, reason: "the ticket was used, or has expired" }

  it("in sequence", async () => {
    const ticket = await ticketFor(bob)
    const first = await open(ticket)
    expect(await first.frame()).toMatchObject(snapshot)
    const second = await open(ticket)
    expect(await second.closed()).toEqual(SPENT)
    expect(second.texts).toEqual([])
    expect(await first.rest()).toEqual([])
  })

  it("of three handshakes at once, before the bar is loaded", async () => {
    const ticket = await ticketFor(bob)
    const tabs = await Promise.all([open(ticket), open(ticket), open(ticket)])
    const ends = await Promise.all(
      tabs.map((tab) => Promise.race([tab.closed(), tab.frame()]).then((end) => ("code" in end ? end.code : end.type))),
    )
    expect(ends.filter((end) => end === "snapshot")).toHaveLength(1)
    expect(ends.filter((end) => end === 4003)).toHaveLength(2)
  })

  it("also after an eviction of the object", async () => {
    const ticket = await ticketFor(bob)
    await (await open(ticket)).frame()
    await evictDurableObject(acmeBar())
    expect(await (await open(ticket)).closed()).toEqual(SPENT)
    expect(await (await open(await ticketFor(bob))).frame()).toMatchObject(snapshot)
  })

  it("until it expires", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOON })
    const early = await ticketFor(bob)
    await (await open(early)).frame()
    vi.setSystemTime(NOON + 29_999)
    await (await open(await ticketFor(bob))).frame()
    expect(await (await open(early)).closed()).toEqual(SPENT)
    vi.setSystemTime(NOON + 30_000)
    expect(await (await open(early)).closed()).toMatchObject({ code: 4003 })
  })
})

describe("is accepted and closed with 4003", () => {
  /** The close frame, the received texts and the called objects. */
  const connectWith = async (ticket: string) => {
    const reached = vi.spyOn(env.URGENT_BAR, "getByName")
    const response = await requestUpgrade(`?orgslug=acme&ticket=${ticket}`)
    const tab = tabFromResponse(response)
    return { ...(await tab.closed()), texts: tab.texts, reached: reached.mock.calls }
  }
  const REFUSED = { code: 4003, reason: "the ticket is invalid or expired", texts: [], reached: [] }

  it("30 seconds after it was issued", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOON })
    const [one, other] = [await ticketFor(bob), await ticketFor(bob)]
    vi.setSystemTime(NOON + 29_999)
    expect(await (await open(one)).frame()).toMatchObject(snapshot)
    vi.setSystemTime(NOON + 30_000)
    expect(await connectWith(other)).toEqual(REFUSED)
  })

  it("when the access token that it was issued for has expired", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOON })
    const token = await tokenFor(bob.userId, { exp: NOON / 1000 + 10 })
    const ticket = await ticketFor(bob, { cookie: `access_token=${token}` })
    vi.setSystemTime(NOON + 10_000)
    expect(await connectWith(ticket)).toEqual(REFUSED)
  })

  const claims = () => ({
    jti: "x",
    exp: Date.now() / 1000 + 30,
    org_id: 1,
    org_slug: "acme",
    org_user_id: BOB,
    until: Date.now() + 60_000,
    aud: "socket",
  })
  const without = (claim: string) => Object.fromEntries(Object.entries(claims()).filter(([name]) => name !== claim))
  const unsigned = (payload: object) =>
    [{ alg: "none", typ: "JWT" }, payload].map((part) => btoa(JSON.stringify(part)).replaceAll("=", "")).join(".")

  it("but not with valid claims and our key", async () => {
    expect(await (await open(await sign(claims(), SECRET, "HS256"))).frame()).toMatchObject(snapshot)
  })

  it.each<[string, () => Promise<string>]>([
    ["a word", async () => "word"],
    ["three words", async () => "a.b.c"],
    ["one of another secret", () => sign(claims(), "a-secret-of-somebody-else", "HS256")],
    ["one signed with the key of access tokens", () => sign(claims(), env.JWT_SECRET as string, "HS256")],
    ["one with another algorithm", () => sign(claims(), SECRET, "HS512")],
    ["an unsigned one", async () => `${unsigned(claims())}.`],
    ["one without an audience", () => sign(without("aud"), SECRET, "HS256")],
    ["one for another audience", () => sign({ ...claims(), aud: "page" }, SECRET, "HS256")],
    ["one without exp", () => sign(without("exp"), SECRET, "HS256")],
    ["one without jti", () => sign(without("jti"), SECRET, "HS256")],
    ["an access token", () => tokenFor(bob.userId)],
    ["a server's key", async () => "service-key-new"],
    ["an unsubscribe token", () => unsubscribeToken(SECRET, { orgUserIds: [BOB], category: "incident" })],
  ])("for %s", async (_, make) => {
    expect(await connectWith(await make())).toEqual(REFUSED)
  })

  it("with a changed claim", async () => {
    const [head, , signature] = (await ticketFor(bob)).split(".")
    const payload = btoa(JSON.stringify({ ...claims(), org_user_id: alice.orgUserId })).replaceAll("=", "")
    expect(await connectWith(`${head}.${payload}.${signature}`)).toEqual(REFUSED)
  })
})

it("is not an unsubscribe token", async () => {
  const ticket = await ticketFor(bob)
  expect(await verifyUnsubscribeToken(SECRET, ticket)).toBeUndefined()
  for (const method of ["GET", "POST"]) {
    expect((await request(`/unsubscribe?token=${ticket}`, { method })).status).toBe(404)
  }
  const both = { org_user_id: BOB, category: "incident", aud: "socket" }
  expect(await verifyUnsubscribeToken(SECRET, await sign(both, SECRET, "HS256"))).toBeUndefined()
  expect(await selectRows("SELECT 1 FROM user_notification_preferences")).toEqual([])
})

it("is not an access token", async () => {
  const ticket = await ticketFor(bob)
  const headers = { authorization: `Bearer ${ticket}` }
  expect((await request("/api/notifications/v1", { headers })).status).toBe(401)
  const workerWithSameSecret = workerWithEnv({ JWT_SECRET: SECRET })
  expect((await workerWithSameSecret("/api/notifications/v1", { headers })).status).toBe(401)
  expect(await tabFromResponse(await requestUpgrade("", headers)).closed()).toMatchObject({ code: 4003 })
})

it("gets 503 when no secret is configured, while a cookie still opens", async () => {
  const workerWithoutSecret = workerWithEnv({ UNSUBSCRIBE_SECRET: "" })
  const headers = { upgrade: "websocket", ...(await cookieOf(bob.userId)) }
  expect((await workerWithoutSecret(`/wss/notifications?ticket=${await ticketFor(bob)}`, { headers })).status).toBe(503)
  expect(await tabFromResponse(await workerWithoutSecret("/wss/notifications", { headers })).frame()).toMatchObject(
    snapshot,
  )
})

it("gets 422 when it is too long", async () => {
  const answer = await requestUpgrade(`?orgslug=acme&ticket=${"x".repeat(2_001)}`)
  expect(answer.status).toBe(422)
  expect((await answer.json<any>()).detail[0].loc).toEqual(["query", "ticket"])
})

it("keeps the tab open until the access token that it was issued for expires", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON })
  const token = await tokenFor(bob.userId, { exp: NOON / 1000 + 90 })
  const tab = await open(await ticketFor(bob, { cookie: `access_token=${token}` }))
  await tab.frame()
  vi.setSystemTime(NOON + 89_999)
  await runDurableObjectAlarm(acmeBar())
  expect(await tab.rest()).toEqual([])
  vi.setSystemTime(NOON + 90_000)
  await runDurableObjectAlarm(acmeBar())
  expect(await tab.closed()).toEqual({ code: 4003, reason: "the token has expired" })
})

it("opens for a person who was removed within its 30 seconds; the next alarm closes the tab", async () => {
  const ticket = await ticketFor(bob)
  await server.delete("/api/orgs/acme/members/2")
  const tab = await open(ticket)
  expect(await tab.frame()).toMatchObject(snapshot)
  await runDurableObjectAlarm(acmeBar())
  expect(await tab.closed()).toEqual({ code: 4003, reason: "no longer a member" })
})

it("is deleted from the object's storage within a minute after it has expired", async () => {
  const stored = () =>
    runInDurableObject(acmeBar(), (_, { storage: { sql } }) =>
      sql.exec<{ number: number }>("SELECT count(*) AS number FROM tickets").one(),
    )
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() })
  await (await open(await ticketFor(bob))).frame()
  expect(await stored()).toEqual({ number: 1 })
  vi.setSystemTime(Date.now() + 60_000)
  await runDurableObjectAlarm(acmeBar())
  expect(await stored()).toEqual({ number: 0 })
})
