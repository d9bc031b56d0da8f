import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it, vi } from "vitest"
import { parseBody } from "../../../src/signals/prefect/parse/body"
import { cutBody, parseStoredBody, toStoredBody } from "../../../src/signals/prefect/stored-body"
import { NOON } from "../../support/clock"
import { aiAnswer, fakeAi } from "../../support/fake-ai"
import { fakeFetch } from "../../support/fake-fetch"
import { failedRun, fakePrefect, RUN_ID } from "../../support/fake-prefect"
import { fakeSes } from "../../support/fake-ses"
import { messagesOf } from "../../support/inbox"
import { alice, request } from "../../support/people"
import { DEFAULT_MESSAGE, prefectEvent, templateFields } from "../../support/prefect-payloads"
import { runId, runStateBody } from "../../support/prefect-webhook"
import { captureQueues, consume } from "../../support/queues"
import { selectRows } from "../../support/select-rows"

let queue: ReturnType<typeof captureQueues>

beforeEach(() => {
  vi.setSystemTime(NOON)
  fakeAi({ response: aiAnswer("the sync.") })
  queue = captureQueues()
  fakeFetch(fakePrefect({ run: (id) => failedRun({ id }) }), fakeSes().handler)
})

const post = (body: string | ReadableStream, headers: object = {}) =>
  request("/webhooks/v1/notification/", {
    method: "POST",
    headers: { "x-notification-key": "webhook-key-new", ...headers },
    body,
    ...(typeof body !== "string" && { duplex: "half" }),
  })
const rows = () => selectRows("SELECT status, reason, body FROM signal_events ORDER BY id")
const consumeWithoutPrefect = () =>
  consume(
    "dalgo-signals",
    queue.sent.splice(0).map(({ body }) => body),
    { changes: { PREFECT_API_URL: "" } },
  )

describe("a body of several runs", () => {
  it("makes a notification for each run, from one statement and one message batch", async () => {
    const prepare = vi.spyOn(env.DB, "prepare")
    const body = [1, 2].map((n) => prefectEvent({ "prefect.resource.id": `prefect.flow-run.${runId(n)}` }))
    expect((await post(JSON.stringify(body))).status).toBe(200)
    expect(prepare).toHaveBeenCalledTimes(1)
    expect(queue.sent.map(({ body: message }) => message)).toEqual(
      [1, 2].map((eventId) => ({ kind: "prefect", eventId })),
    )
    await queue.drain()
    expect(await messagesOf(alice)).toHaveLength(2)
    const published = { status: "processed", reason: "published" }
    expect(await rows()).toMatchObject([published, published])
  })

  it("is told though one of them has gone through meanwhile", async () => {
    const run = (id: string) =>
      id === runId(1) ? failedRun({ id, state_type: "COMPLETED", state_name: "Completed" }) : failedRun({ id })
    fakeFetch(fakePrefect({ run }), fakeSes().handler)
    await post(JSON.stringify({ body: [1, 2].map((n) => `- ${runStateBody("Failed", runId(n)).body}`).join("\n") }))
    await queue.drain()
    expect((await rows()).map(({ reason }) => reason)).toEqual(["no_longer_failed", "published"])
  })

  it("is told by itself where no Prefect is configured", async () => {
    await post([1, 2].map((n) => JSON.stringify(templateFields({ flow_run_id: runId(n) }))).join("\n"))
    await consumeWithoutPrefect()
    expect(await messagesOf(alice)).toHaveLength(2)
  })

  it("of 100 is stored whole; of more, the body is kept as not understood and the first 100 are told", async () => {
    const sentences = (count: number) =>
      Array.from({ length: count }, (_, i) => runStateBody("Failed", runId(i + 1)).body).join("\n")
    expect((await post(sentences(100))).status).toBe(200)
    expect(await rows()).toHaveLength(100)
    expect((await post(sentences(101))).status).toBe(422)
    const all = await rows()
    expect(all).toHaveLength(201)
    expect(all.at(-1)).toMatchObject({ status: "not_understood", body: sentences(101) })
  })
})

describe("a body over 64 kB", () => {
  const long = "x".repeat(300_000)

  it.each<[string, string]>([
    ["a long message", JSON.stringify(templateFields({ message: `RuntimeError: first\n${long}\nValueError: last` }))],
    [
      "much in its parameters",
      JSON.stringify(templateFields({ parameters: { data: long, config: { org_slug: "acme" } } })),
    ],
    [
      "the run after the long part",
      JSON.stringify({ parameters: { data: long } }).replace(
        /}$/,
        `,${JSON.stringify(templateFields({ parameters: undefined })).slice(1)}`,
      ),
    ],
    ["an event with a long message", JSON.stringify(prefectEvent({}, { message: long }))],
    [
      "many unknown fields",
      JSON.stringify({
        ...templateFields(),
        ...Object.fromEntries(Array.from({ length: 9_000 }, (_, i) => [`field_${i}`, "value"])),
      }),
    ],
    ["a sentence after it", `${long}\n${JSON.stringify(templateFields())}`],
    ["a long message in a block's body", JSON.stringify({ body: DEFAULT_MESSAGE + long })],
    ["broken JSON", `{"message": "no "rows"${long}", ${JSON.stringify(templateFields()).slice(1)}`],
    ["a form", new URLSearchParams({ message: long, payload: JSON.stringify(templateFields()) }).toString()],
    ["emoji", JSON.stringify(templateFields({ message: "🦉".repeat(100_000) }))],
  ])("is cut and told: %s", async (_, body) => {
    expect((await post(body)).status).toBe(200)
    await queue.drain()
    expect(await messagesOf(alice)).toEqual([expect.stringContaining("Nightly survey was not updated")])
    const [row] = await rows()
    expect(row?.body.length).toBeLessThan(120_000)
    expect(row?.body.isWellFormed()).toBe(true)
    expect(row?.body).toContain("characters cut]")
  })

  it("keeps the beginning and the end of its message", async () => {
    await post(JSON.stringify(templateFields({ message: `RuntimeError: first\n${long}\nValueError: last` })))
    const stored = parseStoredBody((await rows())[0]?.body)
    expect(stored?.embedded?.run.state?.message).toMatch(
      /^RuntimeError: first\n.*\n\[\d+ characters cut\]\n.*ValueError: last$/s,
    )
  })

  it("is told where no Prefect is configured", async () => {
    await post(JSON.stringify(templateFields({ message: long })))
    await consumeWithoutPrefect()
    expect(await messagesOf(alice)).toHaveLength(1)
  })

  it("is kept, cut, where it names no run", async () => {
    expect((await post(long)).status).toBe(422)
    expect(await rows()).toEqual([{ status: "not_understood", reason: null, body: cutBody(long) }])
  })

  it("may be of a megabyte, and no larger", async () => {
    const of = (size: number) => {
      const body = JSON.stringify(templateFields({ message: "" }))
      return body.replace('"message":""', `"message":"${"x".repeat(size - body.length)}"`)
    }
    expect((await post(of(1_048_576))).status).toBe(200)
    expect((await post(of(1_048_577))).status).toBe(413)
  })

  it("is not read to its end where it is too large", async () => {
    let pulled = 0
    const chunk = new Uint8Array(65_536).fill(120)
    const endless = new ReadableStream({
      pull(controller) {
        pulled += 1
        controller.enqueue(chunk)
      },
    })
    expect((await post(endless)).status).toBe(413)
    expect(pulled).toBeLessThan(40)
  })
})

describe("what is stored of a run", () => {
  it.each<[string, object]>([
    ["an event", prefectEvent()],
    [
      "a subflow's event",
      {
        ...prefectEvent(),
        related: [{ "prefect.resource.id": `prefect.task-run.${RUN_ID}`, "prefect.resource.role": "task-run" }],
      },
    ],
    ["a template's fields", templateFields({ run_count: 3 })],
    ["a run without a deployment", templateFields({ deployment_id: null })],
    ["a state without a run", { flow_run_id: RUN_ID, state_name: "Failed" }],
    ["a run without a state", { flow_run_id: RUN_ID }],
    ["a sentence", runStateBody("Failed")],
    [
      "a crash after it had completed",
      {
        ...prefectEvent(),
        payload: { initial_state: { type: "COMPLETED" }, validated_state: { type: "CRASHED", name: "Crashed" } },
      },
    ],
  ])("is read as the same event: %s", (_, body) => {
    const [event] = parseBody(JSON.stringify(body))
    if (!event) throw new Error("the body is not read")
    for (const receivedBody of [null, JSON.stringify(body), runStateBody("Crashed", runId(9)).body]) {
      const again = parseStoredBody(toStoredBody(event, { receivedBody }))
      expect(JSON.parse(JSON.stringify({ ...again, isSubflow: Boolean(again?.isSubflow) }))).toMatchObject(
        JSON.parse(JSON.stringify({ ...event, isSubflow: Boolean(event.isSubflow) })),
      )
    }
  })
})
