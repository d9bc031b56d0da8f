import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it, vi } from "vitest"
import { DAY, NOON } from "../../support/clock"
import { fakeChatProducts } from "../../support/fake-chat-products"
import { fakeFetch } from "../../support/fake-fetch"
import { failedRun, fakePrefect, RUN_ID } from "../../support/fake-prefect"
import { fakeSes } from "../../support/fake-ses"
import { inboxOf } from "../../support/inbox"
import { alice, bob, charlie, dora, server } from "../../support/people"
import { postPrefectWebhook, runStateBody } from "../../support/prefect-webhook"
import { captureQueues, consume } from "../../support/queues"
import { selectRows } from "../../support/select-rows"
import { workerWithEnv } from "../../support/worker-with-env"

const SIGNALS = "/api/signals"
const failure = { flow_run_id: RUN_ID, org_slug: "acme", error_message: "RuntimeError: no login" }
const dbtTest = { test_name: "not_null_farmers_id", org_slug: "acme", error_details: "Got 3 results" }
const late = { flow_name: "Nightly sync", org_slug: "acme", expected_time: "2026-11-25T02:00:00Z", delay_minutes: 45 }
const change = { org_slug: "acme", source: "KoboToolbox", changes: ["the column age is gone"] }
const BODIES = { "job-failure": failure, "dbt-test-failure": dbtTest, "late-run": late, "schema-change": change }

let queue: ReturnType<typeof captureQueues>
let post: ReturnType<typeof fakeSes>
let chat: ReturnType<typeof fakeChatProducts>
beforeEach(() => {
  vi.setSystemTime(NOON)
  queue = captureQueues()
  post = fakeSes()
  chat = fakeChatProducts()
  fakeFetch(fakePrefect(), post.handler, chat.handler)
})

const report = async (name: string, body: object, headers = {}) => {
  const answer = await server.post(`${SIGNALS}/${name}`, body, headers)
  return { status: answer.status, body: await answer.json<any>() }
}
const messages = () => selectRows("SELECT org_id, author, category, message FROM notifications ORDER BY id")

describe("a server reports", () => {
  it.each([
    ["job-failure", "job_failure", /^Nightly survey was not updated\./],
    ["dbt-test-failure", "dbt_test_failure", /^The data did not pass the check not_null_farmers_id\./],
    ["late-run", "late_run", /^Nightly sync is late\./],
    ["schema-change", "schema_change", /^KoboToolbox has changed.*- the column age is gone/s],
  ] as const)("a %s, and gets the answer of a new notification", async (name, category, message) => {
    const { status, body } = await report(name, BODIES[name])
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        res: {
          notification_id: expect.any(Number),
          message: expect.stringMatching(message),
          urgent: expect.any(Boolean),
          category,
          sent_time: new Date(NOON).toISOString(),
          scheduled_time: null,
          author: "Dalgo",
        },
        errors: [],
      },
    })
    expect(await inboxOf(alice)).toMatchObject([{ id: body.res.notification_id }])
    expect(await inboxOf(charlie)).toEqual([])
  })

  it.each(Object.entries(BODIES))("a %s once, however often it is repeated", async (name, body) => {
    const [first, second] = [await report(name, body), await report(name, body)]
    expect(second).toEqual(first)
    expect(await messages()).toHaveLength(1)
  })

  it.each(["dbt-test-failure", "schema-change"] as const)("a %s once for each Idempotency-Key", async (name) => {
    const key = { "idempotency-key": "attempt-1" }
    const first = await report(name, BODIES[name], key)
    vi.setSystemTime(NOON + DAY - 1)
    expect(await report(name, BODIES[name], key)).toEqual(first)
    const other = name === "schema-change" ? { ...change, changes: ["another"] } : { ...dbtTest, error_details: "4" }
    expect((await report(name, other, key)).status).toBe(409)
    vi.setSystemTime(NOON + DAY)
    expect((await report(name, BODIES[name], key)).body.res.notification_id).not.toBe(first.body.res.notification_id)
  })

  it("the same event as over RPC", async () => {
    const over = await env.NOTIFICATIONS.createLateRunNotification({
      flowName: late.flow_name,
      orgSlug: late.org_slug,
      expectedTime: late.expected_time,
      delayMinutes: late.delay_minutes,
    })
    expect((await report("late-run", late)).body.res).toEqual(over)
  })

  it("the same event as Prefect's webhook", async () => {
    await postPrefectWebhook(runStateBody("Failed"))
    await queue.drain()
    await report("job-failure", failure)
    expect(await messages()).toHaveLength(1)
  })

  it.each(Object.entries(BODIES))("a %s to an organisation that there is", async (name, body) => {
    expect(await report(name, { ...body, org_slug: "nowhere" })).toEqual({
      status: 404,
      body: { detail: "organisation not found" },
    })
    await env.DB.prepare("UPDATE org_users SET removed_at = 1 WHERE org_id = 2").run()
    const toNobody = { ...body, org_slug: "globex", ...(name === "job-failure" && { flow_run_id: "no-uuid" }) }
    expect(await report(name, toNobody)).toEqual({
      status: 400,
      body: { detail: "No users found for the given information" },
    })
  })

  it("a run of another organisation, and nobody is told", async () => {
    expect((await report("job-failure", { ...failure, org_slug: "globex" })).status).toBe(409)
    expect(await messages()).toEqual([])
  })

  it.each(Object.entries(BODIES))("a %s with no other fields", async (name, body) => {
    const { status, body: answer } = await report(name, { ...body, idempotencyKey: "x", colour: "red" })
    expect(status).toBe(422)
    expect(answer.detail.map(({ loc }: { loc: string[] }) => loc.at(-1))).toEqual(["idempotencyKey", "colour"])
  })

  it.each(Object.entries(BODIES))("a %s, which no person may", async (name, body) => {
    for (const person of [alice, bob, charlie, dora]) {
      expect((await person.post(`${SIGNALS}/${name}`, body)).status).toBe(403)
    }
    expect(await messages()).toEqual([])
  })
})

describe("a server tells the platform admins of a failed run", () => {
  const failed = { org_slug: "acme", flow_run_id: RUN_ID, state: "CRASHED", failed_step: "dbt-run" }
  const ON = {
    ADMIN_EMAIL: "ops@dalgo.test",
    ADMIN_DISCORD_WEBHOOK: "https://discord.com/api/webhooks/99/operators-token",
    NOTIFY_PLATFORM_ADMINS_OF_ERRORS: "true",
    AUTO_GENERATE_LLM_FAILURE_SUMMARIES: "",
  }
  const drain = async (changes: object) => {
    for (let message = queue.sent.shift(); message; message = queue.sent.shift())
      await consume(message.queue, [message.body], { changes })
  }
  const tell = async (changes: object = ON, body: object = failed) => {
    const answer = await workerWithEnv(changes)(`${SIGNALS}/platform-admins`, {
      method: "POST",
      headers: { authorization: "Bearer service-key-new", "content-type": "application/json" },
      body: JSON.stringify(body),
    })
    await drain(changes)
    return { status: answer.status, body: await answer.json<any>() }
  }
  const byWebhook = async (changes: object = ON) => {
    await postPrefectWebhook(runStateBody("Failed"))
    await drain(changes)
  }
  const toAdmins = () => ({
    mails: post.mails.filter(({ to }) => to === ON.ADMIN_EMAIL),
    discord: chat.discord,
  })

  it("by e-mail and on Discord, with the organisation, the state, the step and the run", async () => {
    const { status, body } = await tell()
    expect(status).toBe(200)
    expect(body.res).toMatchObject({ category: "job_failure", author: "Dalgo", urgent: expect.any(Boolean) })
    const { mails, discord } = toAdmins()
    expect([mails.length, discord.length]).toEqual([1, 1])
    for (const text of [mails[0]?.text, discord[0]?.body.content.replaceAll("\\", "")]) {
      for (const part of [
        "A pipeline run did not end well.",
        "Organisation: Acme (acme)",
        "State: CRASHED",
        `Prefect: https://prefect.dalgo.test/runs/flow-run/${RUN_ID}`,
        "Stopped at the step dbt-run.",
      ])
        expect(text).toContain(part)
    }
    for (const person of [alice, bob, charlie]) expect(await inboxOf(person)).toEqual([])
    expect((await alice.get("/api/notifications/history").then((answer) => answer.json<any>())).res).toEqual([])
  })

  it.each([
    ["twice", [tell, tell]],
    ["after Prefect's webhook", [byWebhook, tell]],
    ["before Prefect's webhook", [tell, byWebhook]],
    ["before the webhook, and after it", [tell, byWebhook, tell]],
  ])("once: %s", async (_, reports) => {
    for (const each of reports) {
      await each()
      vi.setSystemTime(Date.now() + 1_000)
    }
    const { mails, discord } = toAdmins()
    expect([mails.length, discord.length]).toEqual([1, 1])
  })

  it("again when the run is tried again and fails again", async () => {
    await tell()
    vi.setSystemTime(NOON + DAY)
    const state = { ...failedRun().state, timestamp: new Date(NOON + DAY).toISOString() }
    fakeFetch(fakePrefect({ run: failedRun({ run_count: 2, state }) }), post.handler, chat.handler)
    await tell()
    expect(toAdmins().mails).toHaveLength(2)
  })

  it("where Prefect's webhook did not, since the setting is off", async () => {
    const off = { ...ON, NOTIFY_PLATFORM_ADMINS_OF_ERRORS: "" }
    await byWebhook(off)
    expect(toAdmins().mails).toHaveLength(0)
    expect((await tell(off)).status).toBe(200)
    expect(toAdmins().mails).toHaveLength(1)
  })

  it("without a step, or where Prefect does not know the run", async () => {
    const noUuid = { org_slug: "acme", flow_run_id: "made-up", state: "FAILED", failed_step: null }
    expect((await tell(ON, noUuid)).status).toBe(200)
    expect(toAdmins().mails[0]?.text).toContain("made-up")
    fakeFetch(post.handler, chat.handler)
    expect((await tell()).status).toBe(200)
  })

  it("only if it is configured, and is told what is not", async () => {
    expect(await tell({ ADMIN_EMAIL: "", ADMIN_DISCORD_WEBHOOK: "" })).toEqual({
      status: 503,
      body: { detail: "neither ADMIN_EMAIL nor ADMIN_DISCORD_WEBHOOK is set" },
    })
    expect((await tell(ON, { ...failed, org_slug: "nowhere" })).status).toBe(404)
    expect(await messages()).toEqual([])
  })

  it("over RPC too", async () => {
    const input = { orgSlug: "acme", flowRunId: RUN_ID, state: "CRASHED", failedStep: "dbt-run" }
    const sent = await env.NOTIFICATIONS.notifyPlatformAdmins(input)
    expect((await tell()).body.res).toEqual(sent)
  })

  it("which no person may", async () => {
    for (const person of [alice, bob, charlie, dora])
      expect((await person.post(`${SIGNALS}/platform-admins`, failed)).status).toBe(403)
  })
})
