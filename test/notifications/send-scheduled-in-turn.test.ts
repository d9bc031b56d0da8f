import { beforeEach, describe, expect, it, vi } from "vitest"
import { clearMembershipCache } from "../../src/auth/membership"
import { HOUR, MINUTE, NOON } from "../support/clock"
import { messagesOf } from "../support/inbox"
import { ACME, alice, bob, charlie, GLOBEX } from "../support/people"
import { captureQueues, limitQueueShare, runCron } from "../support/queues"
import { selectRows } from "../support/select-rows"

let sent: ReturnType<typeof captureQueues>["sent"]
let drain: ReturnType<typeof captureQueues>["drain"]
let lose: ReturnType<typeof captureQueues>["lose"]

beforeEach(() => {
  vi.setSystemTime(NOON)
  ;({ sent, drain, lose } = captureQueues())
})

/** Schedules `count` notifications for the same minute, as the API would. `null`: to all users. */
const schedule = (orgId: number | null, count: number) =>
  selectRows(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
     INSERT INTO notifications (org_id, author, message, category, audience, created_at, scheduled_at, due_at, publication_id)
     SELECT ?2, 'a', ?3 || ' ' || i, 'system', ?4, ?5, ?5 + 60000, ?5 + 60000, ?3 || ' ' || i FROM n`,
    count,
    orgId,
    `org ${orgId ?? "none"}`,
    JSON.stringify(
      orgId === null ? { kind: "everyone", adminsOnly: false } : { kind: "org", orgId, adminsOnly: false },
    ),
    NOON,
  )
const fanOuts = () => sent.filter(({ body }) => "kind" in body && body.kind === "fan_out")
const unsent = () => selectRows("SELECT org_id FROM notifications WHERE sent_at IS NULL")
const afterAMinute = () => {
  vi.setSystemTime(NOON + MINUTE)
  clearMembershipCache()
}

it("sends the one of another organisation in the first run, though 130 were scheduled before it", async () => {
  await schedule(ACME, 130)
  await schedule(GLOBEX, 1)
  afterAMinute()
  await runCron()
  // The cron itself sends ten, in turn.
  expect(await messagesOf(charlie)).toEqual(["org 2 1"])
  expect(await unsent()).toHaveLength(121)
  expect(fanOuts()).toHaveLength(121)
})

it("gives all but the first to the queue, and what is beyond the share of an organisation to the bulk lane", async () => {
  limitQueueShare(10)
  await schedule(ACME, 130)
  await schedule(GLOBEX, 7)
  afterAMinute()
  await runCron()
  expect(fanOuts()).toHaveLength(127)
  const normal = fanOuts().filter(({ queue }) => queue === "dalgo-signals")
  const ids = normal.map(({ body }) => ("notificationId" in body ? body.notificationId : 0))
  expect(
    await selectRows(
      "SELECT org_id FROM notifications WHERE id IN (SELECT value FROM json_each(?))",
      JSON.stringify(ids),
    ),
  ).toEqual([{ org_id: ACME }, { org_id: ACME }, { org_id: GLOBEX }, { org_id: GLOBEX }])
})

it("takes a notification to all users as the one of another organisation", async () => {
  await schedule(ACME, 130)
  await schedule(null, 1)
  afterAMinute()
  await runCron()
  expect(await messagesOf(charlie)).toEqual(["org none 1"])
})

it("takes at most 500 in one run, and as many of each organisation", async () => {
  await schedule(ACME, 600)
  await schedule(GLOBEX, 300)
  afterAMinute()
  await runCron()
  expect(fanOuts()).toHaveLength(490)
  const claimed = () =>
    selectRows("SELECT org_id, count(*) AS count FROM notifications WHERE due_at > ? GROUP BY 1", NOON + MINUTE)
  const half = [ACME, GLOBEX].map((org_id) => ({ org_id, count: 245 }))
  expect(await claimed()).toEqual(half)
  // The longest overdue of each.
  expect(await messagesOf(charlie)).toEqual([5, 4, 3, 2, 1].map((n) => `org 2 ${n}`))
})

describe("run twice at the same time", () => {
  it("enqueues and sends each notification once", async () => {
    await schedule(ACME, 25)
    afterAMinute()
    await Promise.all([runCron(), runCron()])
    expect(new Set(fanOuts().map(({ body }) => JSON.stringify(body))).size).toBe(fanOuts().length)
    await drain()
    expect(await selectRows("SELECT count(*) AS n FROM notification_recipients WHERE org_user_id = 2")).toEqual([
      { n: 25 },
    ])
  })

  it("leaves what was enqueued to the queue until the lease ends", async () => {
    await schedule(ACME, 25)
    afterAMinute()
    await runCron()
    sent.length = 0
    await runCron()
    expect(fanOuts()).toEqual([])
    expect(await unsent()).toHaveLength(15)
    vi.setSystemTime(NOON + 2 * MINUTE)
    await runCron()
    await drain()
    expect(await unsent()).toEqual([])
  })

  it("sends once what a message and the cron take at the same time", async () => {
    await schedule(ACME, 12)
    afterAMinute()
    await runCron()
    vi.setSystemTime(NOON + 2 * MINUTE)
    await Promise.all([drain(), runCron()])
    expect(await selectRows("SELECT count(*) AS n FROM notification_recipients WHERE org_user_id = 2")).toEqual([
      { n: 12 },
    ])
  })
})

it("sends all within two runs if the queue is not available", async () => {
  const log = vi.spyOn(console, "log").mockReturnValue()
  await schedule(ACME, 15)
  afterAMinute()
  lose("dalgo-signals")
  await runCron()
  expect(log.mock.calls.join()).toContain('"event":"enqueue_failed","queue":"dalgo-signals","reason":"Error","count":5')
  expect(await unsent()).toHaveLength(5)
  vi.setSystemTime(NOON + 2 * MINUTE)
  await runCron()
  expect(await unsent()).toEqual([])
})

it("tries one that fails in the queue every five minutes for a day, as one that fails in the cron", async () => {
  const log = vi.spyOn(console, "log").mockReturnValue()
  await schedule(ACME, 11)
  await selectRows("UPDATE notifications SET audience = '{' WHERE id = 11")
  afterAMinute()
  await runCron()
  await drain()
  expect(log.mock.calls.join()).toContain('"event":"fan_out_failed","notification_id":11,"reason":"SyntaxError"')
  const state = () => selectRows("SELECT attempts, due_at - ? AS due FROM notifications WHERE id = 11", Date.now())
  expect(await state()).toEqual([{ attempts: 1, due: 5 * MINUTE }])
  await selectRows("UPDATE notifications SET attempts = 287 WHERE id = 11")
  vi.setSystemTime(NOON + HOUR)
  await runCron()
  expect(await state()).toEqual([{ attempts: 288, due: null }])
})

it("does not send one that was cancelled after the cron had enqueued it", async () => {
  await schedule(ACME, 11)
  afterAMinute()
  await runCron()
  expect((await alice.delete("/api/notifications/?notification_id=11")).status).toBe(200)
  await drain()
  expect(await messagesOf(bob)).not.toContain("org 1 11")
})
