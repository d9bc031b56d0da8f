import { expect, it } from "vitest"
import { urgentBarOf } from "../support/inbox"
import { bob } from "../support/people"
import { openTabWithSnapshot } from "../support/sockets"
import { acmeBar, expectedBar, insertUrgent, setRead } from "../support/urgent-bar"

const BOB = bob.orgUserId

/** Inserts sixty urgent unread notifications. Returns their ids, newest first. */
async function insertSixty(): Promise<number[]> {
  const start = Date.now() - 60_000
  const ids = []
  for (let i = 0; i < 60; i++) ids.push(await insertUrgent({ to: [BOB], message: `Failure ${i}`, sentAt: start + i }))
  return ids.toReversed()
}

it("shows the newest fifty of sixty, with a total of sixty", async () => {
  const ids = await insertSixty()
  const { snapshot } = await openTabWithSnapshot(bob)
  expect(snapshot.urgent.map((item) => item.id)).toEqual(ids.slice(0, 50))
  expect(snapshot.unread_count).toBe(60)
  expect(await urgentBarOf(bob)).toEqual({ ids: ids.slice(0, 50), total: 60 })
})

it("adds the next item when one is read", async () => {
  const ids = await insertSixty()
  const { tab } = await openTabWithSnapshot(bob)
  await bob.put("/api/notifications/v1", { notification_ids: [ids[7]], read_status: true })
  expect(await tab.frame()).toMatchObject({ type: "urgent_removed", ids: [ids[7]], unread_count: 59 })
  expect(await tab.frame()).toMatchObject({ type: "urgent_added", item: { id: ids[50] }, unread_count: 59 })
  expect(await urgentBarOf(bob)).toEqual({ ids: ids.filter((id) => id !== ids[7]).slice(0, 50), total: 59 })
})

it("removes the oldest item when another arrives", async () => {
  const ids = await insertSixty()
  const { tab } = await openTabWithSnapshot(bob)
  const id = await insertUrgent({ to: [BOB] })
  await acmeBar().arrived({ notificationId: id, orgUserIds: [BOB] })
  expect(await tab.frame()).toMatchObject({ type: "urgent_removed", ids: [ids[49]], unread_count: 61 })
  expect(await tab.frame()).toMatchObject({ type: "urgent_added", item: { id }, unread_count: 61 })
  expect(await urgentBarOf(bob)).toEqual({ ids: [id, ...ids.slice(0, 49)], total: 61 })
})

it("ignores a late call about an item below the newest fifty", async () => {
  const ids = await insertSixty()
  await openTabWithSnapshot(bob)
  await insertUrgent({ to: [BOB] })
  await acmeBar().arrived({ notificationId: ids[55] as number, orgUserIds: [BOB] })
  const { ids: expectedIds, total } = await expectedBar(BOB)
  expect(await urgentBarOf(bob)).toEqual({ ids: expectedIds, total })
})

it("sends only unread_count when an item below the newest fifty is read", async () => {
  const ids = await insertSixty()
  const { tab } = await openTabWithSnapshot(bob)
  await setRead(BOB, [ids[55] as number], true)
  await acmeBar().changed({ orgUserIds: [BOB] })
  expect(await tab.frame()).toMatchObject({ type: "unread_count", unread_count: 59 })
  expect(await urgentBarOf(bob)).toEqual({ ids: ids.slice(0, 50), total: 59 })
})

it("sends one frame when all are marked as read", async () => {
  const ids = await insertSixty()
  const { tab } = await openTabWithSnapshot(bob)
  await bob.put("/api/notifications/mark_all_as_read")
  const text = await tab.text()
  expect(JSON.parse(text).data).toMatchObject({ type: "urgent_removed", ids: ids.slice(0, 50), unread_count: 0 })
  expect(text.length).toBeLessThanOrEqual(1_000)
  expect(await urgentBarOf(bob)).toEqual({ ids: [], total: 0 })
})
