import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it, vi } from "vitest"
import { cookieOf, request } from "../support/people"
import { captureQueues } from "../support/queues"
import { workerWithEnv } from "../support/worker-with-env"

const PATH = "/webhooks/v1/notification/"
const superAdmin = await cookieOf("4")
const SENTENCE = "Flow run silver-heron with id 11111111-2222-4333-8444-555555555555 entered state Failed"
const UNDERSTOOD = JSON.stringify({ body: SENTENCE })
const KEY = { "x-notification-key": "webhook-key-new" }

const knock = async (
  headers: Record<string, string>,
  { body = UNDERSTOOD, through = request }: { body?: BodyInit | null; through?: typeof request } = {},
) => {
  const init = { method: "POST", headers: { "content-type": "application/json", ...headers }, body }
  const answer = await through(PATH, init)
  expect(answer.headers.get("content-type")).toMatch(/^application\/json/)
  return { status: answer.status, body: await answer.json<any>() }
}
const storedEvents = async () => {
  const { results } = await env.DB.prepare("SELECT source, status, body FROM signal_events ORDER BY id").all()
  return results
}

const OK = { status: 200, body: { status: "ok" } }
const REFUSED = { status: 401, body: { detail: "wrong key" } }
const CLOSED = { status: 503, body: { detail: "PREFECT_NOTIFICATIONS_WEBHOOK_KEY is not configured" } }

let sent: ReturnType<typeof captureQueues>["sent"]
beforeEach(() => {
  sent = captureQueues().sent
})

describe("the key of a webhook", () => {
  it.each(["webhook-key-new", "webhook-key-old"])(
    "opens to %s: two are live while one replaces the other",
    async (key) => {
      expect(await knock({ "x-notification-key": key })).toEqual(OK)
      expect(await storedEvents()).toEqual([{ source: "prefect", status: "received", body: UNDERSTOOD }])
      expect(sent).toHaveLength(1)
    },
  )

  it("may be configured with spaces around", async () => {
    const through = workerWithEnv({ PREFECT_NOTIFICATIONS_WEBHOOK_KEY: " one , two " })
    for (const key of ["one", "two"]) expect(await knock({ "x-notification-key": key }, { through })).toEqual(OK)
  })

  it.each<[string, Record<string, string>]>([
    ["no key", {}],
    ["an empty key", { "x-notification-key": "" }],
    ["another key", { "x-notification-key": "webhook-key-stolen" }],
    ["half a key", { "x-notification-key": "webhook-key" }],
    ["a key and more", { "x-notification-key": "webhook-key-new2" }],
    ["another case", { "x-notification-key": "WEBHOOK-KEY-NEW" }],
    ["both keys at once", { "x-notification-key": "webhook-key-new,webhook-key-old" }],
    ["a key of another kind", { "x-notification-key": "service-key-new" }],
    ["the key in another header", { authorization: "Bearer webhook-key-new" }],
    ["a service key", { authorization: "Bearer service-key-new" }],
    ["a super-admin", superAdmin],
  ])("is rejected, and nothing is stored: %s", async (_, headers) => {
    expect(await knock(headers)).toEqual(REFUSED)
    expect(await knock(headers, { body: "not even JSON" })).toEqual(REFUSED)
    expect(await knock(headers, { body: "x".repeat(70_000) })).toEqual(REFUSED)
    expect(await storedEvents()).toEqual([])
    expect(sent).toEqual([])
  })

  it.each([undefined, "", " ", ",", " , "])("answers 503 if the configured key is %j", async (setting) => {
    const through = workerWithEnv({ PREFECT_NOTIFICATIONS_WEBHOOK_KEY: setting })
    for (const headers of [{}, { "x-notification-key": "" }, { "x-notification-key": "," }, KEY]) {
      expect(await knock(headers as Record<string, string>, { through })).toEqual(CLOSED)
    }
    expect(await storedEvents()).toEqual([])
  })
})

describe("a webhook request", () => {
  it("is stored before the response, even if the queue fails", async () => {
    vi.spyOn(env.SIGNALS, "send").mockRejectedValue(new Error("Queue is overloaded"))
    expect(await knock(KEY)).toEqual(OK)
    expect(await storedEvents()).toEqual([{ source: "prefect", status: "received", body: UNDERSTOOD }])
    const row = await env.DB.prepare("SELECT due_at FROM signal_events").first<{ due_at: number }>()
    expect(row?.due_at).toBeLessThanOrEqual(Date.now() + 60_000)
  })

  it("is stored before it is enqueued", async () => {
    const found: unknown[] = []
    vi.spyOn(env.SIGNALS, "sendBatch").mockImplementation(async (messages) => {
      const [message] = Array.from(messages, ({ body }) => body)
      if (message?.kind !== "prefect") throw new Error("another kind of message")
      found.push(await env.DB.prepare("SELECT status FROM signal_events WHERE id = ?").bind(message.eventId).first())
      return {} as never
    })
    await knock(KEY)
    expect(found).toEqual([{ status: "received" }])
  })

  it("gets an error if it cannot be stored", async () => {
    const broken = {
      prepare() {
        throw new Error("no database")
      },
    }
    expect(await knock(KEY, { through: workerWithEnv({ DB: broken }) })).toMatchObject({ status: 500 })
    expect(sent).toEqual([])
  })

  it("may have any content type", async () => {
    for (const type of ["application/json", "text/plain", "application/octet-stream", ""]) {
      for (const body of [UNDERSTOOD, SENTENCE, new URLSearchParams({ body: SENTENCE }).toString()]) {
        expect(await knock({ ...KEY, "content-type": type }, { body }), `${type} ${body}`).toEqual(OK)
      }
    }
  })

  const NOT_UNDERSTOOD = {
    status: 422,
    body: { detail: [{ loc: ["body"], msg: "kept, but not understood", type: "not_understood" }] },
  }

  it.each<[string, string]>([
    ["nothing", ""],
    ["no JSON", "Flow run failed"],
    ["half a JSON", '{"body":'],
    ["null", "null"],
    ["a number", "1"],
    ["a list", "[]"],
    ["an object of nothing", "{}"],
    ["another field", '{"text":"hello"}'],
    ["a body that is no text", '{"body":{"text":"hello"}}'],
    ["a body that is null", '{"body":null}'],
    ["an empty body", '{"body":""}'],
    ["a sentence that says nothing", '{"body":"hello"}'],
    ["a sentence about no run", '{"body":"Flow run heron with id 1 entered state Failed"}'],
    ["a sentence that is not over", '{"body":"Flow run heron with id"}'],
    ["a zero", '{"body":"\\u0000"}'],
    ["a form", "body=hello"],
    ["markup", "<script>alert(1)</script>"],
    ["SQL", "'); DROP TABLE signal_events; --"],
    ["much nesting", "[".repeat(20_000) + "]".repeat(20_000)],
    ["much nesting in the body", `{"body":${"[".repeat(20_000)}${"]".repeat(20_000)}}`],
    ["64 kB of one letter", "x".repeat(64 * 1024)],
    ["64 kB of a sentence without an end", JSON.stringify({ body: `Flow run ${"with id ".repeat(8_000)}` })],
  ])("is stored verbatim and answered with 422 if it is not understood: %s", async (_, body) => {
    expect(await knock(KEY, { body })).toEqual(NOT_UNDERSTOOD)
    expect(await storedEvents()).toEqual([{ source: "prefect", status: "not_understood", body }])
    expect(sent).toEqual([])
  })

  it("is stored and answered with 422 if it is not text", async () => {
    expect(await knock(KEY, { body: new Uint8Array([0xff, 0xfe, 0x7b]) })).toEqual(NOT_UNDERSTOOD)
    expect(await storedEvents()).toHaveLength(1)
  })

  it("is stored and answered with 422 without a body", async () => {
    expect(await knock(KEY, { body: null })).toEqual(NOT_UNDERSTOOD)
    expect(await storedEvents()).toEqual([{ source: "prefect", status: "not_understood", body: "" }])
  })

  it("is rejected unread if it is too large", async () => {
    const tooLarge = { status: 413, body: { detail: "the body is larger than 1048576 bytes" } }
    expect(await knock(KEY, { body: "x".repeat(1024 * 1024 + 1) })).toEqual(tooLarge)
    expect(await storedEvents()).toEqual([])
  })
})
