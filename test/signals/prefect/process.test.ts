import { beforeEach, describe, expect, it, vi } from "vitest"
import type { SignalMessage } from "../../../src/runtime/queue-messages"
import { NOON, SECOND } from "../../support/clock"
import { entered, runId, tell } from "../../support/failures"
import { ai, failedRun, outside, prefect, RUN_ID, ses } from "../../support/outside"
import { ACME, alice, bob, charlie, GLOBEX, type Speaker } from "../../support/people"
import { consume, queues } from "../../support/queues"
import { rows } from "../../support/rows"

let post: ReturnType<typeof ses>
let sent: ReturnType<typeof queues>["sent"]
let drain: ReturnType<typeof queues>["drain"]
let model: ReturnType<typeof ai>

beforeEach(() => {
  vi.setSystemTime(NOON)
  post = ses()
  model = ai({ response: "What failed: the sync." })
  ;({ sent, drain } = queues())
})

/** The world outside, with a Prefect that answers so. */
const world = (answers: Parameters<typeof prefect>[0] = {}) => outside(prefect(answers), post.handler)

const inboxOf = async (person: Speaker) => (await (await person.get("/api/notifications/v1")).json<any>()).res
const events = () => rows("SELECT status, reason, attempts, due_at FROM signal_events ORDER BY id")
const recipients = () => post.mails.map((mail) => mail.to).sort()
const decided = (orgId: number, preferences: { llm_optin?: number; urgent_categories?: string }) =>
  rows(
    `INSERT INTO org_preferences (org_id, llm_optin, urgent_categories, created_at, updated_at)
     VALUES (?, ?, ?, '2026-01-01', '2026-01-01')`,
    orgId,
    preferences.llm_optin ?? null,
    preferences.urgent_categories ?? null,
  )

/** What the queue holds, taken off it. */
const taken = () => sent.splice(0).map((message) => message.body as SignalMessage)

describe("one failure", () => {
  it("is said once though Prefect says it twice", async () => {
    world()
    await tell(entered("Failed"))
    await drain()
    await tell(entered("Failed"))
    await drain()

    expect(await inboxOf(alice)).toHaveLength(1)
    expect(recipients()).toEqual([alice.email, bob.email])
    expect(model).toHaveBeenCalledTimes(1)
    expect(await rows("SELECT status FROM summaries")).toEqual([{ status: "completed" }])
    expect(await events()).toEqual([
      { status: "processed", reason: "published", attempts: 1, due_at: null },
      { status: "processed", reason: "already_published", attempts: 1, due_at: null },
    ])
  })

  it("is said once though two workers hear of it at once", async () => {
    world()
    for (let i = 0; i < 4; i += 1) await tell(entered("Failed"))
    await Promise.all(taken().map((message) => consume("dalgo-signals", [message])))
    await drain()

    expect(await rows("SELECT id FROM notifications")).toHaveLength(1)
    for (const person of [alice, bob]) expect(await inboxOf(person)).toHaveLength(1)
    expect(recipients()).toEqual([alice.email, bob.email])
    expect(model).toHaveBeenCalledTimes(1)
    expect(new Set((await events()).map((event) => event.status))).toEqual(new Set(["processed"]))
  })

  it("is said once though the queue repeats its message", async () => {
    world()
    await tell(entered("Failed"))
    const [message] = taken() as [SignalMessage]
    const results = await Promise.all([message, message].map((body) => consume("dalgo-signals", [body])))
    await consume("dalgo-signals", [message])
    await drain()

    expect(results.map((result) => result.explicitAcks)).toEqual([["m0"], ["m0"]])
    expect(await inboxOf(alice)).toHaveLength(1)
    expect(await events()).toEqual([{ status: "processed", reason: "published", attempts: 1, due_at: null }])
  })

  it("is said once though its run failed and then crashed", async () => {
    world({ run: failedRun({ state_type: "CRASHED", state_name: "Crashed" }) })
    await tell(entered("Failed"))
    await tell(entered("Crashed"))
    await drain()
    expect(await inboxOf(alice)).toHaveLength(1)
  })

  it("is another one where another run fails", async () => {
    world({ run: (id) => failedRun({ id }) })
    for (const n of [1, 2]) await tell(entered("Failed", runId(n)))
    await drain()
    expect(await inboxOf(alice)).toHaveLength(2)
  })

  it("is the same one however its id is spelled", async () => {
    const id = "abcdefab-cdef-4abc-8def-abcdefabcdef"
    world({ run: failedRun({ id }) })
    await tell(entered("Failed", id))
    await tell(entered("Failed", id.toUpperCase()))
    await drain()
    expect(await inboxOf(alice)).toHaveLength(1)
  })

  it("leaves the run as it was last seen", async () => {
    world()
    await tell(entered("Failed"))
    await drain()
    expect(await rows("SELECT * FROM flow_runs")).toEqual([
      {
        id: RUN_ID,
        org_id: ACME,
        name: "silver-heron",
        deployment_id: failedRun().deployment_id,
        deployment_name: "nightly-survey",
        state_type: "FAILED",
        state_name: "Failed",
        started_at: Date.UTC(2026, 10, 20, 2, 30),
        ended_at: Date.UTC(2026, 10, 20, 2, 41, 17),
        updated_at: NOON,
      },
    ])
  })
})

describe("whatever is no failure", () => {
  it.each(["Completed", "Cancelled", "Running", "Late", "AwaitingRetry", "DBT_TEST_FAILED"])(
    "is over without a question to Prefect: %s",
    async (state) => {
      const { requests } = world()
      await tell(entered(state))
      await drain()
      expect(requests).toEqual([])
      expect(await events()).toEqual([{ status: "ignored", reason: "not_a_failure", attempts: 1, due_at: null }])
    },
  )

  it.each([
    ["a run that will be retried", { state_type: "SCHEDULED", state_name: "AwaitingRetry" }, "will_be_retried"],
    ["a run that meanwhile went through", { state_type: "COMPLETED", state_name: "Completed" }, "no_longer_failed"],
    ["a run within a run", { deployment_id: null }, "not_top_level"],
    [
      "a lone generate-edr",
      { parameters: { config: { org_slug: "acme", tasks: [{ slug: "generate-edr" }] } } },
      "only_generate_edr",
    ],
  ])("is kept with its reason: %s", async (_, changes, reason) => {
    world({ run: failedRun(changes) })
    await tell(entered("Failed"))
    await drain()
    expect(await events()).toEqual([{ status: "ignored", reason, attempts: 1, due_at: null }])
    expect(await inboxOf(alice)).toEqual([])
  })

  it("does not keep a later failure of the same run from being said", async () => {
    world({ run: failedRun({ state_type: "SCHEDULED", state_name: "AwaitingRetry" }) })
    await tell(entered("Failed"))
    await drain()
    world()
    await tell(entered("Failed"))
    await drain()
    expect(await inboxOf(alice)).toHaveLength(1)
  })
})

describe("whose failure it is", () => {
  const slug = (org_slug: string) => ({ parameters: { config: { org_slug, tasks: [] } } })

  it.each<[string, object, Speaker | undefined]>([
    ["the parameters' slug", { ...slug("globex"), tags: [] }, charlie],
    ["the parameters' slug before any tag", { ...slug("globex"), tags: ["acme"] }, charlie],
    ["a tag that is an organisation", { parameters: {}, tags: ["auto-scheduled", "globex"] }, charlie],
    ["a tag, where the parameters name nobody we know", { ...slug("initech"), tags: ["globex"] }, charlie],
    ["nobody's, by a tag alone that is none", { parameters: {}, tags: ["auto-scheduled", "nightly"] }, undefined],
    ["nobody's, without any", { parameters: null, tags: [] }, undefined],
  ])("is known by %s", async (_, changes, person) => {
    world({ run: failedRun(changes) })
    await tell(entered("Failed"))
    await drain()
    expect(await inboxOf(alice)).toEqual([])
    expect(await inboxOf(charlie)).toHaveLength(person ? 1 : 0)
    expect(await events()).toMatchObject([
      person
        ? { status: "processed", reason: "published" }
        : { status: "failed", reason: "unknown_organisation", due_at: null },
    ])
  })

  it("is recorded as nobody's concern where an organisation has no members", async () => {
    await rows("UPDATE org_users SET removed_at = 1 WHERE org_id = ?", ACME)
    world()
    await tell(entered("Failed"))
    await drain()
    expect(await events()).toMatchObject([{ status: "processed", reason: "no_recipients" }])
  })
})

describe("when Prefect does not answer", () => {
  const silences: [string, () => void, string][] = [
    ["an error", () => world({ run: new Response("oops", { status: 500 }) }), "Prefect answered 500"],
    ["no connection", () => outside(), "Prefect did not answer"],
    ["junk", () => world({ run: new Response("<html>") }), "Prefect answered something unknown"],
    ["another shape", () => world({ run: Response.json({ id: 7 }) }), "Prefect answered something unknown"],
    ["a refusal", () => world({ run: new Response(null, { status: 401 }) }), "Prefect answered 401"],
  ]

  it.each(silences)("asks again, later and later, and then does without: %s", async (_, fallSilent, reason) => {
    fallSilent()
    await tell(entered("Failed"))
    await drain()
    let now = NOON
    for (const [i, seconds] of [5, 30, 120, 600, 1_800, 7_200, 21_600].entries()) {
      expect(await events()).toEqual([{ status: "received", reason, attempts: i + 1, due_at: now + seconds * SECOND }])
      expect(sent).toEqual([{ queue: "dalgo-signals", body: { kind: "prefect", eventId: 1 }, delaySeconds: seconds }])
      now += seconds * SECOND
      vi.setSystemTime(now)
      await consume("dalgo-signals", taken())
    }
    expect(sent).toEqual([])
    expect(await events()).toEqual([{ status: "failed", reason: "unknown_organisation", attempts: 8, due_at: null }])
  })

  it("says the failure as soon as it answers again", async () => {
    world({ run: new Response(null, { status: 503 }) })
    await tell(entered("Failed"))
    await drain()
    vi.setSystemTime(NOON + 5 * SECOND)
    world()
    await drain({ delayed: true })
    expect(await inboxOf(alice)).toHaveLength(1)
    expect(await events()).toMatchObject([{ status: "processed", reason: "published", attempts: 2 }])
  })

  it("changes nothing at a message that comes before its time", async () => {
    world({ run: new Response(null, { status: 503 }) })
    await tell(entered("Failed"))
    await drain()
    const before = await events()
    await consume("dalgo-signals", taken())
    expect(await events()).toEqual(before)
  })

  it("gives up at once a run that Prefect does not know", async () => {
    world({ run: Response.json({ detail: "Flow run not found" }, { status: 404 }) })
    await tell(entered("Failed"))
    await drain()
    expect(sent).toEqual([])
    expect(await events()).toMatchObject([{ status: "failed", reason: "unknown_organisation", attempts: 1 }])
  })

  it("keeps with its reason what cannot be known where there is no Prefect", async () => {
    const { requests } = world()
    await tell(entered("Failed"))
    await consume("dalgo-signals", taken(), { changes: { PREFECT_API_URL: "" } })
    expect(requests).toEqual([])
    expect(await events()).toMatchObject([{ status: "failed", reason: "unknown_organisation", attempts: 1 }])
  })
})

describe("what Prefect does not tell is left out of the message", () => {
  const gone = () => new Response(null, { status: 404 })

  it.each<[string, Parameters<typeof prefect>[0], string, boolean]>([
    ["the deployment", { deployment: gone() }, "silver-heron", true],
    ["the graph", { graph: gone() }, "nightly-survey", false],
    ["both", { graph: new Response("x"), deployment: new Response(null, { status: 500 }) }, "silver-heron", false],
    ["a graph where nothing failed", { graph: { nodes: [] } }, "nightly-survey", false],
  ])("%s", async (_, answers, pipeline, hasStep) => {
    world(answers)
    await tell(entered("Failed"))
    await drain()
    const [{ message }] = await inboxOf(alice)
    expect(message).toContain(`The pipeline ${pipeline} failed on 20 November 2026 at 02:41 UTC.`)
    expect(message.includes("It stopped at the Airbyte sync")).toBe(hasStep)
    expect(message).toContain("Error: RuntimeError: the survey source refused the login")
  })
})

describe("a summary", () => {
  it("is not asked for, and no mail waits, where the organisation opted out", async () => {
    await decided(ACME, { llm_optin: 0 })
    const { requests } = world()
    await tell(entered("Failed"))
    await drain()
    expect(recipients()).toEqual([alice.email, bob.email])
    expect(sent).toEqual([])
    expect(model).not.toHaveBeenCalled()
    expect(await rows("SELECT * FROM summaries")).toEqual([])
    expect(requests.map((request) => new URL(request.url).pathname)).not.toContain("/api/logs/filter")
  })

  it.each([
    ["opted in", { llm_optin: 1 }],
    ["was never asked", {}],
  ])("is made where the organisation %s", async (_, preferences) => {
    await decided(ACME, preferences)
    world()
    await tell(entered("Failed"))
    await drain()
    expect((await inboxOf(alice))[0].message).toContain("What failed: the sync.")
  })

  it.each([
    ["true", 1],
    ["TRUE", 1],
    ["1", 1],
    ["Yes", 1],
    ["false", 0],
    ["0", 0],
    ["", 0],
  ])("is for everybody or for nobody: AUTO_GENERATE_LLM_FAILURE_SUMMARIES=%s", async (setting, expected) => {
    world()
    await tell(entered("Failed"))
    await consume("dalgo-signals", taken(), { changes: { AUTO_GENERATE_LLM_FAILURE_SUMMARIES: setting } })
    expect(await rows("SELECT * FROM summaries")).toHaveLength(expected)
    const mails = sent.filter((message) => message.queue === "dalgo-deliveries")
    expect(mails.map((message) => message.delaySeconds)).toEqual([expected ? 60 : 0])
  })
})

describe("another state of the same run", () => {
  it("is said, and no second summary is waited for", async () => {
    world()
    await tell(entered("Failed"))
    await drain()
    world({ run: failedRun({ state_type: "CRASHED", state_name: "Crashed" }) })
    post.mails.length = 0
    await tell(entered("Crashed"))
    await drain()
    expect(await inboxOf(alice)).toHaveLength(2)
    expect(recipients()).toEqual([alice.email, bob.email])
    expect(model).toHaveBeenCalledTimes(1)
  })
})

describe("urgency", () => {
  it.each<[string, { urgent_categories?: string }, boolean]>([
    ["is the category's own, if nobody chose", {}, true],
    ["is the organisation's choice", { urgent_categories: '["job_failure","late_run"]' }, true],
    ["is not what it left out", { urgent_categories: '["incident"]' }, false],
    ["is nothing, if it chose nothing", { urgent_categories: "[]" }, false],
  ])("%s", async (_, preferences, expected) => {
    await decided(ACME, preferences)
    await decided(GLOBEX, { urgent_categories: expected ? "[]" : '["job_failure"]' })
    world()
    await tell(entered("Failed"))
    await drain()
    expect((await inboxOf(bob))[0].urgent).toBe(expected)
    const bar = await (await bob.get("/api/notifications/urgent-bar")).json<any>()
    expect(bar.total).toBe(expected ? 1 : 0)
  })
})
