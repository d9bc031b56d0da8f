import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it } from "vitest"
import { responseErrors } from "../support/openapi-document"
import { alice, bob, cookieOf, request } from "../support/people"
import { captureQueues } from "../support/queues"
import { unsubscribeToken } from "../../src/preferences/unsubscribe/token"
import { sendCase, type Case, CASES, fullAccess, isKeptFromDalgo, outcomeOf, ROUTES } from "./route-cases"

const INBOX = "/api/notifications/v1"
const SEND = "/api/notifications/"
const PREFERENCES = "/api/notifications/preferences"
const toAcme = { author: "alice@acme.test", message: "hello", sent_to: "all_org_users", org_slug: "acme" }

/** The error response to an invalid request: 4xx as JSON. */
async function reasonFor(response: Response, context?: string) {
  expect(response.status, context).toBeGreaterThanOrEqual(400)
  expect(response.status, context).toBeLessThan(500)
  const body = await response.json<any>()
  expect(body.detail, context).toSatisfy((detail) => Array.isArray(detail) || typeof detail === "string")
  expect(body.detail.length, context).toBeGreaterThan(0)
  return { status: response.status, detail: body.detail }
}
/** The locations of the issues. */
const flawsIn = async (response: Response, context?: string) => {
  const { status, detail } = await reasonFor(response, context)
  expect(status, context).toBe(422)
  return detail.map((issue: any) => issue.loc.join("."))
}

const inboxOf = async (query: string) => (await alice.get(INBOX + query)).json<any>()
const send = (change: object) => alice.post(SEND, { ...toAcme, ...change })
/** JSON that `JSON.stringify` cannot produce. */
const raw = async (path: string, method: string, body: BodyInit) =>
  request(path, { method, body, headers: { "content-type": "application/json", ...(await cookieOf("1")) } })

beforeEach(() => {
  captureQueues()
})

describe("paging", () => {
  it("rejects a page number that cannot be decoded", async () => {
    expect(await flawsIn(await alice.get(`${INBOX}?page=%E0%A4%A`))).toContain("query.page")
  })

  it.each(["2", "1000000", "1000000000000", "9007199254740991"])("returns the last page for page %s", async (page) => {
    await send({})
    for (const query of [`?page=${page}`, `?page=${page}&limit=100`, `?page=${page}&read_status=0`]) {
      expect(await inboxOf(query)).toMatchObject({ page: 1, total_pages: 1, res: [{ message: "hello" }] })
    }
    expect(await inboxOf(`?page=${page}&read_status=1`)).toMatchObject({ page: 1, res: [] })
  })

  it("accepts limits from 1 to 100", async () => {
    for (const limit of [1, 100]) expect(await inboxOf(`?limit=${limit}`)).toMatchObject({ success: true })
  })

  it("ignores unknown query parameters", async () => {
    await send({})
    for (const query of [
      "?org_id=2",
      "?__proto__=x",
      "?constructor[prototype]=x",
      "?%",
      "?&&&=",
      `?q${"x".repeat(9_000)}`,
    ]) {
      expect((await inboxOf(query)).total_notifications, query).toBe(1)
    }
  })
})

describe("marking as read", () => {
  const mark = (notification_ids: unknown, read_status: unknown = true) =>
    alice.put(INBOX, { notification_ids, read_status })

  it.each(["9007199254740993", "1e400", "-0.1e-400"])("rejects the id %s", async (id) => {
    const response = await raw(INBOX, "PUT", `{"notification_ids":[${id}],"read_status":true}`)
    expect(await flawsIn(response)).toContain("body.notification_ids.0")
  })

  it("accepts at most 10,000 ids", async () => {
    const ids = Array.from({ length: 10_000 }, (_, i) => i + 1)
    await send({})
    expect((await mark(ids)).status).toBe(200)
    expect((await inboxOf("?read_status=1")).total_notifications).toBe(1)
    expect(await flawsIn(await mark([...ids, 10_001]))).toEqual(["body.notification_ids"])
  })

  it("rejects 10,000 ids that exceed the body limit", async () => {
    const ids = Array.from({ length: 10_000 }, (_, i) => 1_000_000 + i)
    expect(await reasonFor(await mark(ids))).toMatchObject({ status: 413 })
  })

  it("reports at most 100 of 10,000 issues", async () => {
    expect(await flawsIn(await mark(Array(10_000).fill("x")))).toHaveLength(100)
  })

  it.each<[string, unknown[]]>([
    ["no ids", []],
    ["repeated ids", [1, 1, 1]],
    ["unknown ids", [999_999]],
    ["the largest id", [Number.MAX_SAFE_INTEGER]],
  ])("changes nothing for %s", async (_, ids) => {
    await send({})
    await alice.put(INBOX, { notification_ids: [1], read_status: true })
    expect(await (await mark(ids)).json()).toMatchObject({ success: true })
    expect((await inboxOf("?read_status=1")).total_notifications).toBe(1)
  })
})

describe("sending a notification", () => {
  const long = (length: number) => "x".repeat(length)

  it.each<[string, unknown]>([
    ["author", " \n "],
    ["message", "\t "],
    ["sent_to", "toString"],
    ["category", "weather"],
    ["category", "__proto__"],
    ["scheduled_time", "tomorrow"],
    ["scheduled_time", "2026-02-30T00:00:00Z"],
    ["scheduled_time", "2026-13-01T00:00:00Z"],
    ["scheduled_time", "2026-06-01T25:00:00Z"],
    ["scheduled_time", "2026-06-01"],
    ["scheduled_time", "1e400"],
  ])("rejects %s: %j", async (field, value) => {
    expect(await flawsIn(await send({ [field]: value }))).toEqual([`body.${field}`])
    expect(await env.DB.prepare("SELECT count(*) AS n FROM notifications").first()).toEqual({ n: 0 })
  })

  it.each<[string, unknown]>([
    ["id", 7],
    ["org_id", 2],
    ["sent_time", "2026-01-01T00:00:00Z"],
    ["dedupe_key", "prefect:1"],
    ["toString", "x"],
  ])("ignores the unknown field %s", async (field, value) => {
    const sentAt = Date.now()
    const { res } = await (await send({ [field]: value })).json<any>()
    expect(res).toMatchObject({ notification_id: 1, message: "hello" })
    expect(Date.parse(res.sent_time)).toBeGreaterThanOrEqual(sentAt - 1_000)
    expect((await inboxOf("")).total_notifications).toBe(1)
  })

  it.each<[string, object]>([
    ["longest author", { author: long(254) }],
    ["longest message", { message: long(10_000) }],
    ["longest message in four-byte characters", { message: "😀".repeat(5_000) }],
    ["longest subject", { email_subject: long(200) }],
    ["null in nullable fields", { scheduled_time: null, user_email: null, email_subject: null }],
    ["oldest time", { scheduled_time: "0000-01-01T00:00:00+14:00" }],
    ["a time of so many digits", { scheduled_time: `2020-01-01T00:00:00.${"1".repeat(50)}Z` }],
    ["lines in a subject", { email_subject: "hello\r\nBcc: everybody@acme.test" }],
    ["SQL", { message: "'); DROP TABLE notifications; --", author: "' OR 1=1 --" }],
    ["markup", { message: "<script>alert(1)</script>", author: "<b>" }],
    ["right-to-left marks", { message: "\u202Egpj.exe", author: "\u2066" }],
  ])("accepts the %s", async (_, change) => {
    const response = await send(change)
    expect(response.status).toBe(200)
    const { res } = await response.json<any>()
    expect(res).toMatchObject({ message: { ...toAcme, ...change }.message })
    expect((await alice.get(INBOX)).status).toBe(200)
    expect((await bob.get("/api/notifications/urgent-bar")).status).toBe(200)
  })

  it.each(["message", "author", "email_subject", "org_slug", "user_email"])(
    "refuses NUL and half of a surrogate pair in %s",
    async (field) => {
      for (const escaped of ["\\u0000", "\\ud800", "\\udc00"]) {
        const body = JSON.stringify({ ...toAcme, [field]: "hel-lo" }).replace("hel-lo", `hel${escaped}lo`)
        const response = await raw(SEND, "POST", body)
        expect(response.status).toBe(422)
        expect((await response.json<any>()).detail).toMatchObject([{ loc: ["body", field], type: "unstorable_text" }])
      }
    },
  )

  it.each<[string, number, object]>([
    ["a pattern", 404, { org_slug: "%" }],
    ["SQL", 404, { org_slug: "' OR 1=1 --" }],
    ["blanks", 400, { org_slug: "   " }],
    ["a pattern as email", 400, { sent_to: "single_user", user_email: "%" }],
    ["a blank email", 400, { sent_to: "single_user", user_email: " " }],
    ...[
      "bob@acme.test\r\nBcc: alice@acme.test",
      "Bob <bob@acme.test>",
      "bob@acme.test\u200b",
      "\u202ebob@acme.test",
      "bob@xn--acme-.test",
      "bob@b\u00fccher.test",
    ].map((user_email): [string, number, object] => [
      `a person by ${JSON.stringify(user_email)}`,
      400,
      { sent_to: "single_user", user_email },
    ]),
    [
      "a person by an address that is too long",
      422,
      { sent_to: "single_user", user_email: `${"x".repeat(250)}@acme.test` },
    ],
    ["two emails", 400, { sent_to: "single_user", user_email: "bob@acme.test,alice@acme.test" }],
  ])("finds no recipient for %s", async (_, status, change) => {
    expect(await reasonFor(await send(change))).toMatchObject({ status })
  })

  it.each(["é", "日本", "a b", "'", "x".repeat(255)])("accepts the Idempotency-Key %j", async (key) => {
    const encoded = encodeURIComponent(key).slice(0, 255)
    const [one, two] = [
      await alice.post(SEND, toAcme, { "idempotency-key": encoded }),
      await alice.post(SEND, toAcme, { "idempotency-key": encoded }),
    ]
    expect(await one.json()).toEqual(await two.json())
  })
})

describe("preferences", () => {
  it("stay unchanged if part of a change is invalid", async () => {
    await alice.put(PREFERENCES, { system_notifications: false, incident_notifications: "off" })
    expect((await (await alice.get(PREFERENCES)).json<any>()).res.system_notifications).toBe(true)
  })

  it("stay unchanged by an empty change", async () => {
    const before = await (await alice.get(PREFERENCES)).json()
    for (const change of [{}, { channels: {} }, { channels: { incident: {} } }]) {
      const response = await alice.put(PREFERENCES, change)
      expect(response.status).toBe(200)
      expect(await response.json()).toEqual(before)
    }
  })
})

describe("an unsubscribe link", () => {
  const follow = async (method: string, token: string) => request(`/unsubscribe?token=${token}`, { method })

  it.each(["GET", "POST"])("is rejected unless we signed it: %s", async (method) => {
    expect(await flawsIn(await request("/unsubscribe", { method }))).toEqual(["query.token"])
    expect(await flawsIn(await follow(method, ""))).toEqual(["query.token"])
    expect(await flawsIn(await follow(method, "x".repeat(1_001)))).toEqual(["query.token"])
    const ours = await unsubscribeToken("another-secret-of-the-tests", { orgUserIds: [1], category: "incident" })
    const theirs = await unsubscribeToken("a-secret-of-somebody-else", { orgUserIds: [1], category: "incident" })
    const unknown = await unsubscribeToken("another-secret-of-the-tests", { orgUserIds: [1], category: "all" as never })
    for (const token of ["x", "a.b.c", theirs, unknown, ours.slice(0, -2), `${ours}x`, "%E0%A4%A", "%00"]) {
      const response = await reasonFor(await follow(method, token), token)
      expect(response, token).toEqual({ status: 404, detail: "link not found" })
    }
    expect((await follow(method, ours)).status).toBe(200)
  })
})

describe("a WebSocket handshake", () => {
  const socket = CASES.find(({ access }) => access === "socket") as Case
  it("is rejected unless it is an upgrade from an allowed origin", async () => {
    const headers = await cookieOf("1")
    expect(await reasonFor(await request(socket.path, { headers }))).toMatchObject({ status: 400 })
    const longSlug = `${socket.path}?orgslug=${"x".repeat(101)}`
    expect(await flawsIn(await sendCase(socket, headers, { path: longSlug }))).toEqual(["query.orgslug"])
    const twice = `${socket.path}?orgslug=acme&orgslug=globex`
    expect(await flawsIn(await sendCase(socket, headers, { path: twice }))).toEqual(["query.orgslug"])
    for (const origin of ["https://evil.test", "null", "https://app.dalgo.test.evil.test"]) {
      expect(await reasonFor(await sendCase(socket, { ...headers, origin }))).toMatchObject({ status: 403 })
    }
    for (const slug of ["%00", "%E0%A4%A", "'", "%25"]) {
      expect(await outcomeOf(await sendCase(socket, headers, { path: `${socket.path}?orgslug=${slug}` }))).toBe(4003)
    }
  })
})

describe("every route", () => {
  const NONSENSE: [string, BodyInit][] = [
    ["nothing", ""],
    ["null", "null"],
    ["a list", "[1]"],
    ["truncated JSON", "{"],
    ["invalid UTF-8", new Uint8Array([0x7b, 0xff, 0x7d])],
    ["deep lists", "[".repeat(20_000) + "]".repeat(20_000)],
    ["deep objects", '{"channels":'.repeat(4_000) + "1" + "}".repeat(4_000)],
    ["many fields", JSON.stringify(Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`f${i}`, i])))],
    ["a prototype", '{"__proto__":{"isSuperAdmin":true},"constructor":{"prototype":{}}}'],
    ["a body beyond the limit", "x".repeat(70_000)],
  ]

  /** Names each row that is refused, in a 200. */
  const ROW_BY_ROW = "PATCH /api/orgs/:slug/members"
  /** Unknown fields and nothing else. */
  const OBJECTS = ["deep objects", "many fields", "a prototype"]

  it.each(ROUTES.filter(({ body }) => body).map((one) => [one.route, one] as const))(
    "says what is wrong with nonsense: %s",
    async (_, one) => {
      for (const [what, body] of NONSENSE) {
        const response = await sendCase(one, await fullAccess(one), { body })
        expect(await responseErrors(one.route, response), what).toEqual([])
        const isIgnored = isKeptFromDalgo(one) && OBJECTS.includes(what) && response.status === 200
        const isReported = one.route === ROW_BY_ROW && response.status === 200
        if (isReported) expect((await response.json<any>()).errors, what).not.toEqual([])
        else if (!isIgnored) await reasonFor(response, what)
      }
    },
  )

  it.each(ROUTES.filter(({ access }) => access !== "socket").map((one) => [one.route, one] as const))(
    "is not upset by headers and queries that make no sense: %s",
    async (_, one) => {
      const odd: Record<string, string>[] = [
        { "x-dalgo-org": "\u00ff\u00fe" },
        { "x-dalgo-org": "x".repeat(8_000) },
        { "x-request-id": "' OR 1=1 --" },
        { "content-length": "-1" },
        { "content-length": "abc" },
        { "if-none-match": "*" },
        { accept: "image/png" },
        { origin: "not an origin" },
        { cookie: "access_token" },
        { cookie: "=;;=%;access_token==" },
        { authorization: `Bearer ${"x".repeat(8_000)}` },
      ]
      for (const headers of odd) {
        const response = await sendCase(one, { ...(await fullAccess(one)), ...headers })
        expect(await responseErrors(one.route, response), JSON.stringify(headers).slice(0, 60)).toEqual([])
        expect(response.status).toBeLessThan(500)
      }
      const [path] = one.path.split("?")
      for (const query of ["?page=0", "?limit=101", "?token=x", "?%E0%A4%A", "?a[b]=c", "?=", "?a&a&a"]) {
        const response = await sendCase(one, await fullAccess(one), { path: path + query })
        expect(await responseErrors(one.route, response), query).toEqual([])
        expect(response.status).toBeLessThan(500)
      }
    },
  )
})
