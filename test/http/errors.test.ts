import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it, vi } from "vitest"
import { REGISTERED_ROUTES } from "../support/openapi-document"
import { alice, anonymous, cookieOf, request, server } from "../support/people"
import { captureQueues } from "../support/queues"
import { workerWithEnv } from "../support/worker-with-env"
import {
  sendCase,
  type Case,
  CASES,
  fullAccess,
  isKeptFromDalgo,
  methodOf,
  outcomeOf,
  ROUTES,
  WEBHOOKS,
} from "./route-cases"

const SEND = "/api/notifications/"
const INBOX = "/api/notifications/v1"
const LARGEST = 64 * 1024
const toAcme = { author: "alice@acme.test", message: "hello", sent_to: "all_org_users", org_slug: "acme" }

/** Every error response is JSON with a detail and a request id. */
async function errorOf(answer: Response) {
  expect(answer.headers.get("content-type")).toBe("application/json")
  expect(answer.headers.get("x-request-id")).toMatch(/^[\w=-]+$/)
  const body = await answer.json<any>()
  expect(body).toHaveProperty("detail")
  return { status: answer.status, body }
}

const named = <T extends { route: string }>(cases: T[]) => cases.map((one) => [one.route, one] as const)
const taking = ROUTES.filter(({ body }) => body !== undefined)
const takingJson = taking.filter(({ access }) => !WEBHOOKS.includes(access))
const takingObjects = takingJson.filter(({ body }) => !Array.isArray(body))
/** They take what browsers add to a push subscription. */
const LENIENT = ["POST /api/notifications/push-subscriptions", "DELETE /api/notifications/push-subscriptions"]
const takingKnownFields = takingObjects.filter(({ route }) => !LENIENT.includes(route))
const largestOf = (one: Case) => REGISTERED_ROUTES.find(({ name }) => name === one.route)?.meta.maxBodyBytes ?? 0

beforeEach(() => {
  captureQueues()
})

describe("a path", () => {
  it.each(named(ROUTES))("works with a trailing slash: %s", async (_, one) => {
    const [path, search] = one.path.split("?")
    const slashed = `${path}/${search ? `?${search}` : ""}`
    const headers = await fullAccess(one)
    const outcome = await outcomeOf(await sendCase(one, headers))
    expect(outcome).toBe(one.access === "socket" ? "open" : 200)
    expect(await outcomeOf(await sendCase(one, headers, { path: slashed }))).toBe(outcome)
  })

  it.each([
    "/api",
    "/api/",
    "/api/notifications/nowhere",
    "/api/notifications/v2",
    "/api/notifications/v1/1",
    "/api//notifications/v1",
    "/API/notifications/v1",
    "/api/%E0%A4%A",
    "/api/..%2f..%2fetc%2fpasswd",
    "/webhooks/v1/nowhere",
    "/wss/nowhere",
    "/healthz/deep",
    `/api/${"x".repeat(5_000)}`,
  ])("answers 404 if it is unknown: %s", async (path) => {
    for (const somebody of [alice, anonymous]) {
      expect(await errorOf(await somebody.get(path))).toEqual({ status: 404, body: { detail: "not found" } })
    }
  })

  it.each(["DELETE", "PATCH", "POST"])("answers 404 to another method: %s", async (method) => {
    const answer = await request(INBOX, { method, headers: await cookieOf("1") })
    expect(await errorOf(answer)).toEqual({ status: 404, body: { detail: "not found" } })
  })
})

describe("a request id", () => {
  it.each(named(ROUTES.filter(({ access }) => access !== "socket")))("is in every response of %s", async (_, one) => {
    const [first, second] = [await sendCase(one, await fullAccess(one)), await sendCase(one, {})]
    expect(first.headers.get("x-request-id")).toMatch(/^[\w=-]+$/)
    expect(second.headers.get("x-request-id")).toMatch(/^[\w=-]+$/)
    expect(first.headers.get("x-request-id")).not.toBe(second.headers.get("x-request-id"))
  })

  it("is never the caller's", async () => {
    for (const id of ["abc-123", "alice@acme.test", '{"x":1}', "x".repeat(256), crypto.randomUUID()]) {
      const answer = await anonymous.get("/healthz", { "x-request-id": id })
      expect(answer.headers.get("x-request-id")).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/)
      expect(answer.headers.get("x-request-id")).not.toBe(id)
    }
  })
})

describe("400", () => {
  it("names the broken rule", async () => {
    const answer = await alice.post(SEND, { ...toAcme, org_slug: undefined })
    const detail = "org_slug is required to sent notification to all org users."
    expect(await errorOf(answer)).toEqual({ status: 400, body: { detail } })
  })
})

describe("409", () => {
  it("answers another body with the same Idempotency-Key", async () => {
    const key = { "idempotency-key": "k" }
    expect((await alice.post(SEND, toAcme, key)).status).toBe(200)
    const answer = await errorOf(await alice.post(SEND, { ...toAcme, message: "another" }, key))
    expect(answer.status).toBe(409)
    expect(answer.body.detail).toEqual(expect.any(String))
  })
})

describe("413", () => {
  const inChunks = (text: string) => {
    const chunk = new TextEncoder().encode(text.slice(0, 1024))
    return new ReadableStream({
      start(controller) {
        for (let i = 0; i < text.length / 1024; i++) controller.enqueue(chunk)
        controller.close()
      },
    })
  }

  it.each(named(taking))("answers a body that is too large, whatever its Content-Length: %s", async (_, one) => {
    const largest = largestOf(one)
    const tooLarge = "x".repeat(largest + 1)
    const expected = { status: 413, body: { detail: `the body is larger than ${largest} bytes` } }
    const headers = await fullAccess(one)
    const withLength = { ...headers, "content-length": String(tooLarge.length) }
    expect(await errorOf(await sendCase(one, withLength, { body: tooLarge }))).toEqual(expected)
    expect(await errorOf(await sendCase(one, headers, { body: tooLarge }))).toEqual(expected)
    expect(await errorOf(await sendCase(one, headers, { body: inChunks(tooLarge) }))).toEqual(expected)
  })

  it("has a limit of 64 KiB except for long lists", () => {
    for (const one of takingObjects) expect(largestOf(one), one.route).toBe(LARGEST)
  })

  it("does not answer a body of exactly 64 KiB", async () => {
    const body = JSON.stringify({ system_notifications: true }).padEnd(LARGEST)
    for (const extra of [{}, { "content-length": String(LARGEST) }]) {
      const headers = { ...(await cookieOf("1")), "content-type": "application/json", ...extra }
      const answer = await request("/api/notifications/preferences", { method: "PUT", headers, body })
      expect(answer.status).toBe(200)
    }
  })
})

describe("415", () => {
  it.each(named(takingJson))("answers a body without a JSON content type: %s", async (_, one) => {
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "application/jsonp",
      "application/problem+json",
      "text/json",
      "json",
      "",
    ]) {
      const answer = await sendCase(one, { ...(await fullAccess(one)), "content-type": type })
      expect(await errorOf(answer), type).toEqual({
        status: 415,
        body: { detail: "the body must be application/json" },
      })
    }
  })

  it.each(["application/json", "application/json; charset=utf-8", "Application/JSON ;charset=UTF-8"])(
    "is not %s",
    async (type) => {
      const change = { system_notifications: false }
      const answer = await alice.put("/api/notifications/preferences", change, { "content-type": type })
      expect((await answer.json<any>()).res.system_notifications).toBe(false)
    },
  )
})

describe("422", () => {
  const NOT_JSON = { detail: [{ loc: ["body"], msg: "the body is not valid JSON", type: "json_invalid" }] }
  const broken: [string, BodyInit][] = [
    ["nothing", ""],
    ["half an object", '{"author":'],
    ["two objects", "{}{}"],
    ["a form", "author=alice"],
    ["single quotes", "{'author':'alice'}"],
    ["a comment", "{} // hello"],
    ["NaN", '{"page":NaN}'],
    ["invalid UTF-8", new Uint8Array([0x22, 0xff, 0xfe, 0x22])],
    ["half a character", new Uint8Array([0x22, 0xe2, 0x82, 0x22])],
    ["zeros", new Uint8Array(16)],
    ["brackets that nobody closes", "[".repeat(20_000)],
  ]

  it.each(named(takingJson))("answers a body that is not JSON: %s", async (_, one) => {
    for (const [what, body] of broken) {
      const answer = await sendCase(one, await fullAccess(one), { body })
      expect(await errorOf(answer), what).toEqual({ status: 422, body: NOT_JSON })
    }
  })

  it("answers a missing body", async () => {
    const headers = { ...(await cookieOf("1")), "content-type": "application/json" }
    expect(await errorOf(await request(SEND, { method: "POST", headers }))).toEqual({ status: 422, body: NOT_JSON })
  })

  it.each(named(takingObjects))("answers JSON of another shape, at any depth: %s", async (_, one) => {
    const deep = "[".repeat(20_000) + "]".repeat(20_000)
    for (const body of ["null", "1", '"x"', "true", "[]", "[{}]", deep]) {
      const { status, body: error } = await errorOf(await sendCase(one, await fullAccess(one), { body }))
      expect(status).toBe(422)
      expect(error.detail[0]).toMatchObject({ loc: ["body"], type: "invalid_type" })
    }
  })

  const UNKNOWN = ["surprise", "", "__proto__", "constructor", "toString"]
  // As text: an object literal would lose `__proto__`.
  const withField = (one: Case, field: string) =>
    `{${JSON.stringify(field)}:{"deep":[]},${JSON.stringify(one.body).slice(1)}`

  it.each(named(takingObjects.filter(isKeptFromDalgo)))("ignores an unknown field: %s", async (_, one) => {
    for (const field of UNKNOWN) {
      const response = await sendCase(one, await fullAccess(one), { body: withField(one, field) })
      expect(response.status, field).toBe(200)
    }
  })

  it("ignores them on the routes that were kept from Dalgo, and on no other", () => {
    expect(takingObjects.filter(isKeptFromDalgo).map(({ route }) => route)).toEqual([
      "PUT /api/notifications/v1",
      "POST /api/notifications",
      "PUT /api/userpreferences",
      "PUT /api/orgpreferences/enable-discord-notifications",
      "PUT /api/orgpreferences/enable-slack-notifications",
    ])
  })

  const strict = takingKnownFields.filter((one) => !isKeptFromDalgo(one))
  it.each(named(strict))("names an unknown field: %s", async (_, one) => {
    for (const field of UNKNOWN) {
      const body = withField(one, field)
      const { status, body: error } = await errorOf(await sendCase(one, await fullAccess(one), { body }))
      expect(status, field).toBe(422)
      expect(error.detail).toEqual([{ loc: ["body", field], msg: "no such field", type: "unrecognized_keys" }])
    }
  })

  it("lists every issue with its location", async () => {
    const { body } = await errorOf(
      await alice.put("/api/notifications/preferences", {
        email_notifications_enabled: "yes",
        channels: { incident: { email: 1, sms: true }, weather: {} },
      }),
    )
    expect(body.detail.map((issue: any) => issue.loc)).toEqual(
      expect.arrayContaining([
        ["body", "email_notifications_enabled"],
        ["body", "channels", "incident", "email"],
        ["body", "channels", "incident", "sms"],
        ["body", "channels", "weather"],
      ]),
    )
  })

  it("locates an issue in the query", async () => {
    const { status, body } = await errorOf(await alice.get(`${INBOX}?page=0&limit=101`))
    expect(status).toBe(422)
    expect(body.detail.map((issue: any) => issue.loc)).toEqual([
      ["query", "page"],
      ["query", "limit"],
    ])
  })

  it("locates an issue in a header", async () => {
    const { status, body } = await errorOf(await alice.post(SEND, toAcme, { "idempotency-key": "x".repeat(256) }))
    expect(status).toBe(422)
    expect(body.detail[0].loc).toEqual(["header", "idempotency-key"])
  })
})

describe("429", () => {
  it("limits each caller separately, with Retry-After", async () => {
    const limit = vi
      .spyOn(env.SEND_LIMIT, "limit")
      .mockImplementation(async ({ key }) => ({ success: key !== "person:1" }))
    const answer = await alice.post(SEND, toAcme)
    expect(answer.headers.get("retry-after")).toMatch(/^[1-9]\d*$/)
    expect(await errorOf(answer)).toEqual({ status: 429, body: { detail: "too many at once" } })
    expect((await server.post(SEND, toAcme)).status).toBe(200)
    expect(limit.mock.calls).toEqual([
      [{ key: "person:1" }],
      [{ key: expect.stringMatching(/^service:[0-9a-f]{12}$/) }],
    ])
  })

  it("limits each service key separately, and does not name the key", async () => {
    const limit = vi.spyOn(env.SEND_LIMIT, "limit").mockResolvedValue({ success: true })
    const keys = ["service-key-new", "service-key-old", "service-key-new"]
    for (const key of keys) await anonymous.post(SEND, toAcme, { authorization: `Bearer ${key}` })
    const [first, second, third] = limit.mock.calls.map(([{ key }]) => key)
    expect(third).toBe(first)
    expect(second).not.toBe(first)
    expect([first, second].join()).not.toContain("service-key")
  })

  it("does not answer reads", async () => {
    vi.spyOn(env.SEND_LIMIT, "limit").mockResolvedValue({ success: false })
    expect((await alice.get(INBOX)).status).toBe(200)
  })
})

describe("500", () => {
  const SECRET = "SELECT secret FROM org_users WHERE email = 'alice@acme.test'"
  const broken = {
    prepare() {
      throw new Error(SECRET)
    },
    batch() {
      throw new Error(SECRET)
    },
  }

  const WITHOUT_DATABASE = ["GET /unsubscribe", "GET /api/openapi.json", "GET /api/docs", "GET /api/docs/:file"]

  // GET /healthz answers 503, as an uptime check expects: test/maintenance/health.test.ts.
  const answering500 = ROUTES.filter(({ route }) => route !== "GET /healthz")

  it.each(named(answering500))("hides the cause and gives the request id: %s", async (_, one) => {
    const log = vi.spyOn(console, "log").mockReturnValue()
    const answer = await sendCase(one, await fullAccess(one), { through: workerWithEnv({ DB: broken }) })
    const text = await answer.clone().text()
    expect(log.mock.calls.join("")).not.toMatch(/select |secret|alice@/i)
    if (WITHOUT_DATABASE.includes(one.route)) expect(answer.status).toBe(200)
    else {
      expect(text).not.toMatch(/select |secret|alice@|prepare|src\/|\.ts/i)
      const { status, body } = await errorOf(answer)
      expect({ status, body }).toEqual({
        status: 500,
        body: { detail: "internal error", request_id: answer.headers.get("x-request-id") },
      })
      const lines = log.mock.calls.map(([line]) => JSON.parse(line))
      expect(lines).toContainEqual(
        expect.objectContaining({ event: "request_failed", request_id: body.request_id, status: 500 }),
      )
    }
  })
})

describe("503", () => {
  it.each(named(ROUTES.filter(({ access }) => ![...WEBHOOKS, "anybody"].includes(access))))(
    "is the answer while nobody can be known: %s",
    async (_, one) => {
      const answer = await sendCase(one, await cookieOf("1"), { through: workerWithEnv({ JWT_SECRET: "" }) })
      expect(await errorOf(answer)).toEqual({ status: 503, body: { detail: "sign-in is not configured" } })
    },
  )
})

it("answers every success with 200 and JSON, except for HTML pages", async () => {
  for (const one of CASES.filter(({ access }) => access !== "socket")) {
    const answer = await sendCase(one, await fullAccess(one))
    expect(answer.status, one.route).toBe(200)
    const isPage = /^GET \/api\/docs|\/unsubscribe$/.test(one.route)
    if (!isPage) expect(answer.headers.get("content-type"), one.route).toMatch(/^application\/json/)
  }
})

it("answers HEAD like GET, without a body", async () => {
  for (const one of ROUTES.filter((route) => methodOf(route) === "GET" && route.access !== "socket")) {
    const answer = await sendCase(one, await fullAccess(one), { method: "HEAD" })
    expect(answer.status, one.route).toBe(200)
    expect(await answer.text()).toBe("")
  }
})
