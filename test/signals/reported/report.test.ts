import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it, vi } from "vitest"
import { depsFrom } from "../../../src/compose"
import type { AppError } from "../../../src/runtime/errors"
import { reportJobFailure } from "../../../src/signals/reported/report"
import { NOON } from "../../support/clock"
import { postPrefectWebhook, runStateBody } from "../../support/prefect-webhook"
import { aiAnswer, fakeAi } from "../../support/fake-ai"
import { failedRun, fakePrefect, RUN_ID } from "../../support/fake-prefect"
import { fakeFetch } from "../../support/fake-fetch"
import { fakeSes } from "../../support/fake-ses"
import { inboxOf, messagesOf } from "../../support/inbox"
import { ACME, alice, bob, charlie } from "../../support/people"
import { captureQueues, consume } from "../../support/queues"
import { selectRows } from "../../support/select-rows"

const service = env.NOTIFICATIONS
const failure = {
  flowRunId: RUN_ID,
  orgSlug: "acme",
  errorMessage: "RuntimeError: the survey source refused the login",
}
const nameOf = (call: () => Promise<unknown>) =>
  call().then(
    () => "none",
    (error: Error) => error.name,
  )

let sent: ReturnType<typeof captureQueues>["sent"]
let drain: ReturnType<typeof captureQueues>["drain"]
let post: ReturnType<typeof fakeSes>

beforeEach(() => {
  vi.setSystemTime(NOON)
  ;({ sent, drain } = captureQueues())
  post = fakeSes()
  fakeAi({ response: aiAnswer("the sync.") })
})

/** Fakes of SES and of a Prefect with these answers. */
const world = (answers: Parameters<typeof fakePrefect>[0] = {}) => fakeFetch(fakePrefect(answers), post.handler)

const byWebhook = () => postPrefectWebhook(runStateBody("Failed"))
const byRpc = () => service.createJobFailureNotification(failure)

/** What the database and the mailboxes hold after everything is processed. */
const outcome = async () => ({
  notifications: await selectRows(
    "SELECT message, category, urgent, author, dedupe_key, email_due_at FROM notifications",
  ),
  runs: await selectRows("SELECT * FROM flow_runs"),
  summaries: await selectRows("SELECT flow_run_id, notification_id, status, source, text FROM summaries"),
  mails: post.mails.map(({ to, text }) => ({ to, isSummarised: text.includes("What failed: the sync.") })),
})

describe("a job failure that another Worker reports", () => {
  it.each([
    ["RPC, then the webhook", [byRpc, byWebhook]],
    ["the webhook, then RPC", [byWebhook, byRpc]],
    ["RPC twice", [byRpc, byRpc]],
  ])("has the same outcome whichever report is first: %s", async (_, reports) => {
    world()
    for (const report of reports) {
      await report()
      await drain()
    }
    const { notifications, runs, summaries, mails } = await outcome()
    expect(notifications).toEqual([
      {
        message: expect.stringMatching(
          /^Nightly survey was not updated\..*\nBy AI, may be wrong: What failed: the sync\. Probable cause: .*\nTechnical details: Stopped at the Airbyte sync on 20 November.*\nFrom the log: RuntimeError: the survey source refused the login$/s,
        ),
        category: "job_failure",
        urgent: 1,
        author: "Dalgo",
        dedupe_key: `prefect:${RUN_ID}:1`,
        email_due_at: NOON + 60_000,
      },
    ])
    expect(runs).toMatchObject([
      { id: RUN_ID, org_id: ACME, name: "silver-heron", deployment_name: "nightly-survey", state_name: "Failed" },
    ])
    expect(summaries).toMatchObject([{ flow_run_id: RUN_ID, notification_id: 1, status: "completed", source: "ai" }])
    expect(mails.toSorted((a, b) => a.to.localeCompare(b.to))).toEqual([
      { to: alice.email, isSummarised: true },
      { to: bob.email, isSummarised: true },
    ])
  })

  it("has the state that Prefect has, so that the webhook's event is a repeat", async () => {
    world({ run: failedRun({ state_type: "CRASHED", state_name: "Crashed" }) })
    await byRpc()
    await postPrefectWebhook(runStateBody("Crashed"))
    await drain()
    expect(await inboxOf(bob)).toHaveLength(1)
  })

  it("may be reported before Prefect records it", async () => {
    world({ run: failedRun({ state_type: "RUNNING", state_name: "Running", end_time: null }) })
    await byRpc()
    world()
    await postPrefectWebhook(runStateBody("Failed"))
    await drain()
    const [message, ...others] = await messagesOf(bob)
    expect(message).toMatch(/^Nightly survey was not updated\./)
    expect(others).toEqual([])
    expect(await selectRows("SELECT state_name FROM flow_runs")).toEqual([{ state_name: "Failed" }])
  })

  it("has the reported text while Prefect is unavailable; the run and the log are added later", async () => {
    fakeFetch(post.handler)
    await byRpc()
    const [message] = await messagesOf(bob)
    expect(message).toMatch(/^A pipeline was not updated\. We could not tell why\.\n/)
    expect(message).toContain(`\nTechnical details: ${failure.errorMessage}`)
    world()
    await postPrefectWebhook(runStateBody("Failed"))
    await drain()
    expect(await selectRows("SELECT name FROM flow_runs")).toEqual([{ name: "silver-heron" }])
    expect(await inboxOf(bob)).toMatchObject([{ message: expect.stringContaining("What failed: the sync.") }])
  })

  it.each([
    ["is unknown to Prefect", RUN_ID, { run: new Response(null, { status: 404 }) }],
    ["has an id that is not Prefect's", "../admin/settings", {}],
  ])("has no summary where the run %s", async (_, flowRunId, answers) => {
    const { requests } = world(answers)
    await service.createJobFailureNotification({ ...failure, flowRunId })
    await vi.waitFor(() => expect(sent).toHaveLength(1))
    await drain()
    expect(requests.filter(({ url }) => url.includes("admin"))).toEqual([])
    expect(await selectRows("SELECT * FROM summaries")).toEqual([])
    expect(post.mails).toHaveLength(2)
  })

  it("cannot be reported again for another organisation", async () => {
    world()
    await byRpc()
    const elsewhere = { ...failure, orgSlug: "globex" }
    expect(await nameOf(() => service.createJobFailureNotification(elsewhere))).toBe("conflict")
    expect(await inboxOf(charlie)).toEqual([])
  })
})

describe("an idempotency key", () => {
  const test = { testName: "not_null_orders_id", orgSlug: "acme", errorDetails: "Got 3", idempotencyKey: "run 7" }
  const change = { source: "Kobo", orgSlug: "acme", changes: ["a column went"], idempotencyKey: "run 7" }

  it("belongs to one category", async () => {
    await service.createDbtTestFailureNotification(test)
    const { category } = await service.createSchemaChangeNotification(change)
    expect(category).toBe("schema_change")
    expect(await inboxOf(bob)).toHaveLength(2)
  })

  it("is refused with another body", async () => {
    await service.createDbtTestFailureNotification(test)
    await service.createSchemaChangeNotification(change)
    for (const call of [
      () => service.createDbtTestFailureNotification({ ...test, errorDetails: "Got 4" }),
      () => service.createSchemaChangeNotification({ ...change, source: "Airtable" }),
    ]) {
      expect(await nameOf(call)).toBe("conflict")
    }
  })
})

it("the notification of a report has no secrets of its error message", async () => {
  const secret = "postgres://dalgo:hunter2@db.acme.test refused the password=hunter2"
  world({ run: new Response(null, { status: 404 }) })
  const said = [
    await service.createJobFailureNotification({ ...failure, errorMessage: secret }),
    await service.createDbtTestFailureNotification({ testName: "t", orgSlug: "acme", errorDetails: secret }),
  ]
  for (const { message } of said) expect(message).not.toContain("hunter2")
})

describe("a run of another organisation", () => {
  const OPS = { NOTIFY_PLATFORM_ADMINS_OF_ERRORS: "true", ADMIN_EMAIL: "ops@dalgo.test" }
  const ofGlobex = (changes: object = {}) =>
    failedRun({ parameters: { config: { org_slug: "globex", tasks: [] } }, tags: ["acme"], ...changes })
  const platformAdminMails = () => post.mails.filter(({ to }) => to === OPS.ADMIN_EMAIL)
  /** Reports the failure to a worker with platform admins. */
  async function report(changes: object = {}): Promise<string> {
    const ctx = createExecutionContext()
    const name = await reportJobFailure(depsFrom({ ...env, ...OPS }, ctx), { ...failure, ...changes }).then(
      () => "none",
      (error: AppError) => error.code,
    )
    await waitOnExecutionContext(ctx)
    return name
  }
  async function drainWithPlatformAdmins(): Promise<void> {
    for (let message = sent.shift(); message; message = sent.shift()) {
      await consume(message.queue, [message.body], { changes: OPS })
    }
  }

  it.each<[string, object]>([
    ["by its parameters, whatever its tags are", ofGlobex()],
    ["by its tag", failedRun({ parameters: null, tags: ["globex", "nightly"] })],
    ["by its parameters, though nobody has that slug", failedRun({ parameters: { config: { org_slug: "initech" } } })],
    ["by its parameters, while it is running", ofGlobex({ state_type: "RUNNING", state_name: "Running" })],
  ])("is a conflict, and nobody is told: %s", async (_, run) => {
    world({ run: run as never })
    expect(await nameOf(byRpc)).toBe("conflict")
    await drain()
    expect(await selectRows("SELECT id FROM notifications")).toEqual([])
    expect(await selectRows("SELECT id FROM flow_runs")).toEqual([])
  })

  it.each([RUN_ID.toUpperCase(), RUN_ID.replaceAll("-", ""), `urn:uuid:${RUN_ID}`, `{${RUN_ID}}`])(
    "is recognised however its id is written: %s",
    async (flowRunId) => {
      world({ run: ofGlobex() })
      expect(await report({ flowRunId })).toBe("conflict")
      expect(await inboxOf(alice)).toEqual([])
    },
  )

  it("is told to the right organisation by the webhook", async () => {
    world({ run: ofGlobex() as never })
    expect(await nameOf(byRpc)).toBe("conflict")
    await byWebhook()
    await drain()
    expect(await inboxOf(charlie)).toHaveLength(1)
    expect(await inboxOf(alice)).toEqual([])
  })

  it.each<[string, object]>([
    ["its run names none", { parameters: null, tags: ["nightly"] }],
    ["its tags name it among others", { parameters: null, tags: ["acme", "globex"] }],
  ])("is taken to be the reporter's where %s", async (_, changes) => {
    world({ run: failedRun(changes) })
    await byRpc()
    expect(await inboxOf(alice)).toHaveLength(1)
  })

  it("that was told to the wrong one while Prefect was away is told to platform admins, once", async () => {
    fakeFetch(post.handler)
    await report()
    world({ run: ofGlobex() as never })
    for (let i = 0; i < 2; i += 1) {
      await byWebhook()
      await drainWithPlatformAdmins()
    }
    expect(await inboxOf(charlie)).toEqual([])
    const ended = { status: "failed", reason: "told_to_another_organisation" }
    expect(await selectRows("SELECT status, reason FROM signal_events")).toEqual([ended, ended])
    const alerts = platformAdminMails().filter(({ text }) => text.includes("announced to another organisation"))
    expect(alerts).toHaveLength(1)
    expect(alerts[0]?.text).toContain("Globex (globex), whose run it is said to be, was not notified.")
  })

  it("that two organisations report while Prefect is away is a conflict, and told to platform admins", async () => {
    fakeFetch(post.handler)
    expect(await report()).toBe("none")
    expect(await report({ orgSlug: "globex" })).toBe("conflict")
    expect(await report({ orgSlug: "globex" })).toBe("conflict")
    await drainWithPlatformAdmins()
    expect(await inboxOf(charlie)).toEqual([])
    expect(platformAdminMails().filter(({ text }) => text.includes("announced to another organisation"))).toHaveLength(
      1,
    )
  })

  it("is reported to platform admins where Prefect refuses us, beside the failure itself", async () => {
    world({ run: new Response(null, { status: 401 }) })
    expect(await report()).toBe("none")
    await drainWithPlatformAdmins()
    expect(await inboxOf(alice)).toHaveLength(1)
    expect(platformAdminMails().filter(({ text }) => text.includes("Prefect's API refuses us"))).toHaveLength(1)
  })

  it("another attempt is another notification", async () => {
    world()
    await byRpc()
    world({ run: failedRun({ run_count: 2 }) })
    await byRpc()
    await byRpc()
    expect(await inboxOf(alice)).toHaveLength(2)
  })
})

describe("a report without an idempotency key", () => {
  const test = { testName: "not_null_orders_id", orgSlug: "acme", errorDetails: "Got 3" }
  const change = { source: "Kobo", orgSlug: "acme", changes: ["a column went"] }
  const late = { flowName: "Nightly", orgSlug: "acme", expectedTime: "2026-11-20T02:00:00Z", delayMinutes: 45 }

  it.each<[string, () => Promise<unknown>]>([
    ["a dbt test failure", () => service.createDbtTestFailureNotification(test)],
    ["a schema change", () => service.createSchemaChangeNotification(change)],
    ["a late run", () => service.createLateRunNotification(late)],
    ["a failed run", () => (world(), byRpc())],
    ["an empty key", () => service.createDbtTestFailureNotification({ ...test, idempotencyKey: "" })],
    ["white space around it", () => service.createDbtTestFailureNotification({ ...test, errorDetails: " Got 3\n" })],
  ])("is one notification on one day, however often it comes: %s", async (_, report) => {
    for (let i = 0; i < 3; i += 1) await report()
    expect(await selectRows("SELECT id FROM notifications")).toHaveLength(1)
  })

  it("is another one on another day, for another organisation, or with other content", async () => {
    await service.createDbtTestFailureNotification(test)
    await service.createDbtTestFailureNotification({ ...test, orgSlug: "globex" })
    await service.createDbtTestFailureNotification({ ...test, errorDetails: "Got 4" })
    await service.createDbtTestFailureNotification({ ...test, testName: "unique_orders_id" })
    vi.setSystemTime(NOON + 12 * 60 * 60 * 1000)
    await service.createDbtTestFailureNotification(test)
    expect(await selectRows("SELECT id FROM notifications")).toHaveLength(5)
  })
})

it("a report is published whatever its text is, replaced and cut", async () => {
  world({ run: new Response(null, { status: 404 }) })
  const text = `\u001B[31mhalf \uD83D of\0 one\u001B[0m ${"😀".repeat(10_000)}`
  const said = [
    await service.createJobFailureNotification({ ...failure, errorMessage: text }),
    await service.createDbtTestFailureNotification({ testName: text, orgSlug: "acme", errorDetails: text }),
    await service.createSchemaChangeNotification({ orgSlug: "acme", source: text, changes: Array(30).fill(text) }),
  ]
  for (const { message } of said) {
    expect(message).toContain("half \uFFFD of one 😀")
    expect(message.isWellFormed()).toBe(true)
    expect(message.length).toBeLessThanOrEqual(10_000)
  }
})
