import { env } from "cloudflare:workers"
import { beforeEach, expect, it } from "vitest"
import { alice, bob } from "../support/people"
import { captureQueues } from "../support/queues"
import { openTabWithSnapshot } from "../support/sockets"
import { acmeBar, appendSummary, insertUrgent, setRead } from "../support/urgent-bar"

const bytesOf = (text: string) => new TextEncoder().encode(text).length

beforeEach(() => {
  captureQueues()
})

const fill = (unit: string, length: number) => unit.repeat(Math.floor(length / unit.length))

const SCRIPTS: [string, string][] = [
  ["ASCII", "a"],
  ["words", "the survey is down "],
  ["lines", "line\n"],
  ["Devanagari", "सर्वेक्षण "],
  ["emoji", "😀"],
  ["families of emoji", "👩‍👩‍👧‍👦"],
  ["combining marks", "e\u0301"],
  ["control characters", "x\u0001\u0001\u0001\u0001"],
  ["line separators", "\u2028x"],
  ["quotes", '"'],
  ["backslashes", "\\"],
  ["markup", "<b>&amp;</b>"],
]

it.each(SCRIPTS)(
  "sends 10,000 characters of %s in a frame of 1,000 bytes, and returns the full text by REST",
  async (_, unit) => {
    const message = fill(unit, 10_000).trim()
    const author = fill(unit, 254).trim()
    const { tab } = await openTabWithSnapshot(bob)
    const answer = await alice.post("/api/notifications/", {
      author,
      message,
      sent_to: "all_org_users",
      org_slug: "acme",
      urgent: true,
      category: "dbt_test_failure",
    })
    expect(answer.status).toBe(200)

    const added = await tab.text()
    expect(bytesOf(added)).toBeLessThanOrEqual(1_000)
    const { item } = JSON.parse(added).data
    expect(item.message.isWellFormed()).toBe(true)
    expect(item.message.endsWith("…")).toBe(true)
    expect(message.startsWith(item.message.slice(0, -1))).toBe(true)
    expect(author.startsWith(item.author.replace(/…$/, ""))).toBe(true)
    // The frame is at most one word or character shorter than the limit allows.
    expect(bytesOf(added)).toBeGreaterThan(850)

    const { res } = await (await bob.get("/api/notifications/urgent-bar")).json<any>()
    expect(res[0]).toMatchObject({ id: item.id, message, author })
  },
)

it("sends at most 1,000 bytes when an item is marked as unread, and in a snapshot of one item", async () => {
  const id = await insertUrgent({ to: [bob.orgUserId], message: fill("सर्वेक्षण ", 10_000) })
  const { tab, snapshot } = await openTabWithSnapshot(bob)
  expect(bytesOf(JSON.stringify(snapshot))).toBeLessThanOrEqual(1_000)
  for (const isRead of [true, false]) {
    await setRead(bob.orgUserId, [id], isRead)
    await acmeBar().changed({ orgUserIds: [bob.orgUserId] })
  }
  await tab.frame()
  const frame = await tab.text()
  expect(JSON.parse(frame).data).toMatchObject({ type: "urgent_added", item: { id } })
  expect(bytesOf(frame)).toBeLessThanOrEqual(1_000)
})

it("sends at most 1,000 bytes when a summary is added, with the largest ids", async () => {
  await env.DB.prepare("UPDATE sqlite_sequence SET seq = 9000000000000000 WHERE name = 'notifications'").run()
  await env.DB.prepare(
    `INSERT INTO notifications (id, org_id, author, message, category, urgent, created_at, sent_at, publication_id)
     VALUES (9007199254740991, 1, ?, ?, 'dbt_test_failure', 1, ?, ?, 'largest')`,
  )
    .bind(fill("अ", 254), fill("अ", 10_000), Date.now(), Date.now())
    .run()
  await env.DB.prepare(
    `INSERT INTO notification_recipients (org_user_id, is_read, sent_at, notification_id, category, urgent)
     SELECT 2, 0, sent_at, id, category, 1 FROM notifications`,
  ).run()
  const { tab } = await openTabWithSnapshot(bob)
  const id = 9_007_199_254_740_991
  await appendSummary(id, fill("व", 1_500))
  await acmeBar().itemUpdated({ notificationId: id })
  const updated = await tab.text()
  expect(JSON.parse(updated).data).toMatchObject({ type: "item_updated", item: { id } })
  expect(bytesOf(updated)).toBeLessThanOrEqual(1_000)
})
