import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it, vi } from "vitest"
import { REGISTERED } from "../support/description"
import { alice, cookieOf, nobody, request, server } from "../support/people"
import { queues } from "../support/queues"
import { workerWith } from "../support/worker-with"
import { ask, type Case, CASES, keyring, methodOf, outcomeOf, ROUTES, WEBHOOKS } from "./every-route"

const SEND = "/api/notifications/"
const INBOX = "/api/notifications/v1"
const LARGEST = 64 * 1024
const toAcme = { author: "alice@acme.test", message: "hello", sent_to: "all_org_users", org_slug: "acme" }

/** Every error is JSON with a reason, and can be traced. */
async function errorOf(answer: Response) {
  expect(answer.headers.get("content-type")).toBe("application/json")
  expect(answer.headers.get("x-request-id")).toMatch(/^[\w=-]+$/)
  const body = await answer.json<any>()
  expect(body).toHaveProperty("detail")
  return { status: answer.status, body }
}

const named = <T extends { route: string }>(cases: T[]) => cases.map((one) => [one.route, one] as const)
const taking = ROUTES.filter(({ body }) => body !== undefined)
const takingJson = taking.filter(({ door }) => !WEBHOOKS.includes(door))
const takingObjects = takingJson.filter(({ body }) => !Array.isArray(body))
const largestOf = (one: Case) => REGISTERED.find(({ name }) => name === one.route)?.meta.maxBodyBytes ?? 0

beforeEach(() => {
  queues()
})

describe("a path", () => {
  it.each(named(ROUTES))("is the same with a trailing slash: %s", async (_, one) => {
    const [path, search] = one.path.split("?")
    const slashed = `${path}/${search ? `?${search}` : ""}`
    const headers = await keyring()
    const outcome = await outcomeOf(await ask(one, headers))
    expect(outcome).toBe(one.door === "socket" ? "open" : 200)
    expect(await outcomeOf(await ask(one, headers, { path: slashed }))).toBe(outcome)
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
  ])("that leads nowhere is not found: %s", async (path) => {
    for (const somebody of [alice, nobody]) {
      expect(await errorOf(await somebody.get(path))).toEqual({ status: 404, body: { detail: "not found" } })
    }
  })

  it.each(["DELETE", "PATCH", "POST"])("is not found by another method: %s", async (method) => {
    const answer = await request(INBOX, { method, headers: await cookieOf("1") })
    expect(await errorOf(answer)).toEqual({ status: 404, body: { detail: "not found" } })
  })
})

describe("a request id", () => {
  it.each(named(ROUTES.filter(({ door }) => door !== "socket")))("is on what %s answers", async (_, one) => {
    const [first, second] = [await ask(one, await keyring()), await ask(one, {})]
    expect(first.headers.get("x-request-id")).toMatch(/^[\w=-]+$/)
    expect(second.headers.get("x-request-id")).toMatch(/^[\w=-]+$/)
    expect(first.headers.get("x-request-id")).not.toBe(second.headers.get("x-request-id"))
  })

  it("is the caller's own where it is harmless", async () => {
    const idOf = async (id: string) =>
      (await nobody.get("/healthz", { "x-request-id": id })).headers.get("x-request-id")
    expect(await idOf("abc-123")).toBe("abc-123")
    for (const id of ["alice@acme.test", '{"x":1}', "x".repeat(256)]) expect(await idOf(id)).not.toBe(id)
  })
})

describe("400", () => {
  it("says which rule was broken", async () => {
    const answer = await alice.post(SEND, { ...toAcme, org_slug: undefined })
    const detail = "org_slug is required to sent notification to all org users."
    expect(await errorOf(answer)).toEqual({ status: 400, body: { detail } })
  })
})

describe("409", () => {
  it("is another body under the same Idempotency-Key", async () => {
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

  it.each(named(taking))("is a body that is too large, whatever it says of its length: %s", async (_, one) => {
    const largest = largestOf(one)
    const tooLarge = "x".repeat(largest + 1)
    const refusal = { status: 413, body: { detail: `the body is larger than ${largest} bytes` } }
    const headers = await keyring()
    const told = { ...headers, "content-length": String(tooLarge.length) }
    expect(await errorOf(await ask(one, told, { body: tooLarge }))).toEqual(refusal)
    expect(await errorOf(await ask(one, headers, { body: tooLarge }))).toEqual(refusal)
    expect(await errorOf(await ask(one, headers, { body: inChunks(tooLarge) }))).toEqual(refusal)
  })

  it("begins at 64 kB, where a body is not a list of many", () => {
    for (const one of takingObjects) expect(largestOf(one), one.route).toBe(LARGEST)
  })

  it("is not a body of exactly 64 kB", async () => {
    const body = JSON.stringify({ system_notifications: true }).padEnd(LARGEST)
    for (const extra of [{}, { "content-length": String(LARGEST) }]) {
      const headers = { ...(await cookieOf("1")), "content-type": "application/json", ...extra }
      const answer = await request("/api/notifications/preferences", { method: "PUT", headers, body })
      expect(answer.status).toBe(200)
    }
  })
})

describe("415", () => {
  it.each(named(takingJson))("is a body that does not say that it is JSON: %s", async (_, one) => {
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
      const answer = await ask(one, { ...(await keyring()), "content-type": type })
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

  it.each(named(takingJson))("is a body that is not JSON: %s", async (_, one) => {
    for (const [what, body] of broken) {
      const answer = await ask(one, await keyring(), { body })
      expect(await errorOf(answer), what).toEqual({ status: 422, body: NOT_JSON })
    }
  })

  it("is a body that is not there", async () => {
    const headers = { ...(await cookieOf("1")), "content-type": "application/json" }
    expect(await errorOf(await request(SEND, { method: "POST", headers }))).toEqual({ status: 422, body: NOT_JSON })
  })

  it.each(named(takingObjects))("is JSON of another shape, however deep: %s", async (_, one) => {
    const deep = "[".repeat(20_000) + "]".repeat(20_000)
    for (const body of ["null", "1", '"x"', "true", "[]", "[{}]", deep]) {
      const { status, body: said } = await errorOf(await ask(one, await keyring(), { body }))
      expect(status).toBe(422)
      expect(said.detail[0]).toMatchObject({ loc: ["body"], type: "invalid_type" })
    }
  })

  it.each(named(takingObjects))("names the field that we do not know: %s", async (_, one) => {
    for (const field of ["surprise", "", "__proto__", "constructor", "toString"]) {
      // As text: an object literal would lose `__proto__`.
      const body = `{${JSON.stringify(field)}:{"deep":[]},${JSON.stringify(one.body).slice(1)}`
      const { status, body: said } = await errorOf(await ask(one, await keyring(), { body }))
      expect(status, field).toBe(422)
      expect(said.detail).toEqual([{ loc: ["body", field], msg: "no such field", type: "unrecognized_keys" }])
    }
  })

  it("names each of several flaws, and where they are", async () => {
    const { body } = await errorOf(
      await alice.put("/api/notifications/preferences", {
        email_notifications_enabled: "yes",
        channels: { incident: { email: 1, sms: true }, weather: {} },
      }),
    )
    expect(body.detail.map((flaw: any) => flaw.loc)).toEqual(
      expect.arrayContaining([
        ["body", "email_notifications_enabled"],
        ["body", "channels", "incident", "email"],
        ["body", "channels", "incident", "sms"],
        ["body", "channels", "weather"],
      ]),
    )
  })

  it("names the query", async () => {
    const { status, body } = await errorOf(await alice.get(`${INBOX}?page=0&limit=101`))
    expect(status).toBe(422)
    expect(body.detail.map((flaw: any) => flaw.loc)).toEqual([
      ["query", "page"],
      ["query", "limit"],
    ])
  })

  it("names a header", async () => {
    const { status, body } = await errorOf(await alice.post(SEND, toAcme, { "idempotency-key": "x".repeat(256) }))
    expect(status).toBe(422)
    expect(body.detail[0].loc).toEqual(["header", "idempotency-key"])
  })
})

describe("429", () => {
  it("says when to come back, to each caller for themselves", async () => {
    const limit = vi
      .spyOn(env.SEND_LIMIT, "limit")
      .mockImplementation(async ({ key }) => ({ success: key !== "person:1" }))
    const answer = await alice.post(SEND, toAcme)
    expect(answer.headers.get("retry-after")).toMatch(/^[1-9]\d*$/)
    expect(await errorOf(answer)).toEqual({ status: 429, body: { detail: "too many at once" } })
    expect((await server.post(SEND, toAcme)).status).toBe(200)
    expect(limit.mock.calls).toEqual([[{ key: "person:1" }], [{ key: "service" }]])
  })

  it("is not for reading", async () => {
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

  it.each(named(ROUTES))("tells nobody what broke, and everybody its name: %s", async (_, one) => {
    const said = vi.spyOn(console, "log").mockReturnValue()
    const answer = await ask(one, await keyring(), { through: workerWith({ DB: broken }) })
    const text = await answer.clone().text()
    expect(said.mock.calls.join("")).not.toMatch(/select |secret|alice@/i)
    if (WITHOUT_DATABASE.includes(one.route)) expect(answer.status).toBe(200)
    else {
      expect(text).not.toMatch(/select |secret|alice@|prepare|src\/|\.ts/i)
      const { status, body } = await errorOf(answer)
      expect({ status, body }).toEqual({
        status: 500,
        body: { detail: "internal error", request_id: answer.headers.get("x-request-id") },
      })
      const lines = said.mock.calls.map(([line]) => JSON.parse(line))
      expect(lines).toContainEqual(
        expect.objectContaining({ event: "request_failed", request_id: body.request_id, status: 500 }),
      )
    }
  })

  it("is what a setting that cannot be used answers, too", async () => {
    const answer = await workerWith({ EMAIL_PROVIDER: "pigeon" })("/healthz")
    expect(await errorOf(answer)).toEqual({
      status: 500,
      body: { detail: "internal error", request_id: answer.headers.get("x-request-id") },
    })
  })
})

describe("503", () => {
  it.each(named(ROUTES.filter(({ door }) => ![...WEBHOOKS, "anybody"].includes(door))))(
    "is the answer while nobody can be known: %s",
    async (_, one) => {
      const answer = await ask(one, await cookieOf("1"), { through: workerWith({ JWT_SECRET: "" }) })
      expect(await errorOf(answer)).toEqual({ status: 503, body: { detail: "sign-in is not configured" } })
    },
  )
})

it("answers every success with 200 and JSON, pages for people aside", async () => {
  for (const one of CASES.filter(({ door }) => door !== "socket")) {
    const answer = await ask(one, await keyring())
    expect(answer.status, one.route).toBe(200)
    const isPage = /^GET \/api\/docs|\/unsubscribe$/.test(one.route)
    if (!isPage) expect(answer.headers.get("content-type"), one.route).toMatch(/^application\/json/)
  }
})

it("answers HEAD like GET, without a body", async () => {
  for (const one of ROUTES.filter((route) => methodOf(route) === "GET" && route.door !== "socket")) {
    const answer = await ask(one, await keyring(), { method: "HEAD" })
    expect(answer.status, one.route).toBe(200)
    expect(await answer.text()).toBe("")
  }
})
