import { env } from "cloudflare:workers"
import { decode } from "hono/jwt"
import { expect, it, vi } from "vitest"
import { liveDocs } from "../../src/live/docs"
import { NOON } from "../support/clock"
import {
  alice,
  anonymous,
  type ApiClient,
  bob,
  charlie,
  cookieOf,
  server,
  tokenFor,
  userClient,
} from "../support/people"
import { workerWithEnv } from "../support/worker-with-env"
import { countQueries } from "../support/urgent-bar"

const TICKET = "/api/notifications/ticket"

const ticketFor = async (client: ApiClient, headers = {}) => {
  const answer = await client.post(TICKET, undefined, headers)
  expect(answer.status).toBe(200)
  return liveDocs["POST /api/notifications/ticket"].response.parse(await answer.json()).res
}
const claimsIn = ({ ticket }: { ticket: string }) => decode(ticket).payload

it("is valid for 30 seconds", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON })
  const issued = await ticketFor(bob)
  expect(issued.expires_in).toBe(30)
  expect(claimsIn(issued).exp).toBe(NOON / 1000 + 30)
})

it("ends at a time also if the token never expires", async () => {
  const forever = await tokenFor(bob.userId, { exp: 1e306 })
  const ticket = await ticketFor(anonymous, { cookie: `access_token=${forever}` })
  expect(claimsIn(ticket).until).toBe(Number.MAX_SAFE_INTEGER)
})

it("holds the organisation, the person, the expiry of the token and a unique id", async () => {
  const exp = Math.floor(Date.now() / 1000) + 1234
  const token = await tokenFor(bob.userId, { exp })
  const take = async () =>
    ticketFor({ ...anonymous, post: (path) => anonymous.post(path, undefined, { authorization: `Bearer ${token}` }) })
  const [one, other] = [claimsIn(await take()), claimsIn(await take())]
  expect(one).toMatchObject({ org_id: 1, org_slug: "acme", org_user_id: bob.orgUserId, until: exp * 1000 })
  expect(one.jti).not.toBe(other.jti)
})

it("is for the organisation that the request chose", async () => {
  await env.DB.prepare(
    "INSERT INTO org_users (id, org_id, user_id, email, role) VALUES (50, 2, '2', 'bob@globex.test', 'member')",
  ).run()
  expect(claimsIn(await ticketFor(bob))).toMatchObject({ org_slug: "acme" })
  const chosen = await ticketFor(bob, { "x-dalgo-org": "globex" })
  expect(claimsIn(chosen)).toMatchObject({ org_id: 2, org_slug: "globex", org_user_id: 50 })
})

it("is refused for another organisation, without an organisation, to servers and without a token", async () => {
  const otherOrg = await charlie.post(TICKET, undefined, { "x-dalgo-org": "acme" })
  expect({ status: otherOrg.status, body: await otherOrg.json() }).toEqual({
    status: 404,
    body: { detail: "organisation not found" },
  })
  expect((await userClient("999").post(TICKET)).status).toBe(403)
  expect((await server.post(TICKET)).status).toBe(403)
  expect((await anonymous.post(TICKET)).status).toBe(401)
})

it("holds neither an email address nor a user id", async () => {
  expect(JSON.stringify(claimsIn(await ticketFor(alice)))).not.toMatch(/@|user_id":"/)
})

it("makes no database query when the membership is cached", async () => {
  await bob.get("/api/notifications/unread_count")
  const queries = countQueries()
  await ticketFor(bob)
  expect(queries.statements()).toBe(0)
})

it("returns 503 when no secret is configured", async () => {
  const headers = await cookieOf(bob.userId)
  const answer = await workerWithEnv({ UNSUBSCRIBE_SECRET: "" })(TICKET, { method: "POST", headers })
  expect(answer.status).toBe(503)
  expect(await answer.json()).toEqual({ detail: "UNSUBSCRIBE_SECRET is not configured" })
})

it("returns 429 to a person who asks for too many", async () => {
  vi.spyOn(env.CONNECT_LIMIT, "limit").mockImplementation(async ({ key }) => ({
    success: key !== String(bob.orgUserId),
  }))
  const refused = await bob.post(TICKET)
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "60"])
  expect((await alice.post(TICKET)).status).toBe(200)
})
