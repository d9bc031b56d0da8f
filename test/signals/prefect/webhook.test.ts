import { beforeEach, expect, it, vi } from "vitest"
import { NOON } from "../../support/clock"
import { aiAnswer, fakeAi } from "../../support/fake-ai"
import { failedRun, fakePrefect, RUN_ID } from "../../support/fake-prefect"
import { fakeFetch } from "../../support/fake-fetch"
import { fakeSes } from "../../support/fake-ses"
import { messagesOf } from "../../support/inbox"
import { alice, charlie, request } from "../../support/people"
import { DEFAULT_MESSAGE, MIGRATED_MESSAGE, prefectEvent, templateFields } from "../../support/prefect-payloads"
import { captureQueues, consume } from "../../support/queues"
import { selectRows } from "../../support/select-rows"

const JSON_TYPE = "application/json"
const BROKEN_JSON = `{"flow_run_id": "${RUN_ID}", "state_name": "Failed", "message": "KeyError: "rows"\nat line 9"}`

let sent: ReturnType<typeof captureQueues>["sent"]
let drain: ReturnType<typeof captureQueues>["drain"]

beforeEach(() => {
  vi.setSystemTime(NOON)
  fakeAi({ response: aiAnswer("the sync.") })
  ;({ sent, drain } = captureQueues())
})

/** Posts a body as Prefect does. The content type may be missing. */
async function send(body: string, type?: string): Promise<void> {
  const headers = { "x-notification-key": "webhook-key-new", ...(type && { "content-type": type }) }
  const answer = await request("/webhooks/v1/notification/", { method: "POST", headers, body: bytes(body) })
  expect(answer.status).toBe(200)
  expect(await answer.json()).toEqual({ status: "ok" })
}

/** A string body would be sent as text/plain. */
const bytes = (text: string) => new TextEncoder().encode(text)

const events = () => selectRows("SELECT status, reason FROM signal_events ORDER BY id")

/** Consumes the queue with no Prefect configured. */
const consumeWithoutPrefect = () =>
  consume(
    "dalgo-signals",
    sent.splice(0).map(({ body }) => body),
    { changes: { PREFECT_API_URL: "" } },
  )

const BODIES: [string, string, string?][] = [
  ["Prefect's default message", JSON.stringify({ body: DEFAULT_MESSAGE }), JSON_TYPE],
  [
    "the default message in a form",
    new URLSearchParams({ body: MIGRATED_MESSAGE }).toString(),
    "application/x-www-form-urlencoded",
  ],
  ["an event", JSON.stringify(prefectEvent())],
  ["the fields of a template", JSON.stringify(templateFields()), "text/plain"],
  ["a template whose JSON the message broke", BROKEN_JSON],
]

it.each(BODIES)("a failure reaches the inbox: %s", async (_, body, type) => {
  fakeFetch(fakePrefect(), fakeSes().handler)
  await send(body, type)
  await drain()
  const [message, ...others] = await messagesOf(alice)
  expect(message).toMatch(/^Nightly survey was not updated\./)
  expect(message).toContain("Stopped at the Airbyte sync on 20 November 2026, 2:41 am UTC.")
  expect(others).toEqual([])
  expect(await messagesOf(charlie)).toEqual([])
})

it("a failure makes one notification, in however many forms it is reported", async () => {
  fakeFetch(fakePrefect(), fakeSes().handler)
  for (const [, body, type] of BODIES) await send(body, type)
  await drain()
  expect(await messagesOf(alice)).toHaveLength(1)
  const known = { status: "processed", reason: "already_published" }
  expect(await events()).toEqual([{ status: "processed", reason: "published" }, known, known, known, known])
})

it("the failure of a subflow is ignored without a request to Prefect", async () => {
  const { requests } = fakeFetch(fakePrefect(), fakeSes().handler)
  const { related, ...event } = prefectEvent()
  const parent = { "prefect.resource.id": `prefect.task-run.${RUN_ID}`, "prefect.resource.role": "task-run" }
  await send(JSON.stringify({ ...event, related: [...related, parent] }))
  await drain()
  expect(requests).toEqual([])
  expect(await events()).toEqual([{ status: "ignored", reason: "not_top_level" }])
})

it.each([
  ["an event, by its tags", JSON.stringify(prefectEvent())],
  ["a template, by its parameters", JSON.stringify(templateFields({ tags: [] }))],
])("the body alone is enough where no Prefect is configured: %s", async (_, body) => {
  const { requests } = fakeFetch(fakeSes().handler)
  await send(body)
  await consumeWithoutPrefect()
  expect(requests).toEqual([])
  expect(await events()).toEqual([{ status: "processed", reason: "published" }])
  expect(await messagesOf(alice)).toEqual([
    [
      "Nightly survey was not updated. We could not tell why.",
      "Dashboards show the data of before.",
      "To do: Your admin can look at the run, and can ask Dalgo's team if it fails again.",
      "See the run: https://app.dalgo.test/orchestrate",
      "Technical details: Stopped on 20 November 2026, 2:41 am UTC. RuntimeError: the survey source refused the login",
    ].join("\n"),
  ])
  expect(await messagesOf(charlie)).toEqual([])
})

it.each([
  ["without a deployment", { ...prefectEvent(), related: [] }, { status: "ignored", reason: "not_top_level" }],
  [
    "of an unknown organisation",
    templateFields({ parameters: {}, tags: ["nightly"] }),
    { status: "failed", reason: "unknown_organisation" },
  ],
])("a run %s makes no notification where no Prefect is configured", async (_, body, expected) => {
  await send(JSON.stringify(body))
  await consumeWithoutPrefect()
  expect(await events()).toEqual([expected])
  expect(await messagesOf(alice)).toEqual([])
})

it("the run's state in Prefect counts, not the state in the body", async () => {
  fakeFetch(fakePrefect({ run: failedRun({ state_type: "COMPLETED", state_name: "Completed" }) }), fakeSes().handler)
  await send(JSON.stringify(prefectEvent()))
  await drain()
  expect(await events()).toEqual([{ status: "ignored", reason: "no_longer_failed" }])
  expect(await messagesOf(alice)).toEqual([])
})
