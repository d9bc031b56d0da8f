import { createExecutionContext } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it, vi } from "vitest"
import { depsFrom } from "../src/compose"
import { NotificationService } from "../src/rpc"
import { VARIABLES } from "../src/runtime/variables"
import { DAY, HOUR, MINUTE, NOON } from "./support/clock"
import { addDevice } from "./support/devices"
import { aiAnswer, fakeAi } from "./support/fake-ai"
import { DISCORD_WEBHOOK, fakeChatProducts } from "./support/fake-chat-products"
import { fakeFetch } from "./support/fake-fetch"
import { failedRun, fakePrefect, RUN_ID } from "./support/fake-prefect"
import { fakePushServices } from "./support/fake-push-services"
import { fakeSes } from "./support/fake-ses"
import { inboxOf } from "./support/inbox"
import { alice, bob, server, tokenFor } from "./support/people"
import { templateFields } from "./support/prefect-payloads"
import { runId, runStateBody } from "./support/prefect-webhook"
import { captureQueues, consume, runCron } from "./support/queues"
import { selectRows } from "./support/select-rows"
import { workerWithEnv } from "./support/worker-with-env"

// One variable is missing or not usable. Only what needs it may fail.

type Name = keyof typeof VARIABLES
const NAMES = Object.keys(VARIABLES) as Name[]
const NONSENSE = "✗ nonsense"
/** Any text is usable as these. What is not is a binding of another kind by the same name. */
const ANY_TEXT: Name[] = ["JWT_ISSUER", "JWT_AUDIENCE", "PREFECT_API_AUTH_STRING", "EMAIL_FROM_NAME"]
const nonsenseFor = (name: Name): unknown => (ANY_TEXT.includes(name) ? { get: () => "nonsense" } : NONSENSE)
const EVERYTHING = Object.fromEntries(NAMES.map((name) => [name, nonsenseFor(name)]))
const SIGN_IN: Name[] = ["JWT_SECRET", "JWT_JWKS_URL", "JWT_ISSUER", "JWT_AUDIENCE"]
const JSON_TYPE = { "content-type": "application/json" }

/** Beyond the time of these tests. */
const aliceHeaders = { cookie: `access_token=${await tokenFor("1", { exp: (NOON + DAY) / 1000 })}` }
type Call = [path: string, init: RequestInit]
const asAlice = (path: string, init: RequestInit = {}): Call => [
  path,
  { ...init, headers: { ...JSON_TYPE, ...aliceHeaders } },
]
const WEBHOOK: Call = [
  "/webhooks/v1/notification/",
  {
    method: "POST",
    headers: { "x-notification-key": "webhook-key-new" },
    body: JSON.stringify(runStateBody("Failed")),
  },
]
const PUSH_KEY = asAlice("/api/notifications/push-key")
const INBOX = asAlice("/api/notifications/v1")

/** What a variable stops. Whatever is not here sends and receives messages, and waits. */
const STOPPED: Partial<Record<Name, Call[]>> = {
  PLATFORM_ORIGIN: [
    asAlice("/api/userpreferences/"),
    asAlice("/api/userpreferences/", { method: "PUT", body: '{"disclaimer_shown":true}' }),
    asAlice("/api/userpreferences/trial-walkthrough", { method: "PUT", body: "{}" }),
    asAlice("/api/orgpreferences/org-plan"),
  ],
  JWT_SECRET: [INBOX, ["/wss/notifications", { headers: { upgrade: "websocket", ...aliceHeaders } }]],
  JWT_JWKS_URL: [INBOX],
  JWT_ISSUER: [INBOX],
  JWT_AUDIENCE: [INBOX],
  UNSUBSCRIBE_SECRET: [
    asAlice("/api/notifications/ticket", { method: "POST" }),
    ["/unsubscribe?token=one", {}],
    ["/unsubscribe?token=one", { method: "POST" }],
    ["/wss/notifications?ticket=one", { headers: { upgrade: "websocket" } }],
  ],
  SECRETS_KEYS: [
    asAlice("/api/orgpreferences/enable-discord-notifications", {
      method: "PUT",
      body: JSON.stringify({ enable_discord_notifications: true, discord_webhook: DISCORD_WEBHOOK }),
    }),
  ],
  PREFECT_NOTIFICATIONS_WEBHOOK_KEY: [WEBHOOK],
  SES_SNS_TOPIC_ARNS: [["/webhooks/v1/ses/", { method: "POST", body: "{}" }]],
  VAPID_PUBLIC_KEY: [PUSH_KEY, asAlice("/api/notifications/push-subscriptions")],
  VAPID_PRIVATE_KEY: [PUSH_KEY],
  VAPID_SUBJECT: [PUSH_KEY],
}

/** What everybody needs all the time. */
const VITAL: Call[] = [
  INBOX,
  asAlice("/api/notifications/filtered?limit=5"),
  asAlice("/api/notifications/unread_count"),
  asAlice("/api/notifications/urgent-bar"),
  asAlice("/api/notifications/preferences"),
  asAlice("/api/notifications/preferences", { method: "PUT", body: '{"incident_notifications":true}' }),
  asAlice("/api/notifications/preferences", { method: "PUT", body: '{"email_notifications_enabled":true}' }),
  asAlice("/api/notifications/mark_all_as_read", { method: "PUT" }),
  asAlice("/api/orgpreferences/"),
  asAlice("/api/notifications/history"),
]
const CREATE: Call = [
  "/api/notifications/",
  {
    method: "POST",
    headers: { ...JSON_TYPE, authorization: "Bearer service-key-new" },
    body: JSON.stringify({ author: "platform", message: "hello", sent_to: "all_org_users", org_slug: "acme" }),
  },
]

const send = async (changes: object, [path, init]: Call) => {
  const answer = await workerWithEnv(changes)(path, init)
  return { status: answer.status, text: await answer.text() }
}
const stored = () => selectRows("SELECT source, status FROM signal_events")

let queue: ReturnType<typeof captureQueues>
let lines: any[]
beforeEach(() => {
  vi.setSystemTime(NOON)
  queue = captureQueues()
  fakeAi({ response: aiAnswer("the sync.") })
  lines = []
  vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(JSON.parse(line)))
})
const logged = (event: string) => lines.filter((line) => line.event === event).map(({ reason }) => reason)

describe.each(NAMES.map((name) => [name] as const))("a value of %s that is not usable", (name) => {
  const changes = { [name]: nonsenseFor(name) }

  it("does not stop the webhook, which keeps the event", async () => {
    const isKey = name === "PREFECT_NOTIFICATIONS_WEBHOOK_KEY"
    expect((await send(changes, WEBHOOK)).status).toBe(isKey ? 503 : 200)
    expect(await stored()).toEqual(isKey ? [] : [{ source: "prefect", status: "received" }])
  })

  it("does not stop reading, and a sign-in that cannot be checked is 503 and not 401", async () => {
    for (const call of VITAL) {
      const { status, text } = await send(changes, call)
      expect(status, `${call[0]} ${text}`).toBe(SIGN_IN.includes(name) ? 503 : 200)
    }
  })

  it("does not stop a server from sending", async () => {
    const { status, text } = await send(changes, CREATE)
    expect(status, text).toBe(name === "SERVICE_KEYS" ? 401 : 200)
  })

  it.each((STOPPED[name] ?? []).map((call) => [`${call[1].method ?? "GET"} ${call[0]}`, call] as const))(
    "is named by what needs it, without the value: %s",
    async (_, call) => {
      const { status, text } = await send(changes, call)
      expect(status, text).toBe(503)
      expect(JSON.parse(text)).toEqual({ detail: expect.stringMatching(`^${name} is not usable: it must be `) })
      expect(text).not.toContain("nonsense")
    },
  )

  it("fails at most one task of the cron, twice", async () => {
    for (let i = 0; i < 2; i += 1) await runCron(changes)
    const failed = name === "RETENTION_DAYS" ? ["purge"] : []
    expect(await selectRows("SELECT failed_tasks FROM cron_runs")).toEqual([{ failed_tasks: JSON.stringify(failed) }])
    expect(lines.filter(({ event }) => event === "cron_task_failed").map(({ task }) => task)).toEqual([
      ...failed,
      ...failed,
    ])
  })
})

it("lets the webhook keep events and healthz answer if every other variable is wrong", async () => {
  const changes = { ...EVERYTHING, PREFECT_NOTIFICATIONS_WEBHOOK_KEY: "webhook-key-new" }
  expect((await send(changes, WEBHOOK)).status).toBe(200)
  expect(await stored()).toEqual([{ source: "prefect", status: "received" }])
  expect(await send(changes, ["/healthz", {}])).toEqual({ status: 200, text: '{"status":"degraded"}' })
})

it("builds what the Durable Object needs if every variable is wrong", () => {
  expect(depsFrom({ ...env, ...EVERYTHING }, createExecutionContext()).now()).toBe(NOON)
})

it("gives a browser a page where an unsubscribe link cannot be read", async () => {
  const answer = await workerWithEnv({ UNSUBSCRIBE_SECRET: "short" })("/unsubscribe?token=one", {
    headers: { accept: "text/html" },
  })
  expect(answer.status).toBe(503)
  expect(await answer.text()).toContain("Your e-mails were not changed")
})

it("takes what another Worker reports without the variables that it can do without", async () => {
  const service = new NotificationService(createExecutionContext(), {
    ...env,
    PREFECT_API_URL: NONSENSE,
    UNSUBSCRIBE_SECRET: "short",
  })
  await service.createJobFailureNotification({ flowRunId: RUN_ID, orgSlug: "acme", errorMessage: "no login" })
  await service.createDbtTestFailureNotification({ testName: "t", orgSlug: "acme", errorDetails: "d" })
  expect(await service.getUserNotificationPreferences({ userId: "2" })).toBeTruthy()
  expect(await inboxOf(bob)).toHaveLength(2)
})

describe("an event whose processing needs it", () => {
  const fail = async (id: string, state = "Failed") =>
    workerWithEnv({})("/webhooks/v1/notification/", { ...WEBHOOK[1], body: JSON.stringify(runStateBody(state, id)) })
  /** Consumes what is queued, delayed messages too, as a worker with these settings. */
  async function drain(changes: object): Promise<void> {
    for (const { queue: name, body } of queue.sent.splice(0)) await consume(name, [body], { changes })
  }

  it.each<[Name, unknown]>([
    ["PREFECT_API_URL", "prefect.dalgo.test/api"],
    ["PREFECT_API_KEY", "two words"],
    ["PREFECT_API_AUTH_STRING", { get: () => "nonsense" }],
  ])("waits for %s without an end, others go on, and it is told once in the end", async (name, value) => {
    const mailbox = fakeSes()
    fakeFetch(fakePrefect({ run: (id) => failedRun({ id }) }), mailbox.handler)
    const changes = { [name]: value }
    await fail(RUN_ID)
    await fail(runId(2), "Running")
    for (let i = 0; i < 30; i += 1) {
      await drain(changes)
      vi.setSystemTime(Date.now() + 5 * MINUTE)
      await runCron(changes)
    }
    const reason = expect.stringMatching(`^${name} is not usable: it must be `)
    const [waiting, running] = await selectRows(
      "SELECT status, reason, attempts - waits AS failures FROM signal_events ORDER BY id",
    )
    expect(waiting).toEqual({ status: "received", reason, failures: 0 })
    expect(running).toMatchObject({ status: "ignored" })
    expect(logged("misconfigured").length).toBeGreaterThanOrEqual(30)
    expect(new Set(logged("misconfigured"))).toEqual(new Set([waiting.reason]))
    expect(logged("queue_message_retried")).toEqual([])

    for (let i = 0; i < 3; i += 1) {
      vi.setSystemTime(Date.now() + 5 * MINUTE)
      await runCron()
      await drain({})
    }
    expect(await inboxOf(bob)).toHaveLength(1)
    expect(mailbox.mails.map(({ to }) => to).sort()).toEqual([alice.email, bob.email])
  })

  it.each<[Name, unknown]>([
    ["PREFECT_API_URL", "prefect.dalgo.test/api"],
    ["PREFECT_API_KEY", "two words"],
  ])("is told at once without %s if it tells all", async (name, value) => {
    fakeFetch(fakePrefect(), fakeSes().handler)
    const changes = { [name]: value, NOTIFY_PLATFORM_ADMINS_OF_ERRORS: "true", ADMIN_EMAIL: "ops@dalgo.test" }
    const body = JSON.stringify(templateFields({ parameters: undefined }))
    await workerWithEnv({})("/webhooks/v1/notification/", { ...WEBHOOK[1], body })
    await drain(changes)
    expect(await inboxOf(bob)).toHaveLength(1)
    expect(await selectRows("SELECT message FROM notifications WHERE org_id IS NULL")).toEqual([
      { message: expect.stringContaining(name) },
    ])
  })

  it("does not wait for a variable that only makes links or summaries", async () => {
    const mailbox = fakeSes()
    fakeFetch(fakePrefect(), mailbox.handler)
    const changes = {
      FRONTEND_URL: "javascript:alert(1)",
      PREFECT_UI_URL: "javascript:alert(1)",
      AIRBYTE_URL: NONSENSE,
      AI_MODEL: NONSENSE,
      NOTIFY_PLATFORM_ADMINS_OF_ERRORS: "perhaps",
      RETENTION_DAYS: "abc",
      EMAIL_FROM_NAME: "",
    }
    await fail(RUN_ID)
    for (let i = 0; i < 5; i += 1) await drain(changes)
    expect(await inboxOf(bob)).toHaveLength(1)
    expect(mailbox.mails).toHaveLength(2)
    expect(JSON.stringify(mailbox.mails)).not.toMatch(/javascript:|undefined/)
  })

  it("is told to people though no platform admin can be reached", async () => {
    fakeFetch(fakePrefect(), fakeSes().handler)
    const changes = {
      NOTIFY_PLATFORM_ADMINS_OF_ERRORS: "true",
      ADMIN_EMAIL: "nobody",
      ADMIN_DISCORD_WEBHOOK: "https://evil.test/x",
    }
    await fail(RUN_ID)
    for (let i = 0; i < 5; i += 1) await drain(changes)
    expect(await inboxOf(bob)).toHaveLength(1)
    const waiting = await selectRows(
      "SELECT channel, status, reason, due_at FROM deliveries WHERE channel LIKE 'operator%' ORDER BY channel",
    )
    expect(waiting).toEqual([
      {
        channel: "operator_discord",
        status: "pending",
        reason: expect.stringMatching(/^ADMIN_DISCORD_WEBHOOK is not usable/),
        due_at: NOON + 4 * HOUR,
      },
      {
        channel: "operator_email",
        status: "pending",
        reason: expect.stringMatching(/^ADMIN_EMAIL is not usable/),
        due_at: NOON + 4 * HOUR,
      },
    ])
  })

  it("applies a bounce though ADMIN_EMAIL is not an address", async () => {
    const body = JSON.stringify({
      eventType: "Bounce",
      bounce: { bounceType: "Permanent", bouncedRecipients: [{ emailAddress: bob.email }] },
    })
    await selectRows(
      `INSERT INTO signal_events (id, source, body, status, received_at, updated_at, due_at) VALUES (9, 'mail_event', ?, 'received', 1, 1, 1)`,
      body,
    )
    await consume("dalgo-signals", [{ kind: "mail_event", eventId: 9 }], { changes: { ADMIN_EMAIL: NONSENSE } })
    expect(await selectRows("SELECT status, reason FROM signal_events")).toEqual([
      { status: "processed", reason: "bounced" },
    ])
  })
})

describe("a delivery that needs it", () => {
  const news = { author: "platform", message: "hello", sent_to: "all_org_users", org_slug: "acme" }
  const deliveries = (channel: string) =>
    selectRows(
      "SELECT status, reason, attempts, due_at FROM deliveries WHERE channel = ? ORDER BY recipient_id",
      channel,
    )
  async function deliver(changes: object): Promise<void> {
    for (const { queue: name, body } of queue.sent.splice(0)) await consume(name, [body], { changes })
  }

  it.each<[Name, string]>([
    ["EMAIL_PROVIDER", "mailgun"],
    ["EMAIL_FROM", "dalgo"],
    ["SES_REGION", "evil.test/"],
    ["SES_ENDPOINT", "ses.dalgo.test"],
    ["SES_CONFIGURATION_SET", "two words"],
    ["SES_ACCESS_KEY_ID", "two words"],
    ["SES_SECRET_ACCESS_KEY", "two words"],
    ["PUBLIC_URL", "javascript:alert(1)"],
    ["UNSUBSCRIBE_SECRET", "short"],
  ])("waits for %s if it is an e-mail, and leaves once", async (name, value) => {
    const mailbox = fakeSes()
    fakeFetch(mailbox.handler)
    await server.post("/api/notifications/", news)
    await vi.waitFor(() => expect(queue.sent).toHaveLength(1))
    await deliver({ [name]: value })
    const waiting = {
      status: "pending",
      reason: expect.stringMatching(`^${name} is not usable`),
      attempts: 1,
      due_at: NOON + 4 * HOUR,
    }
    expect(await deliveries("email")).toEqual([waiting, waiting])
    expect(mailbox.mails).toEqual([])
    expect(lines.filter(({ event }) => event === "misconfigured")).toEqual([
      {
        level: "error",
        event: "misconfigured",
        notification_id: 1,
        channel: "email",
        reason: expect.stringMatching(`^${name} `),
      },
    ])
    vi.setSystemTime(NOON + 4 * HOUR)
    for (let i = 0; i < 2; i += 1) {
      await runCron()
      await deliver({})
    }
    expect(mailbox.mails.map(({ to }) => to).sort()).toEqual([alice.email, bob.email])
  })

  it("waits for a day, and is then listed for admins", async () => {
    fakeFetch(fakeSes().handler)
    const changes = { EMAIL_FROM: "dalgo" }
    await server.post("/api/notifications/", news)
    await vi.waitFor(() => expect(queue.sent).toHaveLength(1))
    for (let hours = 0; hours <= 32; hours += 4) {
      vi.setSystemTime(NOON + hours * HOUR)
      if (hours > 0) await runCron(changes)
      await deliver(changes)
      if (hours < 24) expect((await deliveries("email"))[0]).toMatchObject({ status: "pending" })
    }
    expect(await deliveries("email")).toMatchObject([{ status: "dead" }, { status: "dead" }])
    expect((await (await alice.get("/api/notifications/deliveries")).json<any>()).res).toHaveLength(2)
  })

  it.each<[Name, string]>([
    ["VAPID_PUBLIC_KEY", "nonsense"],
    ["VAPID_PRIVATE_KEY", "nonsense"],
    ["VAPID_SUBJECT", "nonsense"],
  ])("waits for %s if it is a push message, while e-mail leaves", async (name, value) => {
    await addDevice(bob, "phone")
    const mailbox = fakeSes()
    const devices = fakePushServices(() => undefined)
    fakeFetch(mailbox.handler, devices.handler)
    await server.post("/api/notifications/", news)
    await vi.waitFor(() => expect(queue.sent).toHaveLength(2))
    await deliver({ [name]: value })
    expect(await deliveries("push")).toEqual([
      {
        status: "pending",
        reason: expect.stringMatching(`^${name} is not usable`),
        attempts: 1,
        due_at: NOON + 4 * HOUR,
      },
    ])
    expect(mailbox.mails).toHaveLength(2)
    vi.setSystemTime(NOON + 4 * HOUR)
    await runCron()
    await deliver({})
    expect(await deliveries("push")).toMatchObject([{ status: "sent" }])
  })

  it("waits for SECRETS_KEYS if it is for a webhook, and leaves once", async () => {
    const products = fakeChatProducts()
    fakeFetch(fakeSes().handler, products.handler)
    await alice.put("/api/orgpreferences/enable-discord-notifications", {
      enable_discord_notifications: true,
      discord_webhook: DISCORD_WEBHOOK,
    })
    await server.post("/api/notifications/", news)
    await vi.waitFor(() => expect(queue.sent).toHaveLength(2))
    await deliver({ SECRETS_KEYS: "new:short" })
    expect(await deliveries("discord")).toEqual([
      {
        status: "pending",
        reason: expect.stringMatching(/^SECRETS_KEYS is not usable/),
        attempts: 1,
        due_at: NOON + 4 * HOUR,
      },
    ])
    vi.setSystemTime(NOON + 4 * HOUR)
    await runCron()
    await deliver({})
    expect(products.discord).toHaveLength(1)
  })
})

describe("a binding that is missing", () => {
  it.each(["SIGNALS", "DELIVERIES", "AI", "EMAIL", "SEND_LIMIT"])(
    "stops neither the webhook nor a server: %s",
    async (name) => {
      expect((await send({ [name]: undefined }, WEBHOOK)).status).toBe(200)
      expect((await send({ [name]: undefined }, CREATE)).status).toBe(200)
      expect(await stored()).toEqual([{ source: "prefect", status: "received" }])
      expect(await inboxOf(bob)).toHaveLength(1)
    },
  )

  it("limits nobody, and is logged, if it is the rate limiter", async () => {
    await send({ SEND_LIMIT: undefined }, CREATE)
    expect(logged("misconfigured")).toEqual(["the binding SEND_LIMIT is missing"])
  })

  it("leaves e-mail waiting if it is Email Service", async () => {
    fakeFetch(() => undefined)
    await send({}, CREATE)
    const [message] = queue.sent.splice(0)
    await consume("dalgo-deliveries", [message!.body], { changes: { EMAIL_PROVIDER: "cloudflare", EMAIL: undefined } })
    expect(await selectRows("SELECT DISTINCT status, reason FROM deliveries")).toEqual([
      { status: "pending", reason: "the binding EMAIL is missing" },
    ])
  })

  it("leaves its work to the cron of a later minute, if it is a queue", async () => {
    fakeFetch(fakePrefect(), fakeSes().handler)
    await send({ SIGNALS: undefined }, WEBHOOK)
    vi.setSystemTime(NOON + MINUTE)
    await runCron({ SIGNALS: undefined })
    await runCron()
    await queue.drain()
    expect(await inboxOf(bob)).toHaveLength(1)
  })
})
