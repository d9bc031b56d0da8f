import { env } from "cloudflare:workers"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import operations from "../../docs/operations.md?raw"
import {
  type FailureEvent,
  log,
  LOG_LEVELS,
  type LogEvent,
  type LogFields,
  type LogLevel,
  type LogLine,
} from "../../src/runtime/log"
import { aiAnswer, fakeAi } from "../support/fake-ai"
import { failedRun, fakePrefect, logLine, RUN_ID } from "../support/fake-prefect"
import { fakeFetch } from "../support/fake-fetch"
import { fakeSes } from "../support/fake-ses"
import { alice, anonymous, bob, charlie, claimsOf, request, server, tokenFor } from "../support/people"
import { captureQueues, consume, runCron } from "../support/queues"
import { selectRows } from "../support/select-rows"
import { workerWithEnv } from "../support/worker-with-env"

const FIELDS = {
  event: true,
  request_id: true,
  reason: true,
  stack: true,
  status: true,
  notification_id: true,
  signal_id: true,
  flow_run_id: true,
  org_id: true,
  org_user_id: true,
  caller: true,
  channel: true,
  source: true,
  queue: true,
  task: true,
  count: true,
  ms: true,
  client_request_id: true,
  outcome: true,
} satisfies Record<keyof LogFields | "event" | "reason", true>

const isFailure = (event: LogEvent) => ["warn", "error"].includes(LOG_LEVELS[event]) || event.endsWith("_failed")

/** The compiler demands every failure here; a test compares them with the levels. */
const FAILURES = {
  request_failed: true,
  misconfigured: true,
  rpc_call_failed: true,
  access_token_rejected: true,
  sns_message_rejected: true,
  enqueue_failed: true,
  queue_message_retried: true,
  dead_letters_received: true,
  signal_not_understood: true,
  signal_failed: true,
  prefect_refused: true,
  prefect_unavailable: true,
  fan_out_failed: true,
  delivery_postponed: true,
  delivery_failed: true,
  email_misconfigured: true,
  platform_admin_address_bounced: true,
  summary_model_failed: true,
  urgent_bar_unavailable: true,
  urgent_bar_update_failed: true,
  socket_message_failed: true,
  socket_send_failed: true,
  backend_failed: true,
  cron_task_failed: true,
  webhook_reencryption_failed: true,
  webhook_update_failed: true,
  push_key_refused: true,
  jwks_unavailable: true,
  jwks_key_skipped: true,
  platform_entry_invalid: true,
  platform_lookups_limited: true,
} satisfies Record<FailureEvent, true>

/** Part of every input, so that a log line that repeats any input is found. */
const PRIVATE = "payroll-of-anna"
const SENT = "/api/notifications/"
const INBOX = "/api/notifications/v1"
const WEBHOOK = "/webhooks/v1/notification/"
const KEY = { "x-notification-key": "webhook-key-new" }
const message = { author: alice.email, message: PRIVATE, sent_to: "all_org_users", org_slug: "acme", urgent: true }
const sentence = (id = RUN_ID) => ({ body: `Flow run ${PRIVATE} with id ${id} entered state Failed` })

/** Every call of a console method: the method and its arguments. */
let written: unknown[][]
let tokens: string[]
let queue: ReturnType<typeof captureQueues>

beforeEach(() => {
  written = []
  tokens = []
  for (const method of ["log", "info", "warn", "error", "debug"] as const) {
    vi.spyOn(console, method).mockImplementation((...args) => void written.push([method, ...args]))
  }
  queue = captureQueues()
})

const lines = (): (LogLine & { level: LogLevel })[] => written.map(([, line]) => JSON.parse(line as string))
const loggedEvents = () => new Set(lines().map(({ event }) => event))
const getWithToken = async (token: string, path = INBOX) => {
  tokens.push(token)
  return request(path, { headers: { authorization: `Bearer ${token}` } })
}

function expectNothingPrivateLogged() {
  expect(written.length, "each of these tests must log something").toBeGreaterThan(0)
  const secrets = [
    ...["JWT_SECRET", "UNSUBSCRIBE_SECRET", "PREFECT_API_AUTH_STRING"].map((name) => env[name] as string),
    btoa(env.PREFECT_API_AUTH_STRING as string),
    "webhook-key",
    "service-key",
    "eyJ",
    "@",
    PRIVATE,
    ...tokens.flatMap((token) => token.split(".").filter((part) => part.length > 6)),
  ]
  for (const [method, line, ...more] of written) {
    expect([method, ...more]).toEqual(["log"])
    expect(line).toSatisfy((text) => typeof text === "string" && !text.includes("\n"))
    const { level, ...fields } = JSON.parse(line as string)
    expect(LOG_LEVELS).toHaveProperty(fields.event, level)
    if (isFailure(fields.event)) expect(fields.reason, line as string).toMatch(/./)
    for (const field of Object.keys(fields)) expect(FIELDS).toHaveProperty(field)
    for (const secret of secrets)
      expect((line as string).includes(secret), `${secret} in ${line as string}`).toBe(false)
  }
}

describe("nothing private is logged", () => {
  afterEach(expectNothingPrivateLogged)

  it("while a failed run is received, summarised and delivered", async () => {
    const run = failedRun({ name: PRIVATE, state: { message: `${PRIVATE}: token=abc for ${bob.email}` } })
    const logs = [logLine(40, `${PRIVATE} ${bob.email}`)]
    fakeFetch(fakePrefect({ run: run as never, logs }), fakeSes().handler)
    fakeAi({ response: aiAnswer(PRIVATE) })
    expect((await anonymous.post(WEBHOOK, sentence(), KEY)).status).toBe(200)
    await queue.drain()
    await runCron()
    expect(loggedEvents()).toEqual(
      new Set(["notification_published", "signal_processed", "summary_added", "delivery_sent"]),
    )
  })

  it("when Prefect, the model and the email provider all fail", async () => {
    const logs = [logLine(40, `${PRIVATE} ${bob.email}`)]
    const { handler } = fakeSes((to) => new Response(`no such address: ${to} ${PRIVATE}`, { status: 400 }))
    fakeFetch(fakePrefect({ logs }), handler)
    fakeAi(new Error(`${PRIVATE} does not fit the model`))
    await anonymous.post(WEBHOOK, sentence(), KEY)
    await queue.drain()
    expect([...loggedEvents()]).toEqual(expect.arrayContaining(["summary_model_failed", "delivery_failed"]))

    fakeFetch((call) => {
      throw new TypeError(`${call.url} ${PRIVATE} ${bob.email}`)
    })
    await anonymous.post(WEBHOOK, sentence("99999999-2222-4333-8444-555555555555"), KEY)
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() })
    for (let i = 0; i < 10; i++) {
      await queue.drain()
      vi.setSystemTime(Date.now() + 7 * 3_600_000)
      await runCron()
    }
    expect(loggedEvents()).toContain("signal_failed")
  })

  it("when people send notifications", async () => {
    fakeFetch(fakeSes((to) => Response.json({ message: `${to} ${PRIVATE}` }, { status: 500 })).handler)
    await alice.post(SENT, { ...message, email_subject: PRIVATE }, { "idempotency-key": PRIVATE })
    await alice.post(SENT, { ...message, sent_to: "single_user", user_email: bob.email })
    await server.post(SENT, { ...message, sent_to: "all_users" })
    await queue.drain()
    await runCron()
    expect(loggedEvents()).toEqual(new Set(["notification_published", "delivery_postponed"]))
  })

  it("when requests are not authenticated", async () => {
    const good = await tokenFor("1")
    const [header, , signature] = good.split(".")
    const claims = btoa(JSON.stringify({ ...claimsOf("4"), email: bob.email })).replaceAll("=", "")
    for (const token of [
      `${header}.${claims}.${signature}`,
      await tokenFor("1", { exp: 1 }),
      await tokenFor(bob.email, { token_type: "refresh" }),
      "service-key-stolen",
      PRIVATE,
    ]) {
      expect((await getWithToken(token)).ok).toBe(false)
    }
    await anonymous.post(WEBHOOK, sentence(), { "x-notification-key": "webhook-key-stolen" })
    await charlie.post(SENT, message)
    expect(loggedEvents()).toEqual(new Set(["access_token_rejected"]))
  })

  it("when input is not understood", async () => {
    for (const body of [PRIVATE, { body: `${PRIVATE} ${bob.email}` }, null]) await anonymous.post(WEBHOOK, body, KEY)
    await alice.post(SENT, { ...message, category: PRIVATE, [PRIVATE]: bob.email })
    await alice.get(`${INBOX}?page=${PRIVATE}`)
    await anonymous.get(`/unsubscribe?token=${PRIVATE}`, { "x-request-id": `${PRIVATE} ${bob.email}` })
    expect(loggedEvents()).toEqual(new Set(["signal_not_understood"]))
  })

  it("whatever a chat webhook answers", async () => {
    const DISCORD = `https://discord.com/api/webhooks/1/${PRIVATE}`
    const change = { enable_discord_notifications: true, discord_webhook: DISCORD }
    for (const answer of [429, 400, 404]) {
      fakeFetch(fakeSes().handler, () => new Response(`${PRIVATE} ${DISCORD}`, { status: answer }))
      await alice.put("/api/orgpreferences/enable-discord-notifications", change)
      await alice.post("/api/orgpreferences/test-discord")
      await alice.post(SENT, message)
      await queue.drain()
    }
    expect(loggedEvents()).toEqual(
      new Set(["notification_published", "delivery_postponed", "delivery_failed", "delivery_sent", "signal_processed"]),
    )
  })

  it("when mails are postponed, suppressed and failed", async () => {
    const body = { channel: "email" as const, notificationId: 1, recipientIds: [alice.orgUserId, bob.orgUserId] }
    const { handler } = fakeSes((to) => (to === bob.email ? new Response(null, { status: 500 }) : undefined))
    fakeFetch(handler)
    await alice.post(SENT, message)
    await selectRows("UPDATE org_users SET removed_at = 1 WHERE id = ?", alice.orgUserId)
    await consume("dalgo-deliveries", [body])
    fakeFetch(fakeSes(() => new Response(null, { status: 400 })).handler)
    await selectRows("UPDATE deliveries SET due_at = 1 WHERE due_at > 1")
    await consume("dalgo-deliveries", [body])
    const fields = { notification_id: 1, channel: "email", count: 1 }
    expect(lines().filter(({ event }) => event.startsWith("delivery_"))).toEqual([
      { level: "info", event: "delivery_suppressed", reason: "not_a_member", ...fields },
      { level: "warn", event: "delivery_postponed", reason: "SES answered 500", ...fields },
      { level: "error", event: "delivery_failed", outcome: "failed", reason: "SES answered 400", ...fields },
    ])
  })

  it("when the database fails", async () => {
    const fail = () => {
      throw new Error(`D1_ERROR: SELECT '${bob.email}', '${PRIVATE}'`)
    }
    const token = await tokenFor("1")
    tokens.push(token)
    const through = workerWithEnv({ DB: { prepare: fail, batch: fail } })
    const headers = { cookie: `access_token=${token}`, "content-type": "application/json", ...KEY }
    await through(INBOX, { headers })
    await through(SENT, { method: "POST", headers, body: JSON.stringify(message) })
    await through(WEBHOOK, { method: "POST", headers, body: JSON.stringify(sentence()) })
    expect(lines().map(({ event, status }) => `${event} ${status}`)).toEqual(Array(3).fill("request_failed 500"))
  })

  it("when Dalgo's backend fails", async () => {
    const token = await tokenFor("1")
    tokens.push(token)
    const through = workerWithEnv({ PLATFORM_ORIGIN: "https://platform.dalgo.test" })
    const headers = { cookie: `access_token=${token}`, "content-type": "application/json" }
    for (const respond of [
      () => new Response(`<p>${PRIVATE} ${bob.email}`, { status: 500 }),
      () => Response.json({ detail: `${PRIVATE} ${bob.email}` }, { status: 403 }),
      () => {
        throw new TypeError(`${PRIVATE} ${bob.email}`)
      },
    ]) {
      fakeFetch(respond)
      await through("/api/userpreferences/", { headers })
      await through("/api/userpreferences/", { method: "PUT", headers, body: JSON.stringify({ [PRIVATE]: bob.email }) })
    }
    expect(lines().map(({ event }) => event)).toEqual(Array(6).fill("backend_failed"))
  })

  it("when queues and urgent bars fail", async () => {
    const failure = new Error(`${PRIVATE} for ${bob.email}`)
    vi.spyOn(env.SIGNALS, "send").mockRejectedValue(failure)
    vi.spyOn(env.DELIVERIES, "sendBatch").mockRejectedValue(failure)
    vi.spyOn(env.URGENT_BAR, "getByName").mockReturnValue({
      bar: () => Promise.reject(failure),
      arrived: () => Promise.reject(failure),
    } as never)
    await anonymous.post(WEBHOOK, sentence(), KEY)
    await alice.post(SENT, message)
    expect((await alice.get("/api/notifications/urgent-bar")).status).toBe(200)
    await vi.waitFor(() => expect(loggedEvents()).toContain("urgent_bar_update_failed"))
    expect(loggedEvents()).toEqual(
      new Set(["enqueue_failed", "notification_published", "urgent_bar_unavailable", "urgent_bar_update_failed"]),
    )
  })

  it("when messages become dead letters", async () => {
    const DEAD = { level: "error", event: "dead_letters_received", reason: "every retry failed" }
    await anonymous.post(WEBHOOK, sentence(), KEY)
    await consume("dalgo-signals-dead", [
      { kind: "prefect", eventId: 1 },
      { kind: "summary", flowRunId: RUN_ID },
      { kind: "fan_out", notificationId: 1 },
    ])
    await consume("dalgo-deliveries-dead", [{ channel: "email", notificationId: 1, recipientIds: [1, 2] }])
    expect(lines().filter(({ event }) => event === "dead_letters_received")).toEqual([
      { ...DEAD, queue: "dalgo-signals-dead", count: 3 },
      { ...DEAD, queue: "dalgo-deliveries-dead", count: 1 },
    ])
  })
})

it("names the reason of a failure by the type of its line", () => {
  // @ts-expect-error A failure needs a reason.
  log({ event: "delivery_postponed" })
  log({ event: "delivery_postponed", reason: "SES answered 500" })
  log({ event: "delivery_sent" })
  for (const event of Object.keys(LOG_LEVELS) as LogEvent[]) {
    expect(Object.hasOwn(FAILURES, event), event).toBe(isFailure(event))
  }
})

it.each(Object.entries(LOG_LEVELS))("writes %s as one line of JSON with its level: %s", (event, level) => {
  log({ event: event as FailureEvent, reason: "TypeError" })
  expect(written).toEqual([["log", JSON.stringify({ level, event, reason: "TypeError" })]])
})

it("logs one line for each reason of a delivery", async () => {
  const body = { channel: "email" as const, notificationId: 1, recipientIds: [alice.orgUserId, bob.orgUserId] }
  const { handler } = fakeSes((to) => new Response(null, { status: to === bob.email ? 500 : 503 }))
  fakeFetch(handler)
  await alice.post(SENT, message)
  await consume("dalgo-deliveries", [body])
  const line = { level: "warn", event: "delivery_postponed", notification_id: 1, channel: "email", count: 1 }
  expect(lines().filter(({ event }) => event === "delivery_postponed")).toEqual(
    expect.arrayContaining([
      { ...line, reason: "SES answered 500" },
      { ...line, reason: "SES answered 503" },
    ]),
  )
})

it("logs a rejected token with the id of its request, and the caller's own apart", async () => {
  const answer = await request(INBOX, { headers: { authorization: `Bearer ${PRIVATE}`, "x-request-id": "web-app-17" } })
  expect(answer.headers.get("x-request-id")).not.toBe("web-app-17")
  expect(lines()).toEqual([
    {
      level: "warn",
      event: "access_token_rejected",
      request_id: answer.headers.get("x-request-id"),
      client_request_id: "web-app-17",
      reason: "JwtTokenInvalid",
    },
  ])
})

it("logs a rejected token with the id of its request", async () => {
  const answer = await getWithToken(PRIVATE)
  expect(lines()).toEqual([
    {
      level: "warn",
      event: "access_token_rejected",
      request_id: answer.headers.get("x-request-id"),
      reason: "JwtTokenInvalid",
    },
  ])
})

const [, logEvents = ""] = /\n## Log events\n(.*?)(?=\n## |$)/s.exec(operations) ?? []

it("has the same events and levels as the table in docs/operations.md", () => {
  const documented = Array.from(logEvents.matchAll(/^\| `(\w+)` \| (\w+) \|/gm), ([, event, level]) => [event, level])
  expect(documented.length).toBe(Object.keys(LOG_LEVELS).length)
  expect(Object.fromEntries(documented)).toEqual(LOG_LEVELS)
})

it("has every field in docs/operations.md", () => {
  const documented = logEvents.slice(logEvents.indexOf("| field |"), logEvents.indexOf("A line never"))
  for (const field of Object.keys(FIELDS)) expect(documented + "`event`").toContain(`\`${field}\``)
})
