import { beforeEach, describe, expect, it, vi } from "vitest"
import type { SignalMessage } from "../../../src/runtime/queue-messages"
import { NOON, SECOND } from "../../support/clock"
import { postPrefectWebhook, runId, runStateBody } from "../../support/prefect-webhook"
import { aiAnswer, fakeAi } from "../../support/fake-ai"
import { failedRun, fakePrefect, RUN_ID } from "../../support/fake-prefect"
import { prefectEvent } from "../../support/prefect-payloads"
import { fakeFetch } from "../../support/fake-fetch"
import { fakeSes } from "../../support/fake-ses"
import { inboxOf, messagesOf } from "../../support/inbox"
import { ACME, alice, type ApiClient, bob, charlie, GLOBEX } from "../../support/people"
import { captureQueues, consume } from "../../support/queues"
import { selectRows } from "../../support/select-rows"

let post: ReturnType<typeof fakeSes>
let sent: ReturnType<typeof captureQueues>["sent"]
let drain: ReturnType<typeof captureQueues>["drain"]
let model: ReturnType<typeof fakeAi>

beforeEach(() => {
  vi.setSystemTime(NOON)
  post = fakeSes()
  model = fakeAi({ response: aiAnswer("the sync.") })
  ;({ sent, drain } = captureQueues())
})

/** Fakes of SES and of a Prefect with these answers. */
const world = (answers: Parameters<typeof fakePrefect>[0] = {}) => fakeFetch(fakePrefect(answers), post.handler)

const events = () => selectRows("SELECT status, reason, attempts, due_at FROM signal_events ORDER BY id")
const recipients = () => post.mails.map((mail) => mail.to).sort()
const setOrgPreferences = (orgId: number, preferences: { llm_optin?: number; urgent_categories?: string }) =>
  selectRows(
    `INSERT INTO org_preferences (org_id, llm_optin, urgent_categories, created_at, updated_at)
     VALUES (?, ?, ?, '2026-01-01', '2026-01-01')`,
    orgId,
    preferences.llm_optin ?? null,
    preferences.urgent_categories ?? null,
  )

/** Removes the waiting messages from the queue and returns them. */
const taken = () => sent.splice(0).map((message) => message.body as SignalMessage)

describe("a failure", () => {
  it("makes one notification though Prefect reports it twice", async () => {
    world()
    await postPrefectWebhook(runStateBody("Failed"))
    await drain()
    await postPrefectWebhook(runStateBody("Failed"))
    await drain()

    expect(await inboxOf(alice)).toHaveLength(1)
    expect(recipients()).toEqual([alice.email, bob.email])
    expect(model).toHaveBeenCalledTimes(1)
    expect(await selectRows("SELECT status FROM summaries")).toEqual([{ status: "completed" }])
    expect(await events()).toEqual([
      { status: "processed", reason: "published", attempts: 1, due_at: null },
      { status: "processed", reason: "already_published", attempts: 1, due_at: null },
    ])
  })

  it("makes one notification though four workers process reports of it at once", async () => {
    world()
    for (let i = 0; i < 4; i += 1) await postPrefectWebhook(runStateBody("Failed"))
    await Promise.all(taken().map((message) => consume("dalgo-signals", [message])))
    await drain()

    expect(await selectRows("SELECT id FROM notifications")).toHaveLength(1)
    for (const person of [alice, bob]) expect(await inboxOf(person)).toHaveLength(1)
    expect(recipients()).toEqual([alice.email, bob.email])
    expect(model).toHaveBeenCalledTimes(1)
    expect(new Set((await events()).map((event) => event.status))).toEqual(new Set(["processed"]))
  })

  it("makes one notification though the queue delivers its message three times", async () => {
    world()
    await postPrefectWebhook(runStateBody("Failed"))
    const [message] = taken() as [SignalMessage]
    const results = await Promise.all([message, message].map((body) => consume("dalgo-signals", [body])))
    await consume("dalgo-signals", [message])
    await drain()

    expect(results.map((result) => result.explicitAcks)).toEqual([["m0"], ["m0"]])
    expect(await inboxOf(alice)).toHaveLength(1)
    expect(await events()).toEqual([{ status: "processed", reason: "published", attempts: 1, due_at: null }])
  })

  it("makes one notification though two events name different states of the run", async () => {
    world({ run: failedRun({ state_type: "CRASHED", state_name: "Crashed" }) })
    await postPrefectWebhook(runStateBody("Failed"))
    await postPrefectWebhook(runStateBody("Crashed"))
    await drain()
    vi.setSystemTime(NOON + 10 * SECOND)
    await drain({ delayed: true })
    expect(await inboxOf(alice)).toHaveLength(1)
  })

  it("makes a notification of its own for another run", async () => {
    world({ run: (id) => failedRun({ id }) })
    for (const n of [1, 2]) await postPrefectWebhook(runStateBody("Failed", runId(n)))
    await drain()
    expect(await inboxOf(alice)).toHaveLength(2)
  })

  it("is recognised by its run's id in capitals too", async () => {
    const id = "abcdefab-cdef-4abc-8def-abcdefabcdef"
    world({ run: failedRun({ id }) })
    await postPrefectWebhook(runStateBody("Failed", id))
    await postPrefectWebhook(runStateBody("Failed", id.toUpperCase()))
    await drain()
    expect(await inboxOf(alice)).toHaveLength(1)
  })

  it("stores the run as last seen", async () => {
    world()
    await postPrefectWebhook(runStateBody("Failed"))
    await drain()
    expect(await selectRows("SELECT * FROM flow_runs")).toEqual([
      {
        id: RUN_ID,
        org_id: ACME,
        name: "silver-heron",
        deployment_id: failedRun().deployment_id,
        deployment_name: "nightly-survey",
        state_type: "FAILED",
        state_name: "Failed",
        state_at: Date.UTC(2026, 10, 20, 2, 41, 17, 212),
        run_count: 1,
        started_at: Date.UTC(2026, 10, 20, 2, 30),
        ended_at: Date.UTC(2026, 10, 20, 2, 41, 17),
        updated_at: NOON,
      },
    ])
  })
})

describe("an event that is not a failure", () => {
  it.each(["Completed", "Cancelled", "Running", "Late", "DBT_TEST_FAILED"])(
    "is ignored without a request to Prefect: %s",
    async (state) => {
      const { requests } = world()
      await postPrefectWebhook(runStateBody(state))
      await drain()
      expect(requests).toEqual([])
      expect(await events()).toEqual([{ status: "ignored", reason: "not_a_failure", attempts: 1, due_at: null }])
    },
  )

  it.each([
    ["a run that has completed since", { state_type: "COMPLETED", state_name: "Completed" }, "no_longer_failed"],
    ["a subflow", { deployment_id: null }, "not_top_level"],
    [
      "a run of generate-edr alone",
      { parameters: { config: { org_slug: "acme", tasks: [{ slug: "generate-edr" }] } } },
      "only_generate_edr",
    ],
  ])("is ignored with its reason: %s", async (_, changes, reason) => {
    world({ run: failedRun(changes) })
    await postPrefectWebhook(runStateBody("Failed"))
    await drain()
    expect(await events()).toEqual([{ status: "ignored", reason, attempts: 1, due_at: null }])
    expect(await inboxOf(alice)).toEqual([])
  })

  it("does not prevent the notification of a later failure of the same run", async () => {
    world({ run: failedRun({ state_type: "SCHEDULED", state_name: "AwaitingRetry" }) })
    await postPrefectWebhook(runStateBody("Failed"))
    await drain()
    world()
    await postPrefectWebhook(runStateBody("Failed"))
    await drain()
    expect(await inboxOf(alice)).toHaveLength(1)
  })
})

describe("the organisation of a failure", () => {
  const slug = (org_slug: string) => ({ parameters: { config: { org_slug, tasks: [] } } })

  it.each<[string, object, ApiClient | undefined]>([
    ["the parameters' slug", { ...slug("globex"), tags: [] }, charlie],
    ["the parameters' slug, which comes before any tag", { ...slug("globex"), tags: ["acme"] }, charlie],
    ["a tag that is an organisation's slug", { parameters: {}, tags: ["auto-scheduled", "globex"] }, charlie],
    ["nothing, where the parameters name an unknown organisation", { ...slug("initech"), tags: ["globex"] }, undefined],
    [
      "nothing, where no tag is an organisation's slug",
      { parameters: {}, tags: ["auto-scheduled", "nightly"] },
      undefined,
    ],
    ["nothing, where there are no tags and no parameters", { parameters: null, tags: [] }, undefined],
  ])("is found by %s", async (_, changes, person) => {
    world({ run: failedRun(changes) })
    await postPrefectWebhook(runStateBody("Failed"))
    await drain()
    expect(await inboxOf(alice)).toEqual([])
    expect(await inboxOf(charlie)).toHaveLength(person ? 1 : 0)
    expect(await events()).toMatchObject([
      person
        ? { status: "processed", reason: "published" }
        : { status: "failed", reason: "unknown_organisation", due_at: null },
    ])
  })

  it("may have no members; then the event has no recipients", async () => {
    await selectRows("UPDATE org_users SET removed_at = 1 WHERE org_id = ?", ACME)
    world()
    await postPrefectWebhook(runStateBody("Failed"))
    await drain()
    expect(await events()).toMatchObject([{ status: "processed", reason: "no_recipients" }])
  })
})

describe("while Prefect is unavailable, an event", () => {
  const outages: [string, () => void, string][] = [
    ["an error", () => world({ run: new Response("oops", { status: 500 }) }), "Prefect answered 500"],
    ["no connection", () => fakeFetch(), "Prefect did not answer"],
    ["junk", () => world({ run: new Response("<html>") }), "Prefect answered something unknown"],
    ["another shape", () => world({ run: Response.json({ id: 7 }) }), "Prefect answered something unknown"],
    ["a refusal", () => world({ run: new Response(null, { status: 401 }) }), "Prefect answered 401"],
  ]

  it.each(outages)(
    "is postponed for longer each time, and then processed without Prefect: %s",
    async (_, breakPrefect, reason) => {
      breakPrefect()
      await postPrefectWebhook(runStateBody("Failed"))
      await drain()
      let now = NOON
      for (const [i, seconds] of [5, 30, 120, 600, 1_800, 7_200, 21_600].entries()) {
        expect(await events()).toEqual([
          { status: "received", reason, attempts: i + 1, due_at: now + seconds * SECOND },
        ])
        expect(sent).toEqual([{ queue: "dalgo-signals", body: { kind: "prefect", eventId: 1 }, delaySeconds: seconds }])
        now += seconds * SECOND
        vi.setSystemTime(now)
        await consume("dalgo-signals", taken())
      }
      expect(sent).toEqual([])
      expect(await events()).toEqual([{ status: "failed", reason: "unknown_organisation", attempts: 8, due_at: null }])
    },
  )

  it("makes its notification as soon as Prefect answers again", async () => {
    world({ run: new Response(null, { status: 503 }) })
    await postPrefectWebhook(runStateBody("Failed"))
    await drain()
    vi.setSystemTime(NOON + 5 * SECOND)
    world()
    await drain({ delayed: true })
    expect(await inboxOf(alice)).toHaveLength(1)
    expect(await events()).toMatchObject([{ status: "processed", reason: "published", attempts: 2 }])
  })

  it("is not claimed by a message that comes too early", async () => {
    world({ run: new Response(null, { status: 503 }) })
    await postPrefectWebhook(runStateBody("Failed"))
    await drain()
    const before = await events()
    await consume("dalgo-signals", taken())
    expect(await events()).toEqual(before)
  })

  it("fails at once where Prefect does not have the run", async () => {
    world({ run: Response.json({ detail: "Flow run not found" }, { status: 404 }) })
    await postPrefectWebhook(runStateBody("Failed"))
    await drain()
    expect(sent).toEqual([])
    expect(await events()).toMatchObject([{ status: "failed", reason: "unknown_organisation", attempts: 1 }])
  })

  it("fails at once where no Prefect is configured and the event does not describe the run", async () => {
    const { requests } = world()
    await postPrefectWebhook(runStateBody("Failed"))
    await consume("dalgo-signals", taken(), { changes: { PREFECT_API_URL: "" } })
    expect(requests).toEqual([])
    expect(await events()).toMatchObject([{ status: "failed", reason: "unknown_organisation", attempts: 1 }])
  })
})

describe("the message leaves out what Prefect does not give", () => {
  const gone = () => new Response(null, { status: 404 })

  it.each<[string, Parameters<typeof fakePrefect>[0], string, boolean]>([
    ["the deployment", { deployment: gone() }, "A pipeline", true],
    ["the graph", { graph: gone() }, "Nightly survey", false],
    ["both", { graph: new Response("x"), deployment: new Response(null, { status: 500 }) }, "A pipeline", false],
    ["a graph where nothing failed", { graph: { nodes: [] } }, "Nightly survey", false],
  ])("%s", async (_, answers, pipeline, hasStep) => {
    world(answers)
    await postPrefectWebhook(runStateBody("Failed"))
    await drain()
    const [message = ""] = await messagesOf(alice)
    expect(message.startsWith(`${pipeline} was not updated. We could not tell why.\n`)).toBe(true)
    expect(message).toContain(`Stopped${hasStep ? " at the Airbyte sync" : ""} on 20 November 2026, 2:41 am UTC.`)
    expect(message).toContain("RuntimeError: the survey source refused the login")
  })
})

describe("the last run that went through", () => {
  const ENDED = "2026-11-19T16:00:00Z"

  it("is named in the organisation's zone, after one question to Prefect", async () => {
    await selectRows("UPDATE orgs SET timezone = 'Asia/Kolkata' WHERE id = ?", ACME)
    const { requests } = world({ completed: [{ end_time: ENDED }] })
    await postPrefectWebhook(runStateBody("Failed"))
    await drain()
    const [message = ""] = await messagesOf(alice)
    expect(message.split("\n")[1]).toBe("Dashboards show the data of 19 November 2026, 9:30 pm IST.")
    const asked = requests.filter(({ url }) => url.endsWith("/api/flow_runs/filter"))
    expect(asked).toHaveLength(1)
  })

  it.each<[string, Parameters<typeof fakePrefect>[0]]>([
    ["there is none", { completed: [] }],
    ["Prefect does not tell it", { completed: new Response("oops", { status: 500 }) }],
    ["its end is not a time", { completed: [{ end_time: "yesterday" }] }],
  ])("is not named where %s", async (_, answers) => {
    world(answers)
    await postPrefectWebhook(runStateBody("Failed"))
    await drain()
    expect((await messagesOf(alice))[0]?.split("\n")[1]).toBe("Dashboards show the data of before.")
  })
})

describe("a summary", () => {
  it("comes from the log alone where the organisation opted out of AI", async () => {
    await setOrgPreferences(ACME, { llm_optin: 0 })
    world()
    await postPrefectWebhook(runStateBody("Failed"))
    await drain()
    expect(recipients()).toEqual([alice.email, bob.email])
    expect(model).not.toHaveBeenCalled()
    expect(await selectRows("SELECT source, reason FROM summaries")).toEqual([{ source: "extract", reason: null }])
    for (const told of [(await messagesOf(alice))[0], ...post.mails.map(({ text }) => text)]) {
      expect(told).toContain("From the log: RuntimeError: the survey source refused the login")
    }
  })

  it("is not made, and no e-mail waits for one, where there is neither AI nor a Prefect to ask for the log", async () => {
    await setOrgPreferences(ACME, { llm_optin: 0 })
    fakeFetch(post.handler)
    await postPrefectWebhook(prefectEvent())
    await consume("dalgo-signals", taken(), { changes: { PREFECT_API_URL: "" } })
    expect(await selectRows("SELECT * FROM summaries")).toEqual([])
    expect(sent.map(({ queue, delaySeconds }) => [queue, delaySeconds])).toEqual([["dalgo-deliveries", 0]])
  })

  it.each([
    ["opted in", { llm_optin: 1 }],
    ["was never asked", {}],
  ])("is made where the organisation %s", async (_, preferences) => {
    await setOrgPreferences(ACME, preferences)
    world()
    await postPrefectWebhook(runStateBody("Failed"))
    await drain()
    expect((await messagesOf(alice))[0]).toContain("What failed: the sync.")
  })

  it.each([
    ["true", 1],
    ["TRUE", 1],
    ["1", 1],
    ["Yes", 1],
    ["false", 0],
    ["0", 0],
    ["", 0],
  ])("is made by AI as AUTO_GENERATE_LLM_FAILURE_SUMMARIES=%s says", async (setting, expected) => {
    world()
    await postPrefectWebhook(runStateBody("Failed"))
    await consume("dalgo-signals", taken(), { changes: { AUTO_GENERATE_LLM_FAILURE_SUMMARIES: setting } })
    const mails = sent.filter((message) => message.queue === "dalgo-deliveries")
    expect(mails.map((message) => message.delaySeconds)).toEqual([60])
    await drain()
    expect(model).toHaveBeenCalledTimes(expected)
    expect(await selectRows("SELECT source FROM summaries")).toEqual([{ source: expected ? "ai" : "extract" }])
  })
})

describe("urgency", () => {
  it.each<[string, { urgent_categories?: string }, boolean]>([
    ["is the category's default where the organisation chose nothing", {}, true],
    ["is on for categories that the organisation chose", { urgent_categories: '["job_failure","late_run"]' }, true],
    ["is off for categories that the organisation left out", { urgent_categories: '["incident"]' }, false],
    ["is off where the organisation chose no category", { urgent_categories: "[]" }, false],
  ])("%s", async (_, preferences, expected) => {
    await setOrgPreferences(ACME, preferences)
    await setOrgPreferences(GLOBEX, { urgent_categories: expected ? "[]" : '["job_failure"]' })
    world()
    await postPrefectWebhook(runStateBody("Failed"))
    await drain()
    expect((await inboxOf(bob))[0]?.urgent).toBe(expected)
    const bar = await (await bob.get("/api/notifications/urgent-bar")).json<any>()
    expect(bar.total).toBe(expected ? 1 : 0)
  })
})
