import { beforeEach, describe, expect, it, vi } from "vitest"
import { DAY, MINUTE, NOON, SECOND } from "../../support/clock"
import { aiAnswer, fakeAi } from "../../support/fake-ai"
import { fakeChatProducts } from "../../support/fake-chat-products"
import { fakeFetch } from "../../support/fake-fetch"
import { failedRun, fakePrefect, RUN_ID } from "../../support/fake-prefect"
import { fakeSes } from "../../support/fake-ses"
import { messagesOf } from "../../support/inbox"
import { alice } from "../../support/people"
import { prefectEvent, templateFields } from "../../support/prefect-payloads"
import { postPrefectWebhook, runId, runStateBody } from "../../support/prefect-webhook"
import { captureQueues, consume } from "../../support/queues"
import { selectRows } from "../../support/select-rows"

const PLATFORM_ADMINS = {
  NOTIFY_PLATFORM_ADMINS_OF_ERRORS: "true",
  ADMIN_EMAIL: "ops@dalgo.test",
  AUTO_GENERATE_LLM_FAILURE_SUMMARIES: "",
}

let queue: ReturnType<typeof captureQueues>
let post: ReturnType<typeof fakeSes>
let logged: string[]

beforeEach(() => {
  vi.setSystemTime(NOON)
  fakeAi({ response: aiAnswer("the sync.") })
  queue = captureQueues()
  post = fakeSes()
  logged = []
  vi.spyOn(console, "log").mockImplementation((line) => void logged.push(line))
})

const answering = (run: Response | object) =>
  fakeFetch(fakePrefect({ run: run as never }), post.handler, fakeChatProducts().handler)
const html = { headers: { "content-type": "text/html" } }
const REFUSALS: [string, Response][] = [
  ["401", Response.json({ exception_message: "Unauthorized" }, { status: 401 })],
  ["403", Response.json({ detail: "Forbidden" }, { status: 403 })],
  ["a redirect to a login", new Response(null, { status: 302, headers: { location: "/login" } })],
  ["308", new Response(null, { status: 308, headers: { location: "https://elsewhere.test/" } })],
  ["a page", new Response("<html>Sign in</html>", html)],
  ["a page that says 404", new Response("<html>nginx</html>", { status: 404, ...html })],
  ["422", Response.json({ detail: [] }, { status: 422 })],
  ["400", Response.json({ detail: "bad" }, { status: 400 })],
  ["405", new Response(null, { status: 405 })],
  ["410", new Response(null, { status: 410 })],
  ["no JSON", new Response("ok")],
  ["a list", Response.json([])],
  ["null", Response.json(null)],
  ["something else", Response.json({ data: { flow_run: {} } })],
  ["a run without a state", Response.json({ id: RUN_ID, name: "silver-heron" })],
  ["a run without an id", Response.json(failedRun({ id: null }))],
]
const OUTAGES: [string, () => void][] = [
  ["500", () => answering(new Response("oops", { status: 500 }))],
  ["502 with a page", () => answering(new Response("<html>", { status: 502, ...html }))],
  ["503", () => answering(new Response(null, { status: 503 }))],
  ["504", () => answering(new Response(null, { status: 504 }))],
  ["408", () => answering(new Response(null, { status: 408 }))],
  ["425", () => answering(new Response(null, { status: 425 }))],
  ["nobody there", () => fakeFetch(post.handler, fakeChatProducts().handler)],
  ["a TLS error", () => answering(new Response(null, { status: 525 }))],
]

const tellsAll = (changes: object = {}) => templateFields({ parameters: undefined, ...changes })
const events = () => selectRows("SELECT status, reason, attempts, due_at FROM signal_events ORDER BY id")
const PUBLISHED = { status: "processed", reason: "published", due_at: null }
const taken = () => queue.sent.splice(0).map(({ body }) => body)
const logLines = (event: string) => logged.map((line) => JSON.parse(line)).filter((line) => line.event === event)
/** Consumes the queues as a worker with platform admins, until only delayed messages are left. */
async function drain(): Promise<void> {
  for (;;) {
    const index = queue.sent.findIndex(({ delaySeconds }) => delaySeconds === 0)
    if (index === -1) return
    const [message] = queue.sent.splice(index, 1)
    if (message) await consume(message.queue, [message.body], { changes: PLATFORM_ADMINS })
  }
}
const mailsToAdmins = () => post.mails.filter(({ to }) => to === PLATFORM_ADMINS.ADMIN_EMAIL)
const apiAlerts = () => mailsToAdmins().filter(({ text }) => text.includes("Prefect's API"))

describe("Prefect refuses us:", () => {
  it.each(REFUSALS)("an event that tells all is announced at once: %s", async (_, response) => {
    const { requests } = answering(response)
    await postPrefectWebhook(tellsAll())
    await drain()
    expect(await events()).toEqual([{ ...PUBLISHED, attempts: 1 }])
    expect(await messagesOf(alice)).toEqual([expect.stringContaining("Nightly survey was not updated")])
    expect(apiAlerts()).toHaveLength(1)
    expect(logLines("prefect_refused")).toHaveLength(1)
    expect(requests.filter(({ url }) => url.includes("/deployments/"))).toEqual([])
  })

  it.each(REFUSALS)("another event is tried again later, and platform admins hear at once: %s", async (_, response) => {
    answering(response)
    await postPrefectWebhook(runStateBody("Failed"))
    await drain()
    expect(await events()).toMatchObject([{ status: "received", attempts: 1, due_at: NOON + 5 * SECOND }])
    expect(apiAlerts()).toHaveLength(1)
    answering(failedRun())
    vi.setSystemTime(NOON + 5 * SECOND)
    for (const message of queue.sent.splice(0)) await consume(message.queue, [message.body])
    expect(await messagesOf(alice)).toHaveLength(1)
  })

  it("platform admins hear once a day, with what to do", async () => {
    answering(new Response(null, { status: 401 }))
    for (const n of [1, 2, 3]) await postPrefectWebhook(tellsAll({ flow_run_id: runId(n) }))
    await drain()
    expect(apiAlerts()).toHaveLength(1)
    for (const part of ["Prefect answered 401", "PREFECT_API_URL", "PREFECT_API_KEY", "PREFECT_API_AUTH_STRING"]) {
      expect(apiAlerts()[0]?.text).toContain(part)
    }
    vi.setSystemTime(NOON + DAY)
    await postPrefectWebhook(tellsAll({ flow_run_id: runId(4) }))
    await drain()
    expect(apiAlerts()).toHaveLength(2)
    expect(await messagesOf(alice)).toHaveLength(4)
  })

  it("what was announced is not announced again when Prefect answers", async () => {
    answering(new Response(null, { status: 403 }))
    await postPrefectWebhook(tellsAll())
    await drain()
    answering(failedRun())
    vi.setSystemTime(NOON + MINUTE)
    for (const body of [tellsAll(), prefectEvent(), runStateBody("Failed")]) await postPrefectWebhook(body)
    await drain()
    expect(await messagesOf(alice)).toHaveLength(1)
    expect((await events()).map(({ reason }) => reason)).toEqual(["published", ...Array(3).fill("already_published")])
  })

  it("an event that tells all of an unknown organisation is tried again, and ends as one", async () => {
    answering(new Response(null, { status: 401 }))
    await postPrefectWebhook(tellsAll({ tags: ["nightly"] }))
    for (let now = NOON; queue.sent.length > 0; now += 7 * 60 * MINUTE) {
      vi.setSystemTime(now)
      for (const body of taken()) await consume("dalgo-signals", [body])
    }
    expect(await events()).toEqual([{ status: "failed", reason: "unknown_organisation", attempts: 8, due_at: null }])
  })

  it("the log, the deployment or the graph alone are left out", async () => {
    const no = new Response(null, { status: 403 })
    fakeFetch(fakePrefect({ graph: no, deployment: no, logs: no }), post.handler)
    await postPrefectWebhook(tellsAll())
    await queue.drain()
    expect(await messagesOf(alice)).toEqual([expect.stringContaining("Nightly survey was not updated")])
    expect(logLines("prefect_refused").length).toBeGreaterThanOrEqual(3)
  })
})

describe("Prefect is away:", () => {
  it.each(OUTAGES)(
    "an event that tells all is announced after the second try, within a minute: %s",
    async (_, fail) => {
      fail()
      await postPrefectWebhook(tellsAll())
      await drain()
      expect(await messagesOf(alice)).toEqual([])
      expect(await events()).toMatchObject([{ status: "received", due_at: NOON + 5 * SECOND }])
      vi.setSystemTime(NOON + 5 * SECOND)
      await consume("dalgo-signals", taken(), { changes: PLATFORM_ADMINS })
      await drain()
      expect(await events()).toEqual([{ ...PUBLISHED, attempts: 2 }])
      expect(await messagesOf(alice)).toHaveLength(1)
      // The summary asks too.
      expect(logLines("prefect_unavailable").length).toBeGreaterThanOrEqual(2)
      expect(apiAlerts()).toHaveLength(1)
    },
  )

  it.each(OUTAGES)("platform admins hear of it after the second try, also for another event: %s", async (_, fail) => {
    fail()
    await postPrefectWebhook(runStateBody("Failed"))
    await drain()
    expect(apiAlerts()).toEqual([])
    vi.setSystemTime(NOON + 5 * SECOND)
    await consume("dalgo-signals", taken(), { changes: PLATFORM_ADMINS })
    await drain()
    expect(apiAlerts()).toHaveLength(1)
    expect(await events()).toMatchObject([{ status: "received", attempts: 2, due_at: NOON + 35 * SECOND }])
  })

  it.each<[string, string | undefined, object, number]>([
    ["as it says", "12", tellsAll(), 12],
    ["as it says, with a date", new Date(NOON + 20 * SECOND).toUTCString(), tellsAll(), 20],
    ["at most 30 seconds for an event that tells all", "3600", tellsAll(), 30],
    ["longer for another event", "3600", runStateBody("Failed"), 3_600],
    ["at most 12 hours", "999999", runStateBody("Failed"), 43_200],
    ["5 seconds where it says nothing", undefined, tellsAll(), 5],
    ["5 seconds where it says nothing of use", "soon", tellsAll(), 5],
    ["5 seconds where it says less", "1", tellsAll(), 5],
  ])("a limit of Prefect's is waited for %s", async (_, retryAfter, body, seconds) => {
    answering(new Response(null, { status: 429, ...(retryAfter && { headers: { "retry-after": retryAfter } }) }))
    await postPrefectWebhook(body)
    await drain()
    expect(await events()).toMatchObject([{ status: "received", due_at: NOON + seconds * SECOND }])
  })

  it("a run that has completed meanwhile is not announced", async () => {
    OUTAGES[0]?.[1]()
    await postPrefectWebhook(tellsAll())
    await drain()
    answering(failedRun({ state_type: "COMPLETED", state_name: "Completed" }))
    vi.setSystemTime(NOON + 5 * SECOND)
    await consume("dalgo-signals", taken())
    expect(await events()).toMatchObject([{ status: "ignored", reason: "no_longer_failed" }])
  })
})

describe("fields of another shape are no reason to wait:", () => {
  it.each<[string, object]>([
    ["parameters", { parameters: "x", tags: ["acme"] }],
    ["tags", { tags: null }],
    ["the state's time", { state: { type: "FAILED", name: "Failed", timestamp: "soon", message: null } }],
    ["tasks", { parameters: { config: { org_slug: "acme", tasks: {} } } }],
    ["times", { start_time: 7, end_time: "yesterday" }],
    ["the run count", { run_count: null }],
  ])("%s", async (_, changes) => {
    answering(failedRun(changes))
    await postPrefectWebhook(runStateBody("Failed"))
    await drain()
    expect(await events()).toEqual([{ ...PUBLISHED, attempts: 1 }])
  })

  it.each<[string, object]>([
    ["a graph", { graph: { nodes: "none" } }],
    ["a node", { graph: { nodes: [["a"], 7] } }],
    ["a list in place of a graph", { graph: [] }],
    ["the deployment", { deployment: { id: 7 } }],
  ])("%s", async (_, answers) => {
    fakeFetch(fakePrefect(answers), post.handler)
    await postPrefectWebhook(runStateBody("Failed"))
    await queue.drain()
    const [message, ...others] = await messagesOf(alice)
    expect(message).toMatch(/^(Nightly survey|A pipeline) (was not updated|did not finish)\./)
    expect(others).toEqual([])
  })
})
