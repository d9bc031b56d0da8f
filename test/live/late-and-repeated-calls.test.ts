import { expect, it, vi } from "vitest"
import { alice, bob } from "../support/people"
import { openTab, openTabWithSnapshot, type Tab } from "../support/sockets"
import {
  acmeBar,
  appendSummary,
  countQueries,
  expectedBar,
  holdNextAnswer,
  insertUrgent,
  setRead,
} from "../support/urgent-bar"

const BOB = bob.orgUserId

/** The stored bar of a person. It must need no database query. */
async function storedBarOf(orgUserId: number) {
  const queries = countQueries()
  const { items, total } = await acmeBar().bar(orgUserId)
  expect(queries.statements()).toBe(0)
  return { ids: items.map((item) => item.id), total }
}

const expectedBarOf = async (orgUserId: number) => {
  const { ids, total } = await expectedBar(orgUserId)
  return { ids, total }
}

const seqsOf = (tab: Tab) => tab.texts.flatMap((text): number[] => JSON.parse(text).data.seq ?? [])

const ascending = (a: number, b: number) => a - b

function expectIncreasing(seqs: number[]) {
  expect(seqs).toEqual([...new Set(seqs)].toSorted(ascending))
}

it("sends one frame for repeated calls", async () => {
  const { tab } = await openTabWithSnapshot(bob)
  const id = await insertUrgent({ to: [BOB] })
  for (let i = 0; i < 3; i++) await acmeBar().arrived({ notificationId: id, orgUserIds: [BOB] })
  for (let i = 0; i < 3; i++) await acmeBar().changed({ orgUserIds: [BOB] })

  expect(await tab.frame()).toMatchObject({ type: "urgent_added", item: { id }, unread_count: 1 })
  expect(await tab.rest()).toEqual([])
  expect(await storedBarOf(BOB)).toEqual(await expectedBarOf(BOB))
})

const arrived = (id: number) => acmeBar().arrived({ notificationId: id, orgUserIds: [BOB] })
const changed = () => acmeBar().changed({ orgUserIds: [BOB] })

const ORDERS: [string, (first: number, second: number) => Promise<unknown>][] = [
  ["in order", async (first, second) => [await arrived(first), await arrived(second)]],
  ["the later one first", async (first, second) => [await arrived(second), await arrived(first)]],
  ["only the first", (first) => arrived(first)],
  ["only the second", (_, second) => arrived(second)],
  [
    "after a call about a change, the later one first",
    async (first, second) => [await changed(), await arrived(second), await arrived(first)],
  ],
  ["all at once", (first, second) => Promise.all([arrived(first), arrived(second), changed()])],
  ["all at once, backwards", (first, second) => Promise.all([changed(), arrived(second), arrived(first)])],
  ["twice at once", (first, second) => Promise.all([first, second, second, first].map((id) => arrived(id)))],
]

it.each(ORDERS)("equals the database after calls about two arrivals: %s", async (_, callObject) => {
  const { tab } = await openTabWithSnapshot(bob)
  const [first, second] = [await insertUrgent({ to: [BOB] }), await insertUrgent({ to: [BOB] })]
  await callObject(first, second)

  expect(await storedBarOf(BOB)).toEqual(await expectedBarOf(BOB))
  const frames = await tab.rest()
  expect(frames.map((frame) => (frame.type === "urgent_added" ? frame.item.id : 0)).toSorted(ascending)).toEqual([
    first,
    second,
  ])
  expect(frames.at(-1)).toMatchObject({ unread_count: 2 })
  expectIncreasing(seqsOf(tab))
})

it("ignores a late call about an item that was read meanwhile", async () => {
  await openTabWithSnapshot(bob)
  const first = await insertUrgent({ to: [BOB] })
  await arrived(first)
  await setRead(BOB, [first], true)
  await changed()
  const second = await insertUrgent({ to: [BOB] })
  await arrived(first)
  await arrived(second)
  expect(await storedBarOf(BOB)).toEqual(await expectedBarOf(BOB))
})

it("ignores a late call about a read item that is newer than the next arrival", async () => {
  await openTabWithSnapshot(bob)
  const first = await insertUrgent({ to: [BOB], sentAt: Date.now() + 1_000 })
  await arrived(first)
  await setRead(BOB, [first], true)
  await changed()
  await insertUrgent({ to: [BOB] })
  await arrived(first)
  expect(await storedBarOf(BOB)).toEqual(await expectedBarOf(BOB))
})

it("ignores a late call about a read item that a colleague has not read", async () => {
  await openTabWithSnapshot(alice)
  await openTabWithSnapshot(bob)
  const both = [alice.orgUserId, BOB]
  const first = await insertUrgent({ to: both })
  await acmeBar().arrived({ notificationId: first, orgUserIds: both })
  await setRead(BOB, [first], true)
  await changed()
  await insertUrgent({ to: [BOB] })
  await acmeBar().arrived({ notificationId: first, orgUserIds: both })
  expect(await storedBarOf(BOB)).toEqual(await expectedBarOf(BOB))
  expect(await storedBarOf(alice.orgUserId)).toEqual(await expectedBarOf(alice.orgUserId))
})

it("updates each person by their own inbox", async () => {
  const people = [alice.orgUserId, BOB]
  await openTabWithSnapshot(alice)
  await openTabWithSnapshot(bob)
  await insertUrgent({ to: [BOB], sentAt: Date.now() + 1_000 })
  await changed()
  const id = await insertUrgent({ to: people })
  const queries = countQueries()
  await acmeBar().arrived({ notificationId: id, orgUserIds: people })
  // One for all, and one for Bob's complete bar, since the arrival is not his newest item.
  expect(queries.batches()).toBe(2)
  for (const person of people) expect(await storedBarOf(person)).toEqual(await expectedBarOf(person))
})

it("keeps the order of sent_at when the earlier notification is committed last", async () => {
  await openTabWithSnapshot(bob)
  const sentAt = Date.now()
  const later = await insertUrgent({ to: [BOB], sentAt: sentAt + 1 })
  await arrived(later)
  const earlier = await insertUrgent({ to: [BOB], sentAt })
  await arrived(earlier)
  expect((await expectedBar(BOB)).ids).toEqual([later, earlier])
  expect(await storedBarOf(BOB)).toEqual(await expectedBarOf(BOB))
})

it("keeps the place of an old item that is marked as unread when its arrival is repeated", async () => {
  const old = await insertUrgent({ to: [BOB], sentAt: Date.now() - 5_000 })
  await insertUrgent({ to: [BOB] })
  await setRead(BOB, [old], true)
  await openTabWithSnapshot(bob)
  await setRead(BOB, [old], false)
  await arrived(old)
  expect(await storedBarOf(BOB)).toEqual(await expectedBarOf(BOB))
})

it("keeps an arrival during the reload of an item", async () => {
  const first = await insertUrgent({ to: [BOB] })
  const { tab } = await openTabWithSnapshot(bob)
  const second = await insertUrgent({ to: [BOB] })
  await appendSummary(first)
  const answer = holdNextAnswer()
  const updating = acmeBar().itemUpdated({ notificationId: first })
  await answer.asked()
  await arrived(second)
  answer.give()
  await updating

  expect((await tab.rest()).map((frame) => frame.type).toSorted()).toEqual(["item_updated", "urgent_added"])
  expectIncreasing(seqsOf(tab))
  expect(await storedBarOf(BOB)).toEqual(await expectedBarOf(BOB))
})

it("does not restore an item that was read during its reload", async () => {
  const id = await insertUrgent({ to: [BOB] })
  const { tab } = await openTabWithSnapshot(bob)
  await appendSummary(id)
  const answer = holdNextAnswer()
  const updating = acmeBar().itemUpdated({ notificationId: id })
  await answer.asked()
  await setRead(BOB, [id], true)
  await changed()
  answer.give()
  await updating

  expect((await tab.rest()).map((frame) => frame.type)).toEqual(["urgent_removed"])
  expect(await storedBarOf(BOB)).toEqual(await expectedBarOf(BOB))
})

it("shows the new text of an item that was summarised during its arrival", async () => {
  const { tab } = await openTabWithSnapshot(bob)
  const id = await insertUrgent({ to: [BOB], message: "It failed" })
  const answer = holdNextAnswer()
  const arriving = arrived(id)
  await answer.asked()
  await appendSummary(id)
  const updating = acmeBar().itemUpdated({ notificationId: id })
  // The update waits for the arrival.
  await scheduler.wait(30)
  answer.give()
  await Promise.all([arriving, updating])

  expect((await acmeBar().bar(BOB)).items).toMatchObject([{ id, message: "It failed\n\nThe source was down" }])
  await vi.waitFor(() => expect(tab.texts.at(-1)).toContain("The source was down"))
  expectIncreasing(seqsOf(tab))
})

it("shows an arrival during the first load of a bar", async () => {
  const answer = holdNextAnswer()
  const looking = acmeBar().bar(BOB)
  await answer.asked()
  await arrived(await insertUrgent({ to: [BOB] }))
  answer.give()
  await looking
  expect(await storedBarOf(BOB)).toEqual(await expectedBarOf(BOB))
})

it("shows an arrival during the handshake of a tab", async () => {
  await bob.get("/api/notifications/categories")
  const answer = holdNextAnswer()
  const opening = openTab(bob)
  await answer.asked()
  const id = await insertUrgent({ to: [BOB] })
  await arrived(id)
  answer.give()
  const tab = await opening
  expect(await tab.frame()).toMatchObject({ type: "snapshot", urgent: [{ id }], unread_count: 1 })
})

it("waits for pending changes before it returns a bar", async () => {
  const id = await insertUrgent({ to: [BOB] })
  await openTabWithSnapshot(bob)
  await setRead(BOB, [id], true)
  const answer = holdNextAnswer()
  const changing = changed()
  await answer.asked()
  const looking = acmeBar().bar(BOB)
  await scheduler.wait(30)
  answer.give()
  expect(await looking).toEqual({ items: [], total: 0 })
  await changing
})

it("does not wait for pending changes of another person's bar", async () => {
  await openTabWithSnapshot(alice)
  await openTabWithSnapshot(bob)
  const id = await insertUrgent({ to: [alice.orgUserId, BOB] })
  const answer = holdNextAnswer()
  const changing = acmeBar().changed({ orgUserIds: [alice.orgUserId] })
  await answer.asked()
  await changed()
  expect((await acmeBar().bar(BOB)).items).toMatchObject([{ id }])
  answer.give()
  await changing
})

it("makes one database round trip for a repeated call", async () => {
  await openTabWithSnapshot(bob)
  const id = await insertUrgent({ to: [BOB] })
  await arrived(id)
  const queries = countQueries()
  await arrived(id)
  expect(queries.batches()).toBe(1)
})

it("makes no database query for people without an open bar", async () => {
  const id = await insertUrgent({ to: [BOB] })
  const queries = countQueries()
  await arrived(id)
  await changed()
  await acmeBar().itemUpdated({ notificationId: id })
  expect(queries.statements()).toBe(0)
})

it("ignores a call about people of another organisation", async () => {
  const { tab } = await openTabWithSnapshot(alice)
  const id = await insertUrgent({ to: [3] })
  await acmeBar().arrived({ notificationId: id, orgUserIds: [3] })
  expect(await tab.rest()).toEqual([])
})
