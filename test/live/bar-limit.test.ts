import { expect, it } from "vitest"
import { bob } from "../support/people"
import { openTabWithSnapshot } from "../support/sockets"
import { acmeBar, expectedBar, insertUrgent, setRead } from "../support/urgent-bar"

const BOB = bob.orgUserId

/** Sixty urgent and unread, newest first. */
async function sixty(): Promise<number[]> {
  const start = Date.now() - 60_000
  const ids = []
  for (let i = 0; i < 60; i++) ids.push(await insertUrgent({ to: [BOB], message: `Failure ${i}`, sentAt: start + i }))
  return ids.toReversed()
}

const barOf = async () => {
  const { res, total } = await (await bob.get("/api/notifications/urgent-bar")).json<any>()
  return { ids: res.map((item: { id: number }) => item.id), total }
}

it("shows the newest fifty of sixty, and says that there are sixty", async () => {
  const ids = await sixty()
  const { snapshot } = await openTabWithSnapshot(bob)
  expect(snapshot.urgent.map((item) => item.id)).toEqual(ids.slice(0, 50))
  expect(snapshot.unread_count).toBe(60)
  expect(await barOf()).toEqual({ ids: ids.slice(0, 50), total: 60 })
})

it("lets the next one in when one is read", async () => {
  const ids = await sixty()
  const { tab } = await openTabWithSnapshot(bob)
  await bob.put("/api/notifications/v1", { notification_ids: [ids[7]], read_status: true })
  expect(await tab.frame()).toMatchObject({ type: "urgent_removed", ids: [ids[7]], unread_count: 59 })
  expect(await tab.frame()).toMatchObject({ type: "urgent_added", item: { id: ids[50] }, unread_count: 59 })
  expect(await barOf()).toEqual({ ids: ids.filter((id) => id !== ids[7]).slice(0, 50), total: 59 })
})

it("lets the last one go when another arrives", async () => {
  const ids = await sixty()
  const { tab } = await openTabWithSnapshot(bob)
  const id = await insertUrgent({ to: [BOB] })
  await acmeBar().arrived({ notificationId: id, orgUserIds: [BOB] })
  expect(await tab.frame()).toMatchObject({ type: "urgent_removed", ids: [ids[49]], unread_count: 61 })
  expect(await tab.frame()).toMatchObject({ type: "urgent_added", item: { id }, unread_count: 61 })
  expect(await barOf()).toEqual({ ids: [id, ...ids.slice(0, 49)], total: 61 })
})

it("does not take a late hint of what is too old to be shown for the next arrival", async () => {
  const ids = await sixty()
  await openTabWithSnapshot(bob)
  await insertUrgent({ to: [BOB] })
  await acmeBar().arrived({ notificationId: ids[55] as number, orgUserIds: [BOB] })
  const { ids: truth, total } = await expectedBar(BOB)
  expect(await barOf()).toEqual({ ids: truth, total })
})

it("says only the number when one beyond the fifty is read", async () => {
  const ids = await sixty()
  const { tab } = await openTabWithSnapshot(bob)
  await setRead(BOB, [ids[55] as number], true)
  await acmeBar().changed({ orgUserIds: [BOB] })
  expect(await tab.frame()).toMatchObject({ type: "unread_count", unread_count: 59 })
  expect(await barOf()).toEqual({ ids: ids.slice(0, 50), total: 59 })
})

it("is empty at once when all are read", async () => {
  const ids = await sixty()
  const { tab } = await openTabWithSnapshot(bob)
  await bob.put("/api/notifications/mark_all_as_read")
  const text = await tab.text()
  expect(JSON.parse(text).data).toMatchObject({ type: "urgent_removed", ids: ids.slice(0, 50), unread_count: 0 })
  expect(text.length).toBeLessThanOrEqual(1_000)
  expect(await barOf()).toEqual({ ids: [], total: 0 })
})
