import { runDurableObjectAlarm } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { expect, it, vi } from "vitest"
import { addDevice, SUBSCRIPTIONS_PATH } from "../support/devices"
import { fakePushServices } from "../support/fake-push-services"
import { insertNotification } from "../support/inbox"
import { aiAnswer, fakeAi } from "../support/fake-ai"
import { fakeFetch } from "../support/fake-fetch"
import { fakePrefect, RUN_ID } from "../support/fake-prefect"
import { runId } from "../support/prefect-webhook"
import { fakeSes } from "../support/fake-ses"
import { connected, platformEntry, platformHandler } from "../support/fake-platform"
import { alice, anonymous, bob, cookieOf, server } from "../support/people"
import { captureQueues, consume, runCron } from "../support/queues"
import { DISCORD_WEBHOOK, fakeChatProducts, SLACK_WEBHOOK } from "../support/fake-chat-products"
import { selectRows } from "../support/select-rows"
import { openTabWithSnapshot } from "../support/sockets"
import { bounceEvent, fakeSns, signMessage } from "../support/fake-sns"
import { acmeBar } from "../support/urgent-bar"

const inAMinute = () => new Date(Date.now() + 60_000).toISOString()

/** Runs every statement of the worker at least once. */
async function runEveryStatement(): Promise<void> {
  const devices = fakePushServices((endpoint) =>
    endpoint.endsWith("phone") ? new Response(null, { status: 410 }) : undefined,
  )
  const platform = platformHandler(() => [platformEntry(77, "umbrella")])
  let areGone = false
  const gone = () => (areGone ? new Response("no_service", { status: 404 }) : undefined)
  fakeFetch(fakePrefect(), fakeSes().handler, fakeSns(), devices.handler, fakeChatProducts(gone).handler, platform)
  fakeAi({ response: aiAnswer("the sync.") })
  expect((await connected("/api/notifications/v1", { headers: await cookieOf("77") })).status).toBe(200)
  const { drain } = captureQueues()
  await addDevice(bob, "phone")
  const laptop = await addDevice(bob, "laptop")
  const webhook = (body: string) =>
    anonymous.post("/webhooks/v1/notification/", { body }, { "x-notification-key": "webhook-key-new" })
  await webhook(`Flow run silver-heron with id ${RUN_ID} entered state Failed`)
  await webhook("nothing that we know")
  await webhook(
    `Flow run one with id ${runId(1)} entered state Failed\nFlow run two with id ${runId(2)} entered state Failed`,
  )
  await webhook(`Flow run silver-heron with id ${RUN_ID} entered state Completed`)
  await consume("dalgo-signals-dead", [{ kind: "fan_out", notificationId: 1 }])
  await drain()

  for (const query of ["", "?read_status=0", "?read_status=1"]) await bob.get(`/api/notifications/v1${query}`)
  const filters = [
    "category=incident",
    "category=incident,system&read_status=0",
    "urgent_only=true",
    "urgent_only=true&category=incident,late_run,system&read_status=1",
    "category=incident,schema_change,job_failure,late_run,system",
    "from=2026-01-01",
    "from=2026-01-01&to=2099-01-01&category=incident,system",
    "to=2099-01-01&read_status=0&urgent_only=true",
    "q=heron",
    "q=heron&from=2026-01-01&to=2099-01-01&category=incident&urgent_only=true&read_status=0",
  ]
  for (const filter of filters) {
    for (const place of ["", "&page=2", "&cursor=mo.1"]) {
      expect((await bob.get(`/api/notifications/filtered?${filter}${place}`)).status).toBe(200)
    }
  }
  await bob.get("/api/notifications/filtered?cursor=mo.1")
  for (const filter of ["", ...filters.filter((one) => !one.startsWith("q="))]) {
    for (const speaker of [alice, server]) {
      for (const place of ["", "&cursor=mo.1"]) {
        if (speaker === server && filter.includes("read_status")) continue
        expect((await speaker.get(`/api/notifications/history?${filter}${place}`)).status).toBe(200)
      }
    }
  }
  expect((await bob.get("/api/notifications/1/trace")).status).toBe(200)
  expect((await alice.get("/api/notifications/recipients?notification_id=1")).status).toBe(200)
  for (const speaker of [alice, server]) {
    for (const status of ["", "status=dead"]) {
      for (const place of ["", "&cursor=mo.1-email-2"]) {
        expect((await speaker.get(`/api/notifications/deliveries?${status}${place}`)).status).toBe(200)
      }
    }
  }
  // A sent delivery cannot be sent again, but the statement is the same.
  expect((await alice.post("/api/notifications/deliveries/1-email-2/resend")).status).toBe(400)
  await bob.get("/api/notifications/urgent-bar")
  await bob.get("/api/notifications/unread_count")
  expect((await server.get("/healthz")).status).toBe(200)
  await bob.get("/api/notifications/preferences")
  await bob.put("/api/notifications/preferences", { incident_notifications: false })
  await bob.get("/api/userpreferences/")
  await bob.put("/api/userpreferences/", { enable_email_notifications: false, disclaimer_shown: true })
  await alice.get("/api/orgpreferences/")
  for (const isNew of [true, false]) {
    const discord = { enable_discord_notifications: true, discord_webhook: isNew ? DISCORD_WEBHOOK : "" }
    await alice.put("/api/orgpreferences/enable-discord-notifications", discord)
    const slack = { enable_slack_notifications: true, slack_webhook: isNew ? SLACK_WEBHOOK : "" }
    await alice.put("/api/orgpreferences/enable-slack-notifications", slack)
  }
  expect((await alice.post("/api/orgpreferences/test-discord")).status).toBe(200)
  expect((await alice.post("/api/orgpreferences/test-slack")).status).toBe(200)
  await bob.put("/api/notifications/v1", { notification_ids: [1], read_status: true })
  await bob.put("/api/notifications/mark_all_as_read")

  const everyone = [
    { sent_to: "all_org_users", org_slug: "acme" },
    { sent_to: "all_org_users", org_slug: "acme", manager_or_above: true },
    { sent_to: "single_user", user_email: "bob@acme.test" },
    { sent_to: "single_user", user_email: "bob@acme.test", org_slug: "acme" },
    { sent_to: "all_users" },
    { sent_to: "all_users", manager_or_above: true },
    { recipients: [{ org_slug: "acme", user_id: 2 }] },
  ]
  for (const to of everyone) {
    await server.post(
      "/api/notifications/",
      { author: "a", message: "m", ...to },
      { "idempotency-key": JSON.stringify(to) },
    )
  }
  const failed = { org_slug: "acme", flow_run_id: runId(3), state: "FAILED", failed_step: null }
  expect((await server.post("/api/signals/platform-admins", failed)).status).toBe(200)
  const [spanning] = (await (await server.get("/api/notifications/history?limit=1")).json<any>()).res
  expect((await server.get(`/api/notifications/recipients?notification_id=${spanning.id}`)).status).toBe(200)
  await server.put("/api/orgs/initech", { name: "Initech", llm_optin: true, urgent_categories: null })
  const members = [{ user_id: 9, email: "ivy@initech.test", role: "admin" }]
  await server.put("/api/orgs/initech/members", members)
  await server.patch("/api/orgs/initech/members", members)
  await server.delete("/api/orgs/initech/members/9")
  await bob.post("/api/notifications/ticket")
  await bob.get(SUBSCRIPTIONS_PATH)
  await bob.post(SUBSCRIPTIONS_PATH, { ...laptop.subscription, replaces: laptop.subscription.endpoint })
  await bob.delete(SUBSCRIPTIONS_PATH, {}, { endpoint: laptop.subscription.endpoint })
  await openTabWithSnapshot(bob)
  await acmeBar().removed({ orgUserIds: [bob.orgUserId] })
  await runDurableObjectAlarm(acmeBar())

  for (const Message of [JSON.stringify(bounceEvent(bob.email)), "nothing that we know"]) {
    await anonymous.post("/webhooks/v1/ses/", await signMessage({ Message }))
  }

  vi.useFakeTimers({ toFake: ["Date"] })
  await alice.post("/api/notifications/", {
    author: "a",
    message: "m",
    ...everyone[0],
    scheduled_time: inAMinute(),
  })
  const [{ id }] = (await (await alice.get("/api/notifications/history?limit=1")).json<any>()).res
  expect((await alice.delete(`/api/notifications/?notification_id=${id}`)).status).toBe(200)
  await alice.post("/api/notifications/", { author: "a", message: "m", ...everyone[0], scheduled_time: inAMinute() })
  vi.setSystemTime(Date.now() + 120_000)
  for (const read of [true, false]) await insertNotification({ at: 1, read })
  for (const channel of ["operator_email", "operator_discord"]) {
    await selectRows(
      `INSERT INTO deliveries (notification_id, channel, recipient_id, status, created_at, updated_at, due_at)
       VALUES (1, ?, 1, 'pending', 1, 1, 1)`,
      channel,
    )
  }
  // The webhooks of one organisation are gone, and another one has webhooks in plain text.
  areGone = true
  for (const [product, plain] of [
    ["discord", DISCORD_WEBHOOK],
    ["slack", SLACK_WEBHOOK],
  ]) {
    await selectRows(
      "INSERT INTO chat_webhooks (org_id, product, enabled, webhook, created_at, updated_at) VALUES (2, ?, 0, ?, 0, 0)",
      product,
      plain,
    )
  }
  await runCron()
  await drain({ delayed: true })
}

/** A scan of a JSON parameter or of the rows of a subquery is not a table scan. */
const SCANS_A_LIST =
  /^SCAN (\S+ VIRTUAL TABLE|person|bar|inbox|history|failed|candidates|lookup|to_search|hits|progress|page|newest|pending_org$|due_org$|overdue$|\(subquery-\d+\)|CONSTANT ROW)/

it("uses an index and no sort in every statement", async () => {
  const statements = new Set<string>()
  const database = Object.getPrototypeOf(env.DB)
  const prepare = database.prepare
  vi.spyOn(database, "prepare").mockImplementation(function (this: D1Database, statement: any) {
    statements.add(statement)
    return prepare.call(this, statement)
  })
  await runEveryStatement()
  vi.restoreAllMocks()
  expect(
    await selectRows("SELECT 1 FROM signal_events WHERE source = 'room_gone' AND status = 'processed'"),
  ).not.toEqual([])
  expect(await selectRows("SELECT 1 FROM chat_webhooks WHERE webhook LIKE 'https:%'")).toEqual([])
  expect(await selectRows("SELECT 1 FROM deliveries WHERE channel LIKE 'operator%' AND due_at IS NULL")).toHaveLength(3)

  expect(statements.size).toBeGreaterThan(40)
  const slow: Record<string, string[]> = {}
  for (const statement of statements) {
    const values = Array.from(statement.matchAll(/\?/g), () => "[]")
    const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${statement}`)
      .bind(...values)
      .all<{ detail: string }>()
    const steps = results.map((step) => step.detail)
    const bad = steps.filter(
      (step) => /TEMP B-TREE/.test(step) || (step.startsWith("SCAN") && !SCANS_A_LIST.test(step)),
    )
    if (bad.length > 0) slow[statement] = bad
  }
  expect(slow).toEqual({})
})
