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

const ticketFor = async (speaker: ApiClient, headers = {}) => {
  const answer = await speaker.post(TICKET, undefined, headers)
  expect(answer.status).toBe(200)
  return liveDocs["POST /api/notifications/ticket"].response.parse(await answer.json()).res
}
const claimsIn = ({ ticket }: { ticket: string }) => decode(ticket).payload

it("is good for 30 seconds", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON })
  const issued = await ticketFor(bob)
  expect(issued.expires_in).toBe(30)
  expect(claimsIn(issued).exp).toBe(NOON / 1000 + 30)
})

it("says whose bar it opens, and until when, and has a name of its own", async () => {
  const exp = Math.floor(Date.now() / 1000) + 1234
  const token = await tokenFor(bob.userId, { exp })
  const take = async () =>
    ticketFor({ ...anonymous, post: (path) => anonymous.post(path, undefined, { authorization: `Bearer ${token}` }) })
  const [one, other] = [claimsIn(await take()), claimsIn(await take())]
  expect(one).toMatchObject({ org_id: 1, org_slug: "acme", org_user_id: bob.orgUserId, until: exp * 1000 })
  expect(one.jti).not.toBe(other.jti)
})

it("is for the organisation that the person chose", async () => {
  await env.DB.prepare(
    "INSERT INTO org_users (id, org_id, user_id, email, role) VALUES (50, 2, '2', 'bob@globex.test', 'member')",
  ).run()
  expect(claimsIn(await ticketFor(bob))).toMatchObject({ org_slug: "acme" })
  const chosen = await ticketFor(bob, { "x-dalgo-org": "globex" })
  expect(claimsIn(chosen)).toMatchObject({ org_id: 2, org_slug: "globex", org_user_id: 50 })
})

it("is for nobody else's organisation, nor for who has none", async () => {
  const elsewhere = await charlie.post(TICKET, undefined, { "x-dalgo-org": "acme" })
  expect({ status: elsewhere.status, body: await elsewhere.json() }).toEqual({
    status: 404,
    body: { detail: "organisation not found" },
  })
  expect((await userClient("999").post(TICKET)).status).toBe(403)
  expect((await server.post(TICKET)).status).toBe(403)
  expect((await anonymous.post(TICKET)).status).toBe(401)
})

it("says nothing of who the person is elsewhere", async () => {
  expect(JSON.stringify(claimsIn(await ticketFor(alice)))).not.toMatch(/@|user_id":"/)
})

it("asks the database nothing once the person is known", async () => {
  await bob.get("/api/notifications/unread_count")
  const asked = countQueries()
  await ticketFor(bob)
  expect(asked.statements()).toBe(0)
})

it("is not to be had where no secret is configured", async () => {
  const headers = await cookieOf(bob.userId)
  const answer = await workerWithEnv({ UNSUBSCRIBE_SECRET: "" })(TICKET, { method: "POST", headers })
  expect(answer.status).toBe(503)
  expect(await answer.json()).toEqual({ detail: "UNSUBSCRIBE_SECRET is not configured" })
})
