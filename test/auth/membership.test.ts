import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it, vi } from "vitest"
import { clearMembershipCache } from "../../src/auth/membership"
import { alice, bob, charlie, cookieOf, dora, eve, insertEve, server, userClient } from "../support/people"
import { captureQueues } from "../support/queues"
import { sendCase, CASES, fullAccess, WEBHOOKS } from "../http/route-cases"

const OWN = "/api/notifications/v1"
const NOT_FOUND = { status: 404, body: { detail: "organisation not found" } }
const NOT_ALLOWED = { status: 403, body: { detail: "not allowed" } }

const messagesOf = async (headers: Record<string, string> = {}) => {
  const response = await eve.get(OWN, headers)
  const body = await response.json<any>()
  return response.status === 200 ? body.res.map((item: any) => item.message) : { status: response.status, body }
}
const remove = (orgUserId: number) =>
  env.DB.prepare("UPDATE org_users SET removed_at = ? WHERE id = ?").bind(Date.now(), orgUserId).run()
const pass = (ms: number) => vi.setSystemTime(Date.now() + ms)

beforeEach(async () => {
  captureQueues()
  await insertEve({ acme: "member", globex: "member" })
  for (const org_slug of ["acme", "globex"]) {
    const body = { author: "dora", message: `hello ${org_slug}`, sent_to: "all_org_users", org_slug }
    await dora.post("/api/notifications/", body)
  }
})

describe("x-dalgo-org", () => {
  it("chooses one of a person's organisations", async () => {
    expect(await messagesOf({ "x-dalgo-org": "acme" })).toEqual(["hello acme"])
    expect(await messagesOf({ "x-dalgo-org": "globex" })).toEqual(["hello globex"])
  })

  it("defaults to the first organisation if absent or empty", async () => {
    expect(await messagesOf()).toEqual(["hello acme"])
    expect(await messagesOf({ "x-dalgo-org": "" })).toEqual(["hello acme"])
  })

  it("separates the preferences of two organisations", async () => {
    await eve.put("/api/notifications/preferences", { system_notifications: false }, { "x-dalgo-org": "globex" })
    const isOn = async (slug: string) => {
      const response = await eve.get("/api/notifications/preferences", { "x-dalgo-org": slug })
      return (await response.json<any>()).res.system_notifications
    }
    expect(await isOn("globex")).toBe(false)
    expect(await isOn("acme")).toBe(true)
  })

  it.each(["dalgo", "nowhere", "ACME", "acme ' OR 1=1 --", "1", "x".repeat(2_000)])(
    "answers the same 404 for %s, be it a stranger's or nobody's",
    async (slug) => {
      expect(await messagesOf({ "x-dalgo-org": slug })).toEqual(NOT_FOUND)
      const sent = await alice.post(
        "/api/notifications/",
        { author: "alice", message: "hello", sent_to: "single_user", user_email: bob.email },
        { "x-dalgo-org": slug },
      )
      expect({ status: sent.status, body: await sent.json() }).toEqual(NOT_FOUND)
    },
  )

  it.each(CASES.filter(({ access }) => access.startsWith("member")).map((one) => [one.route, one] as const))(
    "is asked for by %s",
    async (_, one) => {
      const response = await sendCase(one, { ...(await fullAccess(one)), "x-dalgo-org": "acme" })
      expect({ status: response.status, body: await response.json() }).toEqual(NOT_FOUND)
    },
  )

  it("does not extend the recipients of an admin, even if empty", async () => {
    for (const slug of ["", " ", "acme"]) {
      const response = await alice.post(
        "/api/notifications/",
        { author: "alice", message: "hello", sent_to: "single_user", user_email: charlie.email },
        { "x-dalgo-org": slug },
      )
      expect(response.status).toBe(400)
      expect(await response.json()).toEqual({ detail: "No users found for the given information" })
    }
  })

  it("is ignored for a server, which names the organisation in the body", async () => {
    const body = { author: "dalgo", message: "hello", sent_to: "all_org_users", org_slug: "globex" }
    expect((await server.post("/api/notifications/", body, { "x-dalgo-org": "acme" })).status).toBe(200)
    expect(await messagesOf({ "x-dalgo-org": "acme" })).toEqual(["hello acme"])
  })
})

describe("a person without any organisation", () => {
  const stranger = userClient("999")

  it.each(
    CASES.filter(({ access }) => ![...WEBHOOKS, "anybody", "signed in", "socket"].includes(access)).map(
      (one) => [one.route, one.body ?? "", one] as const,
    ),
  )("is not allowed to %s %j", async (_route, _body, one) => {
    const response = await sendCase(one, { ...(await cookieOf("999")), "x-dalgo-org": "" })
    expect({ status: response.status, body: await response.json() }).toEqual(NOT_ALLOWED)
  })

  it("may still read the categories", async () => {
    expect((await stranger.get("/api/notifications/categories")).status).toBe(200)
  })
})

describe("a removed member", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() })
    clearMembershipCache()
  })

  it("loses access within 30 seconds", async () => {
    expect((await bob.get(OWN)).status).toBe(200)
    await remove(bob.orgUserId)
    pass(30_000)
    const response = await bob.get(OWN)
    expect({ status: response.status, body: await response.json() }).toEqual(NOT_ALLOWED)
    expect((await bob.get(OWN, { "x-dalgo-org": "acme" })).status).toBe(404)
  })

  it("loses access as fast with constant requests", async () => {
    await bob.get(OWN)
    await remove(bob.orgUserId)
    for (let i = 0; i < 6; i++) {
      pass(5_000)
      await bob.get(OWN)
    }
    expect((await bob.get(OWN)).status).toBe(403)
  })

  it("loses access at once in an isolate without a cache entry", async () => {
    await remove(bob.orgUserId)
    expect((await bob.get(OWN)).status).toBe(403)
  })

  it("can no longer send as an admin", async () => {
    await alice.get(OWN)
    await remove(alice.orgUserId)
    pass(30_000)
    const body = { author: "alice", message: "hello", sent_to: "all_org_users", org_slug: "acme" }
    expect((await alice.post("/api/notifications/", body)).status).toBe(403)
  })

  it("acts in their next organisation", async () => {
    await remove(6)
    expect(await messagesOf()).toEqual(["hello globex"])
    expect(await messagesOf({ "x-dalgo-org": "acme" })).toEqual(NOT_FOUND)
  })
})

it("gives access to an added member within 30 seconds", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() })
  const ivy = userClient("8")
  expect((await ivy.get(OWN)).status).toBe(403)
  await env.DB.prepare(
    "INSERT INTO org_users (id, org_id, user_id, email, role) VALUES (8, 1, '8', 'ivy@acme.test', 'member')",
  ).run()
  pass(30_000)
  expect((await ivy.get(OWN)).status).toBe(200)
})
