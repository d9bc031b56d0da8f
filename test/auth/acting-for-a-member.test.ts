import { beforeEach, expect, it, vi } from "vitest"
import { inboxOf } from "../support/inbox"
import {
  alice,
  anonymous,
  bob,
  charlie,
  cookieOf,
  dora,
  eve,
  insertEve,
  request,
  server,
  tokenFor,
} from "../support/people"
import { captureQueues } from "../support/queues"
import { ROUTES, sendCase } from "../http/route-cases"

const PREFERENCES = "/api/notifications/preferences"
const INBOX = "/api/notifications/v1"
const FOR_BOB = { "x-dalgo-user": bob.userId }
const SERVER = { authorization: "Bearer service-key-new" }

beforeEach(() => {
  captureQueues()
})

const read = async (answering: Promise<Response>) => {
  const answer = await answering
  return { status: answer.status, body: await answer.json<any>() }
}

it("lets a server read and change what is one member's", async () => {
  const toBob = { author: "platform", message: "hello", sent_to: "single_user", user_email: bob.email, urgent: true }
  const sent = await read(server.post("/api/notifications/", toBob))
  const id = sent.body.res.notification_id

  for (const path of [INBOX, "/api/notifications/filtered", "/api/notifications/urgent-bar"]) {
    expect((await read(server.get(path, FOR_BOB))).body).toEqual((await read(bob.get(path))).body)
  }
  expect((await read(server.get(`/api/notifications/${id}/trace`, FOR_BOB))).body.res).toMatchObject([
    { channel: "inbox", outcome: "sent" },
    { channel: "email", outcome: "pending" },
  ])
  const off = { job_failure_notifications: false }
  expect((await read(server.put(PREFERENCES, off, FOR_BOB))).body.res).toMatchObject(off)
  expect((await read(bob.get(PREFERENCES))).body.res).toMatchObject(off)
  expect((await read(alice.get(PREFERENCES))).body.res).toMatchObject({ job_failure_notifications: true })

  await server.put(INBOX, { notification_ids: [id], read_status: true }, FOR_BOB)
  expect(await inboxOf(bob)).toMatchObject([{ id, read_status: true }])
})

it("takes the organisation of x-dalgo-org, or the person's first one", async () => {
  await insertEve({ acme: "member", globex: "member" })
  const forEve = { "x-dalgo-user": "6" }
  const off = { incident_notifications: false }
  await server.put(PREFERENCES, off, { ...forEve, "x-dalgo-org": "globex" })
  expect((await read(eve.get(PREFERENCES))).body.res.incident_notifications).toBe(true)
  expect((await read(server.get(PREFERENCES, forEve))).body.res.incident_notifications).toBe(true)
  const inGlobex = { "x-dalgo-org": "globex" }
  expect((await read(eve.get(PREFERENCES, inGlobex))).body.res.incident_notifications).toBe(false)
})

it("finds nobody who is unknown, removed, or not in that organisation", async () => {
  await server.delete("/api/orgs/globex/members/3")
  for (const user of ["999", "3", "bob@acme.test", "2 ", "1,2", "%32", "0x2"].filter((text) => text.trim() === text)) {
    expect(await read(server.get(PREFERENCES, { "x-dalgo-user": user })), user).toEqual({
      status: 404,
      body: { detail: "person not found" },
    })
  }
  for (const slug of ["globex", "nowhere"]) {
    expect(await read(server.get(PREFERENCES, { ...FOR_BOB, "x-dalgo-org": slug }))).toEqual({
      status: 404,
      body: { detail: "organisation not found" },
    })
  }
})

it("has the rights of a member only, whoever the person is", async () => {
  const forDora = { ...SERVER, "x-dalgo-user": dora.userId }
  for (const one of ROUTES.filter(({ access }) => !["member", "anybody", "socket"].includes(access))) {
    if (one.access === "webhook key" || one.access === "sns signature") continue
    expect((await sendCase(one, forDora)).status, one.route).toBe(403)
  }
})

it("is refused to everybody but a server, by a cookie and by a token", async () => {
  const forAlice = { "x-dalgo-user": alice.userId }
  for (const person of [bob, charlie, dora, alice]) {
    const callers = [
      person.get(PREFERENCES, forAlice),
      anonymous.get(PREFERENCES, { ...forAlice, authorization: `Bearer ${await tokenFor(person.userId)}` }),
      // A cookie takes precedence over the key, as everywhere.
      anonymous.get(PREFERENCES, { ...forAlice, ...SERVER, ...(await cookieOf(person.userId)) }),
    ]
    for (const answer of callers) {
      expect(await read(answer)).toEqual({ status: 403, body: { detail: "only a server may send x-dalgo-user" } })
    }
  }
  expect((await anonymous.get(PREFERENCES, forAlice)).status).toBe(401)
  expect((await anonymous.get(PREFERENCES, { ...forAlice, authorization: "Bearer service-key-no" })).status).toBe(401)
  const inCookie = { ...forAlice, cookie: "access_token=service-key-new" }
  expect((await anonymous.get(PREFERENCES, inCookie)).status).toBe(401)
})

it("counts as absent if empty", async () => {
  expect((await bob.get(PREFERENCES, { "x-dalgo-user": "" })).status).toBe(200)
  expect((await server.get(PREFERENCES, { "x-dalgo-user": "" })).status).toBe(403)
  expect((await server.get("/api/notifications/history", { "x-dalgo-user": "" })).status).toBe(200)
})

it("is not offered to pages of other origins", async () => {
  const origin = "https://app.dalgo.test"
  const asked = { origin, "access-control-request-method": "GET", "access-control-request-headers": "x-dalgo-user" }
  const preflight = await request(PREFERENCES, { method: "OPTIONS", headers: asked })
  expect(preflight.headers.get("access-control-allow-origin")).toBe(origin)
  expect(preflight.headers.get("access-control-allow-headers")?.toLowerCase()).toMatch(
    /^(?!.*x-dalgo-user).*x-dalgo-org/,
  )
})

it("is logged with the key and the member", async () => {
  const lines: string[] = []
  vi.spyOn(console, "log").mockImplementation((line) => void lines.push(line))
  await server.get(PREFERENCES, FOR_BOB)
  const [line] = lines.map((text) => JSON.parse(text)).filter(({ event }) => event === "acted_for_member")
  expect(line).toEqual({
    level: "info",
    event: "acted_for_member",
    request_id: expect.any(String),
    caller: expect.stringMatching(/^service:[\da-f]{12}$/),
    org_user_id: bob.orgUserId,
  })
})
