import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it, vi } from "vitest"
import { depsFrom } from "../../../src/compose"
import type { SignalMessage } from "../../../src/runtime/queue-messages"
import { reportJobFailure } from "../../../src/signals/reported/report"
import { NOON } from "../../support/clock"
import { postPrefectWebhook, runStateBody } from "../../support/prefect-webhook"
import { aiAnswer, fakeAi } from "../../support/fake-ai"
import { failedRun, fakePrefect, RUN_ID } from "../../support/fake-prefect"
import { fakeFetch } from "../../support/fake-fetch"
import { fakeSes } from "../../support/fake-ses"
import { alice, type ApiClient, bob, dora, server } from "../../support/people"
import { captureQueues, consume, runCron } from "../../support/queues"
import { fakeChatProducts, type PostedMessage } from "../../support/fake-chat-products"
import { selectRows } from "../../support/select-rows"

const ON = {
  NOTIFY_PLATFORM_ADMINS_OF_ERRORS: "true",
  ADMIN_EMAIL: "ops@dalgo.test",
  ADMIN_DISCORD_WEBHOOK: "https://discord.com/api/webhooks/99/operators-token",
  AUTO_GENERATE_LLM_FAILURE_SUMMARIES: "",
}
const CONNECTION = "99999999-8888-4777-8666-555555555555"
const RUN_URL = `https://prefect.dalgo.test/runs/flow-run/${RUN_ID}`

let queue: ReturnType<typeof captureQueues>
beforeEach(() => {
  vi.setSystemTime(NOON)
  fakeAi({ response: aiAnswer("the sync.") })
  queue = captureQueues()
})

function world({
  run = failedRun(),
  answering,
}: {
  run?: any
  answering?: (said: PostedMessage) => Response | undefined
} = {}) {
  const said = fakeChatProducts(answering)
  const post = fakeSes()
  fakeFetch(fakePrefect({ run }), said.handler, post.handler)
  return { discord: said.discord, mails: post.mails }
}
/** Consumes the queues as a worker with these settings. */
async function drain(changes: object): Promise<void> {
  for (let message = queue.sent.shift(); message; message = queue.sent.shift()) {
    await consume(message.queue, [message.body], { changes })
  }
}
async function fail(changes: object = ON): Promise<void> {
  await postPrefectWebhook(runStateBody("Failed"))
  await drain(changes)
}
/** Another Worker reports a failure to a worker with these settings. */
async function report(changes: object, flowRunId: string): Promise<void> {
  const ctx = createExecutionContext()
  const failure = { flowRunId, orgSlug: "acme", errorMessage: "no login" }
  await reportJobFailure(depsFrom({ ...env, ...changes }, ctx), failure)
  await waitOnExecutionContext(ctx)
}
const platformAdminDeliveries = () =>
  selectRows(
    "SELECT channel, recipient_id, status, reason, org_id FROM deliveries WHERE channel LIKE 'operator%' ORDER BY 1",
  )
const toPlatformAdmins = ({ mails }: { mails: { to: string }[] }) => mails.filter(({ to }) => to === ON.ADMIN_EMAIL)

describe("platform admins", () => {
  it("are told of a failure by e-mail and on Discord, once, with links to the run and its connections", async () => {
    const tasks = [
      { slug: "airbyte-sync", type: "Airbyte Connection", connection_id: CONNECTION },
      { slug: "airbyte-sync", connection_id: CONNECTION },
      { slug: "dbt-run", connection_id: 7 },
    ]
    const heard = world({ run: failedRun({ parameters: { config: { org_slug: "acme", tasks } } }) })
    const config = { ...ON, AIRBYTE_URL: "https://airbyte.dalgo.test/" }
    for (let i = 0; i < 2; i += 1) await fail(config)
    await runCron()
    await drain(config)

    expect(heard.discord.map(({ webhook }) => webhook)).toEqual([ON.ADMIN_DISCORD_WEBHOOK])
    const [mail, ...others] = toPlatformAdmins(heard) as (typeof heard.mails)[number][]
    expect(others).toEqual([])
    for (const text of [mail?.text, heard.discord[0]?.body.content.replaceAll("\\", "")]) {
      for (const part of [
        "Nightly survey was not updated.",
        "the survey source refused the login",
        "Organisation: Acme (acme)",
        "State: Failed",
        `Prefect: ${RUN_URL}`,
        `Airbyte: https://airbyte.dalgo.test/connections/${CONNECTION}`,
      ]) {
        expect(text).toContain(part)
      }
      expect(text.split(CONNECTION)).toHaveLength(2)
    }
    expect(mail?.subject).toBe("[Acme] Nightly survey was not updated")
    expect(mail?.headers).toEqual({ "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "OOF, AutoReply" })
    expect(mail?.text).toContain("You get this because you run the platform")
    expect(mail?.text).not.toMatch(/unsubscribe|Stop e-mail|you are a member/)
    expect(await platformAdminDeliveries()).toEqual([
      { channel: "operator_discord", recipient_id: 1, status: "sent", reason: null, org_id: null },
      { channel: "operator_email", recipient_id: 1, status: "sent", reason: null, org_id: null },
    ])
  })

  it("are the only ones who see those links", async () => {
    const heard = world()
    await fail()
    const toPeople = heard.mails.filter(({ to }) => to !== ON.ADMIN_EMAIL)
    expect(toPeople.map(({ to }) => to).sort()).toEqual([alice.email, bob.email])
    const inbox = await (await alice.get("/api/notifications/v1")).json<any>()
    for (const said of [...toPeople, inbox]) expect(JSON.stringify(said)).not.toContain("prefect.dalgo.test")
  })

  it.each([
    ["the setting is off", { ...ON, NOTIFY_PLATFORM_ADMINS_OF_ERRORS: "false" }, []],
    ["no address and no webhook are set", { ...ON, ADMIN_EMAIL: "", ADMIN_DISCORD_WEBHOOK: "" }, []],
    ["only an address is set", { ...ON, ADMIN_DISCORD_WEBHOOK: "" }, ["operator_email"]],
    ["only a webhook is set", { ...ON, ADMIN_EMAIL: "" }, ["operator_discord"]],
  ])("are told on the channels that are set, where %s", async (_, config, channels) => {
    world()
    await fail(config)
    expect((await platformAdminDeliveries()).map(({ channel }) => channel)).toEqual(channels)
    const [{ operator_note: note }] = await selectRows("SELECT operator_note FROM notifications")
    expect(note === null).toBe(channels.length === 0)
  })

  it.each([
    [
      "PREFECT_UI_URL",
      { PREFECT_UI_URL: "https://app.prefect.cloud/account/1/workspace/2/" },
      "https://app.prefect.cloud/account/1/workspace/2/runs/flow-run/",
    ],
    ["the address of Prefect's API", {}, "https://prefect.dalgo.test/runs/flow-run/"],
  ])("get a link to the run at %s", async (_, config, address) => {
    const heard = world()
    await fail({ ...ON, ...config })
    expect(heard.discord[0]?.body.content).toContain(`Prefect: ${address}${RUN_ID}`)
  })

  it("are told the run's id where the address of Prefect's pages is not known", async () => {
    const heard = world()
    await report({ ...ON, PREFECT_API_URL: "https://api.prefect.cloud/api/accounts/1/workspaces/2" }, RUN_ID)
    await drain(ON)
    expect(heard.discord[0]?.body.content).toContain(`Flow run: ${RUN_ID}`)
  })

  it("are told of failures that another Worker reports", async () => {
    const heard = world()
    await report(ON, "not-one-of-prefects")
    await drain(ON)
    expect(heard.discord).toHaveLength(1)
    expect(toPlatformAdmins(heard)).toHaveLength(1)
  })

  it("are not told of notifications that are created over HTTP", async () => {
    const heard = world()
    const news = { author: "a", message: "m", sent_to: "all_org_users", org_slug: "acme", category: "job_failure" }
    await server.post("/api/notifications/", news)
    await drain(ON)
    expect(heard.discord).toEqual([])
    expect(await platformAdminDeliveries()).toEqual([])
  })
})

describe("a failure that reaches platform admins only", () => {
  const initech = { parameters: { config: { org_slug: "initech", tasks: [] } }, tags: ["nightly", "initech"] }
  const events = () => selectRows("SELECT status, reason FROM signal_events ORDER BY id")
  const notifications = () => selectRows("SELECT org_id, dedupe_key FROM notifications ORDER BY id")
  const UNKNOWN = { status: "failed", reason: "unknown_organisation" }
  const textOf = ({ discord }: { discord: PostedMessage[] }, n = 0) => discord[n]?.body.content.replaceAll("\\", "")

  it("is one whose organisation has no members", async () => {
    await selectRows("UPDATE org_users SET removed_at = 1 WHERE org_id = 1")
    const heard = world()
    for (let i = 0; i < 2; i += 1) await fail()
    expect(textOf(heard)).toContain("Nightly survey was not updated.")
    expect(textOf(heard)).toContain("Organisation: Acme (acme)")
    expect(heard.discord).toHaveLength(1)
    expect(heard.mails.map(({ to }) => to)).toEqual([ON.ADMIN_EMAIL])
    expect(await events()).toEqual([
      { status: "processed", reason: "published" },
      { status: "processed", reason: "already_published" },
    ])
  })

  it("is one whose organisation is unknown; they are told once, with the slugs that the run names", async () => {
    const heard = world({ run: failedRun(initech) })
    for (let i = 0; i < 2; i += 1) await fail()
    await runCron()
    await drain(ON)
    expect(heard.discord).toHaveLength(1)
    expect(heard.mails.map(({ to }) => to)).toEqual([ON.ADMIN_EMAIL])
    for (const text of [textOf(heard), heard.mails[0]?.text]) {
      for (const part of [
        "Nightly survey was not updated.",
        "No organisation was notified: no organisation is called initech.",
        "Organisation: not known",
        `Prefect: ${RUN_URL}`,
      ]) {
        expect(text).toContain(part)
      }
    }
    expect(await events()).toEqual([UNKNOWN, UNKNOWN])
    for (const one of [alice, bob, dora]) {
      expect((await (await one.get("/api/notifications/v1")).json<any>()).res).toEqual([])
    }
  })

  it.each([
    [
      "has tags that are no organisation's",
      failedRun({ parameters: null, tags: ["nightly", "kobo", "nightly"] }),
      "No organisation was notified: no organisation is called nightly or kobo.",
    ],
    [
      "has the tags of several organisations",
      failedRun({ parameters: null, tags: ["globex", "nightly", "acme"] }),
      "No organisation was notified: the tags of the run name several organisations (acme, globex).",
    ],
    [
      "names no organisation",
      failedRun({ parameters: null, tags: [] }),
      "No organisation was notified: the run names no organisation.",
    ],
    [
      "is not known to Prefect",
      Response.json({ detail: "Flow run not found" }, { status: 404 }),
      `Prefect did not name the organisation of the run ${RUN_ID} (Failed). No organisation was notified.`,
    ],
  ])("is also one whose run %s", async (_, run, words) => {
    const heard = world({ run })
    await fail()
    expect(textOf(heard)).toContain(words)
    expect(await events()).toEqual([
      { ...UNKNOWN, reason: expect.stringMatching(/^(unknown|ambiguous)_organisation$/) },
    ])
    expect(heard.mails.map(({ to }) => to)).toEqual([ON.ADMIN_EMAIL])
  })

  it("reaches the members when the organisation exists and the event is processed again", async () => {
    const heard = world({ run: failedRun(initech) })
    await fail()
    await selectRows("UPDATE orgs SET slug = 'initech' WHERE id = 1")
    await selectRows("UPDATE signal_events SET status = 'received', attempts = 0, due_at = 1")
    await runCron()
    await drain(ON)
    expect(await events()).toEqual([{ status: "processed", reason: "published" }])
    expect(await notifications()).toEqual([
      { org_id: null, dedupe_key: `operators:prefect:${RUN_ID}:1` },
      { org_id: 1, dedupe_key: `prefect:${RUN_ID}:1` },
    ])
    for (const one of [alice, bob]) expect(heard.mails.map(({ to }) => to)).toContain(one.email)
    expect(textOf(heard, 1)).toContain("Organisation: Acme (initech)")
  })

  it("is told to nobody where the setting is off", async () => {
    world({ run: failedRun(initech) })
    await fail({ ...ON, NOTIFY_PLATFORM_ADMINS_OF_ERRORS: "" })
    expect(await notifications()).toEqual([])
    expect(await events()).toEqual([UNKNOWN])
  })

  it("is listed for super-admins and servers, without recipients, and for no organisation", async () => {
    world({ run: failedRun(initech) })
    await fail()
    for (const one of [dora, server]) {
      const { res } = await (await one.get("/api/notifications/history")).json<any>()
      expect(res).toMatchObject([{ id: 1, author: "Dalgo", category: "job_failure" }])
      const told = await one.get("/api/notifications/recipients?notification_id=1")
      expect([told.status, await told.json()]).toEqual([200, { success: true, res: [] }])
    }
    expect((await (await alice.get("/api/notifications/history")).json<any>()).res).toEqual([])
    for (const [one, path, status] of [
      [alice, "/api/notifications/recipients?notification_id=1", 400],
      [alice, "/api/notifications/1/trace", 404],
      [dora, "/api/notifications/1/trace", 404],
    ] as const) {
      expect((await one.get(path)).status).toBe(status)
    }
  })
})

describe("a delivery to platform admins that failed", () => {
  const list = async (one: ApiClient) => (await (await one.get("/api/notifications/deliveries")).json<any>()).res

  it("is listed for and resent by super-admins and servers, not by an organisation's admins", async () => {
    world({ answering: () => new Response("no", { status: 404 }) })
    await fail()
    for (const one of [dora, server]) {
      expect(await list(one)).toMatchObject([
        { id: "1-operator_discord-1", channel: "operator_discord", recipient: "platform admins", status: "failed" },
      ])
    }
    expect(await list(alice)).toEqual([])
    const again = "/api/notifications/deliveries/1-operator_discord-1/resend"
    expect((await alice.post(again)).status).toBe(404)

    const heard = world()
    expect((await dora.post(again)).status).toBe(200)
    await drain(ON)
    expect(heard.discord).toHaveLength(1)
  })

  it("does not disable any organisation's Discord webhook", async () => {
    world({ answering: () => new Response("no", { status: 404 }) })
    await fail()
    expect(await selectRows("SELECT id FROM signal_events WHERE source = 'room_gone'")).toEqual([])
  })

  it("is suppressed if the setting is removed before it is sent", async () => {
    const heard = world()
    await postPrefectWebhook(runStateBody("Failed"))
    const [signal] = queue.sent.splice(0)
    await consume("dalgo-signals", [signal?.body as SignalMessage], { changes: ON })
    await drain({ ...ON, ADMIN_EMAIL: "", ADMIN_DISCORD_WEBHOOK: "" })
    expect(heard.discord).toEqual([])
    expect((await platformAdminDeliveries()).map(({ status, reason }) => `${status}: ${reason}`)).toEqual([
      "suppressed: ADMIN_DISCORD_WEBHOOK is not set",
      "suppressed: ADMIN_EMAIL is not set",
    ])
  })
})
