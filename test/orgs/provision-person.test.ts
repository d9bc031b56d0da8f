import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it, vi } from "vitest"
import { clearMembershipCache } from "../../src/auth/membership"
import { connected, fakePlatform, platformEntry } from "../support/fake-platform"
import { bob, cookieOf, dora, request, server, tokenFor } from "../support/people"
import { selectRows } from "../support/select-rows"
import { tabFromResponse } from "../support/sockets"
import { workerWithEnv } from "../support/worker-with-env"

const PATH = "/api/notifications/v1"
const IVY = "77"
const MINUTE = 60_000

type Result = { status: number; retryAfter: string | null; body: any }
async function get(headers: Record<string, string>, path = PATH): Promise<Result> {
  const response = await connected(path, { headers })
  return { status: response.status, retryAfter: response.headers.get("retry-after"), body: await response.json() }
}
const getAs = async (userId: string, slug?: string) =>
  get({ ...(await cookieOf(userId)), ...(slug !== undefined && { "x-dalgo-org": slug }) })

const membershipsOf = (userId: string) =>
  selectRows(
    `SELECT o.slug, o.name AS org, m.email, m.role, m.name, m.removed_at FROM org_users m JOIN orgs o ON o.id = m.org_id
     WHERE m.user_id = ? ORDER BY m.id`,
    userId,
  )
const pass = (ms: number) => {
  vi.setSystemTime(Date.now() + ms)
  clearMembershipCache()
}

const NOT_ALLOWED = { status: 403, body: { detail: "not allowed" } }
const UNKNOWN_ORG = { status: 404, body: { detail: "organisation not found" } }
const UNAVAILABLE = { status: 503, body: { detail: "your organisations cannot be looked up right now" } }

let lines: { event: string }[]
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() })
  lines = []
  vi.spyOn(console, "log").mockImplementation((line) => void lines.push(JSON.parse(line)))
})

describe("a person whom only the platform knows", () => {
  it("has their inbox at their first request, in each of their organisations", async () => {
    const { requests } = fakePlatform(() => [
      platformEntry(77, "acme", { email: "Ivy@Acme.test ", new_role_slug: "account-manager" }),
      platformEntry(77, "umbrella", { new_role_slug: "guest" }),
    ])
    expect(await getAs(IVY)).toMatchObject({ status: 200, body: { success: true, res: [] } })
    expect(await getAs(IVY, "umbrella")).toMatchObject({ status: 200 })
    expect(await membershipsOf(IVY)).toEqual([
      { slug: "acme", org: "Acme", email: "ivy@acme.test", role: "admin", name: null, removed_at: null },
      {
        slug: "umbrella",
        org: "The umbrella Trust",
        email: "person77@umbrella.test",
        role: "member",
        name: null,
        removed_at: null,
      },
    ])
    expect(requests).toHaveLength(1)
    expect(lines).toEqual([expect.objectContaining({ event: "person_provisioned", count: 2 })])
  })

  it("is asked about in their own name, in every organisation", async () => {
    const { requests } = fakePlatform(() => [platformEntry(77, "acme")])
    const { cookie } = await cookieOf(IVY)
    await get({ cookie: `theme=dark; ${cookie}`, "x-dalgo-org": "acme" })
    const authorization = `Bearer ${await tokenFor("78")}`
    await get({ authorization })
    expect(requests.map((one) => [one.method, one.redirect, Object.fromEntries(one.headers)])).toEqual([
      ["GET", "manual", { cookie: `theme=dark; ${cookie}`, "x-dalgo-notifications-loop": expect.any(String) }],
      ["GET", "manual", { authorization, "x-dalgo-notifications-loop": expect.any(String) }],
    ])
  })

  it("has their inbox also if their browser remembers an organisation that is not theirs", async () => {
    const refusal = () => Response.json({ detail: "requestor is not an OrgUser" }, { status: 400 })
    fakePlatform(({ headers }) => (headers.has("x-dalgo-org") ? refusal() : [platformEntry(77, "acme")]))
    expect(await getAs(IVY, "globex")).toMatchObject(UNKNOWN_ORG)
    expect(await getAs(IVY)).toMatchObject({ status: 200 })
    expect(await getAs(IVY, "acme")).toMatchObject({ status: 200 })
  })

  it("gets the organisation that exists only at the platform", async () => {
    fakePlatform(() => [platformEntry(77, "umbrella")])
    await getAs(IVY, "umbrella")
    expect(await selectRows("SELECT slug, name, timezone FROM orgs WHERE slug = 'umbrella'")).toEqual([
      { slug: "umbrella", name: "The umbrella Trust", timezone: "UTC" },
    ])
    const notice = { author: "Dalgo", message: "hello", sent_to: "all_org_users", org_slug: "umbrella" }
    expect((await server.post("/api/notifications/", notice)).status).toBe(200)
    expect((await getAs(IVY)).body.res).toMatchObject([{ message: "hello" }])
  })

  it.each([
    ["super-admin", "super-admin"],
    ["admin", "admin"],
    ["account-manager", "admin"],
    ["pipeline-manager", "admin"],
    ["analyst", "analyst"],
    ["member", "member"],
    ["guest", "member"],
    [null, "member"],
    [undefined, "member"],
    ["", "member"],
    ["owner", "member"],
    ["constructor", "member"],
    ["Admin", "member"],
  ])("with the role %j is one with the role %s", async (new_role_slug, role) => {
    fakePlatform(() => [platformEntry(77, "acme", { new_role_slug })])
    expect(await getAs(IVY)).toMatchObject({ status: 200 })
    expect(await membershipsOf(IVY)).toMatchObject([{ role }])
  })

  it.each([
    ["owner", "admin"],
    ["member", "member"],
    [null, "member"],
  ])(
    "gives a member the role that is named, and leaves it where the name %j is unknown: %s",
    async (new_role_slug, role) => {
      await selectRows("UPDATE org_users SET role = 'admin' WHERE org_id = 1 AND user_id = '2'")
      fakePlatform(() => [platformEntry(2, "acme", { new_role_slug }), platformEntry(2, "umbrella")])
      expect(await getAs(bob.userId, "umbrella")).toMatchObject({ status: 200 })
      expect(await membershipsOf(bob.userId)).toMatchObject([{ slug: "acme", role }, { slug: "umbrella" }])
    },
  )

  it("opens a WebSocket", async () => {
    fakePlatform(() => [platformEntry(77, "acme")])
    const open = async (rest: string) =>
      tabFromResponse(
        await connected(`/wss/notifications${rest}`, { headers: { upgrade: "websocket", ...(await cookieOf(IVY)) } }),
      )
    expect(await (await open("?orgslug=acme")).frame()).toMatchObject({ type: "snapshot", urgent: [] })
    expect(await (await open("?orgslug=globex")).closed()).toEqual({ code: 4003, reason: "no such organisation" })
  })

  it("gets 503 for a WebSocket while the platform is away, so that the tab tries again", async () => {
    fakePlatform(() => new Response(null, { status: 502 }))
    const headers = { upgrade: "websocket", ...(await cookieOf(IVY)) }
    const response = await connected("/wss/notifications?orgslug=acme", { headers })
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "300"])
  })

  it("is made a member once by requests that come at once, each of which succeeds", async () => {
    const { requests } = fakePlatform(async () => {
      await new Promise((resolve) => setTimeout(resolve, 300))
      return [platformEntry(77, "umbrella")]
    })
    const headers = await cookieOf(IVY)
    const results = await Promise.all(Array.from({ length: 5 }, () => get(headers)))
    expect(results.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    expect(await membershipsOf(IVY)).toHaveLength(1)
    expect(requests).toHaveLength(1)
  })

  it("is let in by an isolate that still remembers that they have no organisation", async () => {
    fakePlatform(() => [])
    expect(await getAs(IVY)).toMatchObject(NOT_ALLOWED)
    await request("/api/orgs/acme/members", {
      method: "PATCH",
      headers: { authorization: "Bearer service-key-new", "content-type": "application/json" },
      body: JSON.stringify([{ user_id: 77, email: "ivy@acme.test", role: "member" }]),
    })
    expect(await getAs(IVY)).toMatchObject({ status: 200 })
  })
})

describe("single entries", () => {
  it("of no organisation, or that ended, are left out", async () => {
    fakePlatform(() => [
      platformEntry(77, "acme", { org: null }),
      platformEntry(77, "acme", { org: undefined }),
      platformEntry(77, "globex", { active: false }),
      platformEntry(77, "umbrella", { active: undefined }),
    ])
    await getAs(IVY)
    expect(await membershipsOf(IVY)).toMatchObject([{ slug: "umbrella" }])
    expect(lines.map(({ event }) => event)).toEqual(["person_provisioned"])
  })

  const org = { slug: "umbrella", name: "Umbrella" }
  it.each<[string, unknown, string]>([
    ["no object", "acme", "an entry"],
    ["null", null, "an entry"],
    ["no person", platformEntry("", "umbrella", { user_id: undefined }), "user_id"],
    ["no e-mail address", platformEntry(77, "umbrella", { email: "ivy" }), "email"],
    ["an address of null", platformEntry(77, "umbrella", { email: null }), "email"],
    ["two addresses", platformEntry(77, "umbrella", { email: "a@b.test,c@d.test" }), "email"],
    ["a slug with a slash", platformEntry(77, "umbrella", { org: { ...org, slug: "um/brella" } }), "org.slug"],
    ["a slug that is too long", platformEntry(77, "umbrella", { org: { ...org, slug: "u".repeat(101) } }), "org.slug"],
    ["an empty name", platformEntry(77, "umbrella", { org: { ...org, name: " " } }), "org.name"],
    ["a name with NUL", platformEntry(77, "umbrella", { org: { ...org, name: "Um\0brella" } }), "org.name"],
    ["half a character", platformEntry(77, "umbrella", { org: { ...org, name: "Um\ud83d" } }), "org.name"],
    ["an organisation that is a text", platformEntry(77, "umbrella", { org: "umbrella" }), "org"],
    ["a role that is a number", platformEntry(77, "umbrella", { new_role_slug: 4 }), "new_role_slug"],
    ["a state that is a text", platformEntry(77, "umbrella", { active: "yes" }), "active"],
  ])("with %s are left out and logged", async (_, entry, reason) => {
    fakePlatform(() => [entry, platformEntry(77, "acme")])
    expect(await getAs(IVY)).toMatchObject({ status: 200 })
    expect(await membershipsOf(IVY)).toMatchObject([{ slug: "acme" }])
    expect(lines).toContainEqual({ level: "warn", event: "platform_entry_invalid", reason })
  })

  it("are at most 500", async () => {
    fakePlatform(() => Array.from({ length: 501 }, (_, i) => platformEntry(77, `org-${i}`)))
    expect(await getAs(IVY)).toMatchObject({ status: 200 })
    expect(await membershipsOf(IVY)).toHaveLength(500)
    expect(lines).toContainEqual({ level: "warn", event: "platform_entry_invalid", reason: "more than 500 entries" })
  })

  it("of one organisation count once: the first one", async () => {
    fakePlatform(() => [platformEntry(77, "acme"), platformEntry(77, "acme", { new_role_slug: "admin" })])
    await getAs(IVY)
    expect(await membershipsOf(IVY)).toMatchObject([{ slug: "acme", role: "analyst" }])
  })
})

describe("a person who is known here", () => {
  it("is not looked up", async () => {
    const { requests } = fakePlatform(() => new Response(null, { status: 500 }))
    const prepare = vi.spyOn(env.DB, "prepare")
    expect(await getAs(bob.userId)).toMatchObject({ status: 200 })
    expect(await getAs(bob.userId, "acme")).toMatchObject({ status: 200 })
    expect(requests).toEqual([])
    expect(prepare.mock.calls.filter(([sql]) => sql.includes("platform_lookups"))).toEqual([])
  })

  it("is looked up in an organisation where they are unknown", async () => {
    const { requests } = fakePlatform(() => [
      platformEntry("2", "acme", { email: "robert@acme.test", new_role_slug: "admin" }),
      platformEntry("2", "globex"),
    ])
    await env.DB.prepare("UPDATE org_users SET name = 'Bob' WHERE user_id = '2'").run()
    expect(await getAs(bob.userId, "globex")).toMatchObject({ status: 200 })
    expect(await membershipsOf(bob.userId)).toMatchObject([
      { slug: "acme", email: "robert@acme.test", role: "admin", name: "Bob" },
      { slug: "globex", role: "analyst" },
    ])
    expect(requests).toHaveLength(1)
  })

  it("keeps what the platform does not list", async () => {
    fakePlatform(() => [])
    expect(await getAs(bob.userId, "globex")).toMatchObject(UNKNOWN_ORG)
    expect(await getAs(bob.userId)).toMatchObject({ status: 200 })
  })

  it("loses an opt-out by a bounce with the address, and no other one", async () => {
    await env.DB.prepare(
      `INSERT INTO user_notification_preferences (org_user_id, category, channel, enabled, changed_at, reason)
       VALUES (2, 'all', 'email', 0, 1, 'bounced'), (2, 'incident', 'email', 0, 1, NULL), (1, 'all', 'email', 0, 1, 'bounced')`,
    ).run()
    const optOuts = () => selectRows("SELECT org_user_id, category FROM user_notification_preferences ORDER BY 1, 2")
    fakePlatform(() => [platformEntry(2, "acme", { email: bob.email }), platformEntry(2, "globex")])
    await getAs(bob.userId, "globex")
    expect(await optOuts()).toHaveLength(3)
    pass(5 * MINUTE)
    fakePlatform(() => [platformEntry(2, "acme", { email: "new@acme.test" })])
    await getAs(bob.userId, "initech")
    expect(await optOuts()).toEqual([
      { org_user_id: 1, category: "all" },
      { org_user_id: 2, category: "incident" },
    ])
  })

  it("and is super-admin acts in every organisation, also while the platform does not answer", async () => {
    fakePlatform(() => new Response(null, { status: 502 }))
    const headers = { ...(await cookieOf(dora.userId)), "x-dalgo-org": "acme" }
    expect(await get(headers, "/api/notifications/history")).toMatchObject({ status: 200 })
    expect(await get(headers)).toMatchObject(UNKNOWN_ORG)
  })

  it("and was removed here stays removed, until provisioning adds them", async () => {
    expect((await server.delete(`/api/orgs/acme/members/${bob.userId}`)).status).toBe(200)
    const { requests } = fakePlatform(() => [platformEntry(2, "acme", { new_role_slug: "admin" })])
    for (const slug of [undefined, "acme"]) {
      expect((await getAs(bob.userId, slug)).status).toBe(slug ? 404 : 403)
    }
    expect(await membershipsOf(bob.userId)).toMatchObject([{ role: "member", removed_at: expect.any(Number) }])
    expect(requests).toHaveLength(1)
    await server.patch("/api/orgs/acme/members", [{ user_id: 2, email: bob.email, role: "member" }])
    expect(await getAs(bob.userId)).toMatchObject({ status: 200 })
  })
})

describe("the platform", () => {
  it("is asked once in five minutes about each person, by all isolates together", async () => {
    const { requests } = fakePlatform(() => [])
    for (const ms of [0, 1, 30_000, 4 * MINUTE, 29_998]) {
      pass(ms)
      expect(await getAs(IVY)).toMatchObject(NOT_ALLOWED)
      expect(await getAs(IVY, "acme")).toMatchObject(UNKNOWN_ORG)
    }
    expect(requests).toHaveLength(1)
    expect(await getAs("78")).toMatchObject(NOT_ALLOWED)
    expect(requests).toHaveLength(2)
    pass(1)
    fakePlatform(() => [platformEntry(77, "acme")])
    expect(await getAs(IVY)).toMatchObject({ status: 200 })
  })

  it("is asked about 300 people in a minute", async () => {
    const now = Date.now()
    await env.DB.prepare(
      `INSERT INTO platform_lookups (user_id, asked_at, ask_again_at, outcome)
       SELECT 'person ' || value, ?, ?, 'answered' FROM json_each(?)`,
    )
      .bind(now - 1, now, JSON.stringify(Array.from({ length: 299 }, (_, i) => i)))
      .run()
    const { requests } = fakePlatform(() => [platformEntry(77, "acme")])
    expect(await getAs(IVY)).toMatchObject({ status: 200 })
    expect(await getAs("78")).toMatchObject({ ...UNAVAILABLE, retryAfter: "60" })
    expect(requests).toHaveLength(1)
    expect(lines.map(({ event }) => event)).toContain("platform_lookups_limited")
  })

  it("is asked by nobody without a good token, and not by servers", async () => {
    const { requests } = fakePlatform(() => [platformEntry(77, "acme")])
    expect((await get({ cookie: "access_token=nonsense" })).status).toBe(401)
    expect((await get({ cookie: `access_token=${await tokenFor(IVY, { exp: 1 })}` })).status).toBe(498)
    expect((await get({ authorization: "Bearer service-key-new", "x-dalgo-org": "umbrella" })).status).toBe(403)
    expect(requests).toEqual([])
  })

  it("is asked no more by a request that this service itself has sent", async () => {
    const { requests } = fakePlatform(() => [platformEntry(77, "acme")])
    expect((await get({ ...(await cookieOf(IVY)), "x-dalgo-notifications-loop": "1" })).status).toBe(508)
    expect(requests).toEqual([])
  })

  it("is not asked where PLATFORM_ORIGIN is not set", async () => {
    const { requests } = fakePlatform(() => [platformEntry(77, "acme")])
    const response = await workerWithEnv({ PLATFORM_ORIGIN: "" })(PATH, { headers: await cookieOf(IVY) })
    expect(response.status).toBe(403)
    expect(requests).toEqual([])
  })

  it.each<[string, () => unknown]>([
    ["400", () => Response.json({ detail: "requestor is not an OrgUser" }, { status: 400 })],
    ["401", () => Response.json({ detail: "Unauthorized" }, { status: 401 })],
    ["403", () => Response.json({ error: "not allowed" }, { status: 403 })],
    ["404", () => new Response("<h1>Not Found</h1>", { status: 404 })],
    ["an empty list", () => []],
  ])("that answers %s knows no organisation", async (_, answer) => {
    fakePlatform(answer)
    expect(await getAs(IVY)).toMatchObject(NOT_ALLOWED)
    expect(await getAs(IVY, "acme")).toMatchObject(UNKNOWN_ORG)
    expect(await getAs(bob.userId, "globex")).toMatchObject(UNKNOWN_ORG)
    expect(await getAs(bob.userId)).toMatchObject({ status: 200 })
  })

  it.each<[string, () => unknown]>([
    ["500", () => new Response("oh no", { status: 500 })],
    ["503", () => Response.json({ detail: "away" }, { status: 503 })],
    ["429", () => new Response(null, { status: 429 })],
    ["a redirect", () => new Response(null, { status: 302, headers: { location: "https://evil.test/" } })],
    ["HTML", () => new Response("<html></html>", { headers: { "content-type": "text/html" } })],
    ["half of an answer", () => new Response('[{"user_id": 77')],
    ["an object", () => ({ user_id: 77, org: { slug: "acme" } })],
    ["null", () => new Response("null")],
    ["nothing", () => Promise.reject(new TypeError("network unreachable"))],
    ["508", () => Response.json({ detail: "a loop" }, { status: 508 })],
  ])("that answers %s is away: 503, never 401", async (_, answer) => {
    const { requests } = fakePlatform(answer)
    expect(await getAs(IVY)).toMatchObject({ ...UNAVAILABLE, retryAfter: "300" })
    pass(MINUTE)
    expect(await getAs(IVY, "acme")).toMatchObject({ ...UNAVAILABLE, retryAfter: "240" })
    expect(requests).toHaveLength(1)
    expect(await membershipsOf(IVY)).toEqual([])
    expect(lines.map(({ event }) => event)).toEqual(["backend_failed"])
    pass(4 * MINUTE)
    fakePlatform(() => [platformEntry(77, "acme")])
    expect(await getAs(IVY)).toMatchObject({ status: 200 })
  })

  it("that does not answer within two seconds is away", async () => {
    fakePlatform(() => new Promise(() => {}))
    vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
      expect(ms).toBe(2_000)
      return AbortSignal.abort(new DOMException("too slow", "TimeoutError"))
    })
    vi.spyOn(globalThis, "fetch").mockImplementation(async (_, init) => {
      throw init!.signal!.reason
    })
    expect(await getAs(IVY)).toMatchObject(UNAVAILABLE)
    expect(lines).toContainEqual(expect.objectContaining({ event: "backend_failed", reason: "TimeoutError" }))
  })

  it("for whose clock the token has expired is asked again after 30 seconds", async () => {
    const { requests } = fakePlatform(() => Response.json({ detail: "Token expired" }, { status: 498 }))
    expect(await getAs(IVY)).toMatchObject({ ...UNAVAILABLE, retryAfter: "30" })
    expect(await getAs(IVY)).toMatchObject(UNAVAILABLE)
    expect(requests).toHaveLength(1)
    pass(30_000)
    fakePlatform(() => [platformEntry(77, "acme")])
    expect(await getAs(IVY)).toMatchObject({ status: 200 })
  })

  it.each([
    ["another person", [platformEntry(4, "dalgo", { new_role_slug: "super-admin" })]],
    ["two people", [platformEntry(77, "acme"), platformEntry(4, "dalgo", { new_role_slug: "super-admin" })]],
    ["another person in an entry with faults", [{ user_id: 4, active: "yes" }, platformEntry(77, "acme")]],
    ["another person without an organisation", [platformEntry(77, "acme"), platformEntry(4, "dalgo", { org: null })]],
    ["a number that begins alike", [platformEntry("077", "acme")]],
  ])("that answers about %s is not believed", async (_, entries) => {
    fakePlatform(() => entries)
    expect(await getAs(IVY)).toMatchObject(UNAVAILABLE)
    expect(await membershipsOf(IVY)).toEqual([])
    expect(lines).toEqual([
      expect.objectContaining({ event: "backend_failed", reason: "the answer is about another person" }),
    ])
  })

  it("is asked by another request where one was stopped halfway", async () => {
    await env.DB.prepare("INSERT INTO platform_lookups VALUES (?, ?, ?, NULL)")
      .bind(IVY, Date.now() - 9_000, Date.now() + 1_000)
      .run()
    fakePlatform(() => [platformEntry(77, "acme")])
    expect(await getAs(IVY)).toMatchObject({ ...UNAVAILABLE, retryAfter: "1" })
    pass(1_000)
    expect(await getAs(IVY)).toMatchObject({ status: 200 })
  })

  it("leaves no trace of a look-up after a day", async () => {
    fakePlatform(() => [])
    await getAs(IVY)
    pass(24 * 60 * MINUTE + 1)
    await getAs("78")
    expect(await selectRows("SELECT user_id FROM platform_lookups")).toEqual([{ user_id: "78" }])
  })
})
