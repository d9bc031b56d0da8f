import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it, vi } from "vitest"
import { cookieOf, request, tokenFor } from "../support/people"
import { captureQueues } from "../support/queues"
import { workerWithEnv } from "../support/worker-with-env"

const ALLOWED = "https://app.dalgo.test"
const OWN = "https://notifications.dalgo.test"
const PATH = "/api/notifications/v1"
const FOREIGN = [
  "https://evil.test",
  "http://app.dalgo.test",
  "https://app.dalgo.test:8443",
  "https://app.dalgo.test.evil.test",
  "https://evil-app.dalgo.test",
  "https://evil.test/https://app.dalgo.test",
  "null",
  "*",
  "https://app.dalgo.test, https://evil.test",
]

const alice = await cookieOf("1")
const listed = (header: string | null) => (header ?? "").split(/, */).map((name) => name.toLowerCase())
const preflight = (path: string, origin: string) =>
  request(path, {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": "PUT",
      "access-control-request-headers": "content-type,x-dalgo-org",
    },
  })

beforeEach(() => {
  captureQueues()
})

describe("a preflight", () => {
  it.each([PATH, "/api/notifications/", "/api/notifications/preferences", "/api/nowhere"])(
    "allows the web app to call %s with credentials",
    async (path) => {
      const answer = await preflight(path, ALLOWED)
      expect(answer.ok).toBe(true)
      expect(answer.headers.get("access-control-allow-origin")).toBe(ALLOWED)
      expect(answer.headers.get("access-control-allow-credentials")).toBe("true")
      expect(listed(answer.headers.get("access-control-allow-headers")).sort()).toEqual(
        ["content-type", "x-dalgo-org", "authorization", "idempotency-key", "x-csrftoken"].sort(),
      )
      expect(listed(answer.headers.get("access-control-allow-methods"))).toEqual(
        expect.arrayContaining(["get", "post", "put", "patch", "delete"]),
      )
      expect(listed(answer.headers.get("vary"))).toContain("origin")
      expect(answer.headers.get("x-request-id")).toBeTruthy()
    },
  )

  it.each(FOREIGN)("does not allow %s", async (origin) => {
    const answer = await preflight(PATH, origin)
    expect(answer.headers.get("access-control-allow-origin")).toBeNull()
    expect(listed(answer.headers.get("vary"))).toContain("origin")
  })

  it("needs no token", async () => {
    expect((await preflight(PATH, ALLOWED)).status).toBe(204)
  })

  it.each(["/webhooks/v1/notification", "/unsubscribe", "/healthz"])("allows no origin to call %s", async (path) => {
    const answer = await preflight(path, ALLOWED)
    expect(answer.headers.get("access-control-allow-origin")).toBeNull()
  })
})

describe("a response", () => {
  const get = async (headers: Record<string, string>) => request(PATH, { headers: { ...alice, ...headers } })

  it.each([ALLOWED, OWN])("can be read by %s", async (origin) => {
    const answer = await get({ origin })
    expect(answer.status).toBe(200)
    expect(answer.headers.get("access-control-allow-origin")).toBe(origin)
    expect(answer.headers.get("access-control-allow-credentials")).toBe("true")
    expect(listed(answer.headers.get("access-control-expose-headers"))).toEqual(
      expect.arrayContaining(["x-request-id", "retry-after"]),
    )
    expect(listed(answer.headers.get("vary"))).toContain("origin")
  })

  it.each(FOREIGN)("cannot be read by %s", async (origin) => {
    const answer = await get({ origin })
    expect(answer.headers.get("access-control-allow-origin")).toBeNull()
    expect(listed(answer.headers.get("vary"))).toContain("origin")
  })

  it("has Vary: Origin even without an Origin, so that no cache mixes responses up", async () => {
    const answer = await get({})
    expect(answer.headers.get("access-control-allow-origin")).toBeNull()
    expect(listed(answer.headers.get("vary"))).toContain("origin")
  })

  it("can be read by no other origin if none is configured", async () => {
    const answer = await workerWithEnv({ ALLOWED_ORIGINS: "" })(PATH, {
      headers: { origin: ALLOWED, ...alice },
    })
    expect(answer.status).toBe(200)
    expect(answer.headers.get("access-control-allow-origin")).toBeNull()
  })

  it("can be read by each of several configured origins", async () => {
    const through = workerWithEnv({ ALLOWED_ORIGINS: " https://one.test ,https://two.test," })
    for (const origin of ["https://one.test", "https://two.test"]) {
      const answer = await through(PATH, { headers: { origin } })
      expect(answer.headers.get("access-control-allow-origin")).toBe(origin)
    }
  })
})

describe("an error response", () => {
  type Refusal = [number, () => Promise<Response>]
  const sending = async (init: RequestInit = {}, change: Record<string, string> = {}) =>
    request("/api/notifications/", {
      method: "POST",
      body: JSON.stringify({ author: "a", message: "m", sent_to: "all_org_users", org_slug: "acme" }),
      ...init,
      headers: { origin: ALLOWED, "content-type": "application/json", ...alice, ...change },
    })
  const broken = {
    prepare: () => {
      throw new Error("no database")
    },
  }

  it.each<Refusal>([
    [400, () => sending({ body: JSON.stringify({ author: "a", message: "m", sent_to: "single_user" }) })],
    [401, () => request(PATH, { headers: { origin: ALLOWED } })],
    [403, async () => sending({}, await cookieOf("2"))],
    [404, () => request("/api/nowhere", { headers: { origin: ALLOWED } })],
    [404, () => request(PATH, { headers: { origin: ALLOWED, ...alice, "x-dalgo-org": "globex" } })],
    [413, () => sending({ body: "x".repeat(70_000) })],
    [415, () => sending({}, { "content-type": "text/plain" })],
    [422, () => sending({ body: "{" })],
    [
      429,
      () => {
        vi.spyOn(env.SEND_LIMIT, "limit").mockResolvedValue({ success: false })
        return sending()
      },
    ],
    [
      498,
      async () =>
        request(PATH, { headers: { origin: ALLOWED, cookie: `access_token=${await tokenFor("1", { exp: 1 })}` } }),
    ],
    [500, async () => workerWithEnv({ DB: broken })(PATH, { headers: { origin: ALLOWED, ...alice } })],
    [503, async () => workerWithEnv({ JWT_SECRET: "" })(PATH, { headers: { origin: ALLOWED, ...alice } })],
  ])("with status %i can be read by the web app", async (status, rejected) => {
    const answer = await rejected()
    expect(answer.status).toBe(status)
    expect(answer.headers.get("access-control-allow-origin")).toBe(ALLOWED)
    expect(answer.headers.get("access-control-allow-credentials")).toBe("true")
    expect(listed(answer.headers.get("vary"))).toContain("origin")
  })
})

describe("a state-changing request with a cookie", () => {
  const ticket = (origin?: string) =>
    request("/api/notifications/ticket", { method: "POST", headers: { ...alice, ...(origin && { origin }) } })

  it.each(FOREIGN)("is rejected from %s, even without a preflight", async (origin) => {
    const answer = await ticket(origin)
    expect(answer.status).toBe(403)
    expect(await answer.json()).toEqual({ detail: "not allowed" })
  })

  it.each([ALLOWED, OWN, undefined])("is accepted from %s", async (origin) => {
    expect((await ticket(origin)).status).toBe(200)
  })

  it("is accepted from any origin if the token is in the header", async () => {
    const headers = { authorization: `Bearer ${await tokenFor("1")}`, origin: "https://evil.test" }
    expect((await request("/api/notifications/ticket", { method: "POST", headers })).status).toBe(200)
  })
})
