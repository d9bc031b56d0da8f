import { beforeEach, describe, expect, it, vi } from "vitest"
import { HOUR, MINUTE, NOON, SECOND } from "../../support/clock"
import { aiAnswer, fakeAi } from "../../support/fake-ai"
import { fakeFetch } from "../../support/fake-fetch"
import { failedRun, fakePrefect, RUN_ID } from "../../support/fake-prefect"
import { fakeSes } from "../../support/fake-ses"
import { messagesOf } from "../../support/inbox"
import { alice, bob } from "../../support/people"
import { prefectEvent, templateFields } from "../../support/prefect-payloads"
import { postPrefectWebhook, runStateBody } from "../../support/prefect-webhook"
import { captureQueues, consume, runCron } from "../../support/queues"
import { selectRows } from "../../support/select-rows"

let queue: ReturnType<typeof captureQueues>
let post: ReturnType<typeof fakeSes>

beforeEach(() => {
  vi.setSystemTime(NOON)
  fakeAi({ response: aiAnswer("the sync.") })
  queue = captureQueues()
  post = fakeSes()
})

const time = (at: number) => new Date(at).toISOString()
/** Prefect's run in this state since `at`. */
const runIn = (
  state_type: string,
  state_name: string,
  { at = Date.now(), run_count = 1, ...changes }: Record<string, any> = {},
) =>
  failedRun({
    state_type,
    state_name,
    run_count,
    state: { type: state_type, name: state_name, timestamp: time(at), message: "boom", ...changes.state },
    end_time: null,
    ...changes.run,
  })
const failed = (changes: object = {}) => runIn("FAILED", "Failed", changes)
const crashed = (changes: object = {}) => runIn("CRASHED", "Crashed", changes)

const prefectHas = (run: object, answers: object = {}) =>
  fakeFetch(fakePrefect({ run: run as never, ...answers }), post.handler)
const prefectIsAway = () => fakeFetch(fakePrefect({ run: new Response(null, { status: 503 }) }), post.handler)
const report = async (body: unknown) => {
  await postPrefectWebhook(body)
  await queue.drain()
}
/** Moves the clock, and processes what is due by then. */
async function wait(ms: number): Promise<void> {
  vi.setSystemTime(Date.now() + ms)
  await runCron()
  await queue.drain()
}
const toldCount = async () => (await messagesOf(alice)).length
const keys = async () =>
  (await selectRows("SELECT dedupe_key FROM notifications ORDER BY id")).map(({ dedupe_key: key }) => key)
const reasons = async () =>
  (await selectRows("SELECT reason FROM signal_events ORDER BY id")).map(({ reason }) => reason)
/** The event as a template tells it, with all that a notification needs. */
const told = (at: number, changes: object = {}) => templateFields({ occurred: time(at), ...changes })

describe("a run that is retried by hand and fails again", () => {
  it("makes another notification", async () => {
    prefectHas(failed())
    await report(runStateBody("Failed"))
    vi.setSystemTime(NOON + HOUR)
    prefectHas(failed({ run_count: 2 }))
    await report(runStateBody("Failed"))
    await report(runStateBody("Failed"))
    expect(await toldCount()).toBe(2)
    expect(await keys()).toEqual([`prefect:${RUN_ID}:1`, `prefect:${RUN_ID}:2`])
  })

  it("makes another one though it fails within seconds", async () => {
    for (const run_count of [1, 2, 3]) {
      prefectHas(failed({ run_count }))
      await report(runStateBody("Failed"))
      vi.setSystemTime(Date.now() + SECOND)
    }
    expect(await toldCount()).toBe(3)
  })

  it("is told by the events alone where Prefect is away", async () => {
    prefectIsAway()
    for (const run_count of ["1", 2]) {
      await report(told(Date.now(), { run_count }))
      await wait(5 * SECOND)
      vi.setSystemTime(Date.now() + HOUR)
    }
    expect(await keys()).toEqual([`prefect:${RUN_ID}:1`, `prefect:${RUN_ID}:2`])
  })

  it("makes another one where only the later event has a run count", async () => {
    prefectIsAway()
    await report(told(NOON))
    await wait(5 * SECOND)
    vi.setSystemTime(NOON + HOUR)
    prefectHas(failed({ run_count: 2 }))
    await report(runStateBody("Failed"))
    expect(await keys()).toEqual([`prefect:${RUN_ID}:0`, `prefect:${RUN_ID}:2`])
  })

  it("is not told of an older attempt once the newer one is", async () => {
    prefectHas(failed({ run_count: 2 }))
    await report(runStateBody("Failed"))
    prefectIsAway()
    await report(told(NOON - HOUR, { run_count: 1 }))
    await wait(5 * SECOND)
    expect(await toldCount()).toBe(1)
  })
})

describe("one attempt makes one notification,", () => {
  it("whether it is called Failed, then Crashed", async () => {
    prefectHas(failed())
    await report(runStateBody("Failed"))
    vi.setSystemTime(NOON + 3 * SECOND)
    prefectHas(crashed())
    await report(runStateBody("Crashed"))
    await wait(10 * SECOND)
    expect(await toldCount()).toBe(1)
    expect(post.mails.map(({ to }) => to).sort()).toEqual([alice.email, bob.email])
    expect(await selectRows("SELECT state_name FROM flow_runs")).toEqual([{ state_name: "Crashed" }])
  })

  it("whether it is called Crashed, then Failed, or TimedOut", async () => {
    for (const [type, name] of [
      ["CRASHED", "Crashed"],
      ["FAILED", "Failed"],
      ["FAILED", "TimedOut"],
      ["FAILED", "Upstream is down"],
    ] as const) {
      prefectHas(runIn(type, name))
      await report(runStateBody(name))
      await wait(11 * SECOND)
    }
    expect(await toldCount()).toBe(1)
  })

  it.each<[string, () => object, () => object]>([
    ["first without Prefect, then with it", () => told(NOON), () => runStateBody("Failed")],
    [
      "first without a run count, then with one",
      () => told(NOON),
      () => prefectEvent({ "prefect.state-timestamp": time(NOON) }),
    ],
    [
      "first with a run count, then without one",
      () => prefectEvent({ "prefect.state-timestamp": time(NOON) }),
      () => told(NOON),
    ],
  ])("though its reports know more or less of it: %s", async (_, first, second) => {
    prefectIsAway()
    await report(first())
    await wait(5 * SECOND)
    prefectHas(failed({ at: NOON }))
    await report(second())
    prefectIsAway()
    await report(second())
    await wait(5 * SECOND)
    expect(await toldCount()).toBe(1)
  })

  it("though it is first told without a run count, and crashes then", async () => {
    prefectIsAway()
    await report(told(NOON))
    await wait(5 * SECOND)
    prefectHas(crashed({ at: NOON + 20 * SECOND }))
    vi.setSystemTime(NOON + 20 * SECOND)
    await report(runStateBody("Crashed"))
    await wait(10 * SECOND)
    expect(await toldCount()).toBe(1)
  })

  it.each(["Failed", "Crashed", "Upstream is down"])(
    "though it was told by an earlier version of this service, as %s",
    async (state) => {
      await selectRows(
        `INSERT INTO notifications (org_id, publication_id, dedupe_key, author, message, category, urgent, created_at, audience)
         VALUES (1, 'before', ?, 'Dalgo', 'm', 'job_failure', 1, ?, '{}')`,
        `prefect:${RUN_ID}:${state}`,
        NOON - MINUTE,
      )
      prefectHas(failed({ at: NOON - 2 * MINUTE }))
      await report(runStateBody("Failed"))
      expect(await reasons()).toEqual(["already_published"])
      prefectHas(failed({ at: NOON + HOUR, run_count: 2 }))
      vi.setSystemTime(NOON + HOUR)
      await report(runStateBody("Failed"))
      expect(await reasons()).toEqual(["already_published", "published"])
    },
  )
})

describe("a run that Prefect may run again", () => {
  it("is held for ten seconds where it has crashed, and is silent where a retry follows", async () => {
    prefectHas(crashed())
    await report(runStateBody("Crashed"))
    expect(await toldCount()).toBe(0)
    expect(await selectRows("SELECT status, reason, waits, due_at FROM signal_events")).toEqual([
      { status: "received", reason: "crashed_just_now", waits: 1, due_at: NOON + 10 * SECOND },
    ])
    const retryAt = NOON + 5 * MINUTE
    prefectHas(runIn("SCHEDULED", "AwaitingRetry", { state: { state_details: { scheduled_time: time(retryAt) } } }))
    await wait(10 * SECOND)
    expect(await selectRows("SELECT status, reason, due_at FROM signal_events")).toEqual([
      { status: "received", reason: "will_be_retried", due_at: retryAt + 15 * MINUTE },
    ])
    prefectHas(runIn("COMPLETED", "Completed", { run_count: 2 }))
    await wait(20 * MINUTE)
    expect(await reasons()).toEqual(["no_longer_failed"])
    expect(await toldCount()).toBe(0)
  })

  it("is announced after ten seconds where no retry follows", async () => {
    prefectHas(crashed())
    await report(runStateBody("Crashed"))
    await wait(10 * SECOND)
    expect(await toldCount()).toBe(1)
  })

  it.each(["Failed", "AwaitingRetry"])("is announced where the retry does not come: %s", async (state) => {
    prefectHas(runIn("SCHEDULED", "AwaitingRetry", { run: { next_scheduled_start_time: time(NOON + 5 * MINUTE) } }))
    await report(runStateBody(state))
    await wait(20 * MINUTE)
    expect(await messagesOf(alice)).toEqual([expect.stringContaining("Nightly survey was not updated")])
  })

  it("may wait for more retries than an event has attempts", async () => {
    for (let n = 1; n <= 20; n += 1) {
      const next_scheduled_start_time = time(NOON + n * 75 * MINUTE + HOUR)
      prefectHas(runIn("SCHEDULED", "AwaitingRetry", { run_count: n, run: { next_scheduled_start_time } }))
      if (n === 1) await report(runStateBody("Failed"))
      await wait(75 * MINUTE)
    }
    expect(await selectRows("SELECT status, waits FROM signal_events")).toEqual([{ status: "received", waits: 20 }])
    prefectHas(failed({ run_count: 21 }))
    await wait(75 * MINUTE)
    expect(await toldCount()).toBe(1)
  })

  it("is found by the sweep if its message is lost", async () => {
    prefectHas(crashed())
    await report(runStateBody("Crashed"))
    queue.sent.length = 0
    vi.setSystemTime(NOON + MINUTE)
    await runCron()
    await queue.drain()
    expect(await toldCount()).toBe(1)
  })

  it("is ignored by its retry alone where no Prefect is configured", async () => {
    fakeFetch(post.handler)
    await postPrefectWebhook(told(NOON, { state_name: "AwaitingRetry", state_type: "SCHEDULED" }))
    await consume(
      "dalgo-signals",
      queue.sent.splice(0).map(({ body }) => body),
      {
        changes: { PREFECT_API_URL: "" },
      },
    )
    expect(await reasons()).toEqual(["not_a_failure"])
  })
})

describe("a run that ended well before", () => {
  const history = (...types: string[]) => ({
    graph: {
      nodes: [],
      states: types.map((type, i) => ({ id: `${i}`, type, name: type, timestamp: time(NOON - HOUR + i * MINUTE) })),
    },
  })

  it.each<[string, () => Promise<void>]>([
    [
      "as its event says",
      async () => {
        prefectHas(crashed())
        const { payload, ...event } = prefectEvent(
          { "prefect.state-name": "Crashed" },
          { type: "CRASHED", name: "Crashed" },
        )
        await report({ ...event, payload: { ...payload, initial_state: { type: "COMPLETED", name: "Completed" } } })
      },
    ],
    [
      "as its history says",
      async () => {
        prefectHas(crashed(), history("RUNNING", "COMPLETED", "CRASHED"))
        await report(runStateBody("Crashed"))
      },
    ],
    [
      "as an earlier event said",
      async () => {
        prefectHas(crashed())
        await report(runStateBody("Completed"))
        await report(runStateBody("Crashed"))
      },
    ],
    [
      "as an earlier event said, and Prefect is away",
      async () => {
        prefectIsAway()
        await report(told(NOON - MINUTE, { state_name: "Completed", state_type: "COMPLETED" }))
        await report(told(NOON, { state_name: "Crashed", state_type: "CRASHED" }))
        await wait(5 * SECOND)
      },
    ],
  ])("is silent when it crashes then: %s", async (_, reportCrash) => {
    await reportCrash()
    await wait(10 * SECOND)
    expect(await toldCount()).toBe(0)
  })

  it("is announced if it ran again and crashed", async () => {
    prefectHas(crashed({ run_count: 2 }), history("RUNNING", "COMPLETED", "SCHEDULED", "RUNNING", "CRASHED"))
    await report(told(NOON - HOUR, { state_name: "Completed", state_type: "COMPLETED", run_count: 1 }))
    await report(runStateBody("Crashed"))
    await wait(10 * SECOND)
    expect(await toldCount()).toBe(1)
  })

  it("is silent where the older failure arrives later", async () => {
    prefectIsAway()
    await report(told(NOON, { state_name: "Completed", state_type: "COMPLETED" }))
    await report(told(NOON - MINUTE))
    await wait(5 * SECOND)
    expect(await reasons()).toEqual(["not_a_failure", "no_longer_failed"])
  })

  it("is announced where the failure is newer", async () => {
    prefectIsAway()
    await report(told(NOON - MINUTE, { state_name: "Completed", state_type: "COMPLETED" }))
    await report(told(NOON))
    await wait(5 * SECOND)
    expect(await toldCount()).toBe(1)
  })

  it("is silent where it was cancelled", async () => {
    prefectHas(runIn("CANCELLED", "Cancelled"))
    for (const state of ["Cancelled", "Failed", "Crashed"]) await report(runStateBody(state))
    await wait(10 * SECOND)
    expect(await toldCount()).toBe(0)
  })
})

describe("a run whose event has no state", () => {
  const empty = { body: runStateBody("").body }

  it.each<[string, object, number]>([
    ["announced where Prefect has it as failed", failedRun(), 1],
    ["silent where Prefect has it as completed", failedRun({ state_type: "COMPLETED", state_name: "Completed" }), 0],
    ["silent where Prefect has it as running", failedRun({ state_type: "RUNNING", state_name: "Running" }), 0],
  ])("is %s", async (_, run, expected) => {
    prefectHas(run)
    await report(empty)
    expect(await toldCount()).toBe(expected)
  })

  it("is kept as failed where Prefect does not have it", async () => {
    prefectHas(new Response(null, { status: 404 }))
    await report(empty)
    expect(await selectRows("SELECT status, reason FROM signal_events")).toEqual([
      { status: "failed", reason: "unknown_state" },
    ])
  })
})
