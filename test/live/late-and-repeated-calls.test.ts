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

/** What the copy of Bob's bar says without asking the database. */
async function copyOf(orgUserId: number) {
  const asked = countQueries()
  const { items, total } = await acmeBar().bar(orgUserId)
  expect(asked.statements()).toBe(0)
  return { ids: items.map((item) => item.id), total }
}

const shown = async (orgUserId: number) => {
  const { ids, total } = await expectedBar(orgUserId)
  return { ids, total }
}

const seqsOf = (tab: Tab) => tab.texts.flatMap((text): number[] => JSON.parse(text).data.seq ?? [])

const ascending = (a: number, b: number) => a - b

function expectGrowth(seqs: number[]) {
  expect(seqs).toEqual([...new Set(seqs)].toSorted(ascending))
}

it("takes the same hint any number of times", async () => {
  const { tab } = await openTabWithSnapshot(bob)
  const id = await insertUrgent({ to: [BOB] })
  for (let i = 0; i < 3; i++) await acmeBar().arrived({ notificationId: id, orgUserIds: [BOB] })
  for (let i = 0; i < 3; i++) await acmeBar().changed({ orgUserIds: [BOB] })

  expect(await tab.frame()).toMatchObject({ type: "urgent_added", item: { id }, unread_count: 1 })
  expect(await tab.rest()).toEqual([])
  expect(await copyOf(BOB)).toEqual(await shown(BOB))
})

const arrived = (id: number) => acmeBar().arrived({ notificationId: id, orgUserIds: [BOB] })
const changed = () => acmeBar().changed({ orgUserIds: [BOB] })

const ORDERS: [string, (first: number, second: number) => Promise<unknown>][] = [
  ["in order", async (first, second) => [await arrived(first), await arrived(second)]],
  ["the later one first", async (first, second) => [await arrived(second), await arrived(first)]],
  ["only the first", (first) => arrived(first)],
  ["only the second", (_, second) => arrived(second)],
  ["the change first", async (first, second) => [await changed(), await arrived(second), await arrived(first)]],
  ["all at once", (first, second) => Promise.all([arrived(first), arrived(second), changed()])],
  ["all at once, backwards", (first, second) => Promise.all([changed(), arrived(second), arrived(first)])],
  ["twice at once", (first, second) => Promise.all([first, second, second, first].map((id) => arrived(id)))],
]

it.each(ORDERS)("ends where the database is when two arrivals are told %s", async (_, tell) => {
  const { tab } = await openTabWithSnapshot(bob)
  const [first, second] = [await insertUrgent({ to: [BOB] }), await insertUrgent({ to: [BOB] })]
  await tell(first, second)

  expect(await copyOf(BOB)).toEqual(await shown(BOB))
  const frames = await tab.rest()
  expect(frames.map((frame) => (frame.type === "urgent_added" ? frame.item.id : 0)).toSorted(ascending)).toEqual([
    first,
    second,
  ])
  expect(frames.at(-1)).toMatchObject({ unread_count: 2 })
  expectGrowth(seqsOf(tab))
})

it("does not take a late hint of what was read meanwhile for the next arrival", async () => {
  await openTabWithSnapshot(bob)
  const first = await insertUrgent({ to: [BOB] })
  await arrived(first)
  await setRead(BOB, [first], true)
  await changed()
  const second = await insertUrgent({ to: [BOB] })
  await arrived(first)
  await arrived(second)
  expect(await copyOf(BOB)).toEqual(await shown(BOB))
})

it("does not take it so either when that arrival was sent earlier", async () => {
  await openTabWithSnapshot(bob)
  const first = await insertUrgent({ to: [BOB], sentAt: Date.now() + 1_000 })
  await arrived(first)
  await setRead(BOB, [first], true)
  await changed()
  await insertUrgent({ to: [BOB] })
  await arrived(first)
  expect(await copyOf(BOB)).toEqual(await shown(BOB))
})

it("does not take it so either where a colleague has it unread still", async () => {
  await openTabWithSnapshot(alice)
  await openTabWithSnapshot(bob)
  const both = [alice.orgUserId, BOB]
  const first = await insertUrgent({ to: both })
  await acmeBar().arrived({ notificationId: first, orgUserIds: both })
  await setRead(BOB, [first], true)
  await changed()
  await insertUrgent({ to: [BOB] })
  await acmeBar().arrived({ notificationId: first, orgUserIds: both })
  expect(await copyOf(BOB)).toEqual(await shown(BOB))
  expect(await copyOf(alice.orgUserId)).toEqual(await shown(alice.orgUserId))
})

it("carries each person forward by their own inbox", async () => {
  const people = [alice.orgUserId, BOB]
  await openTabWithSnapshot(alice)
  await openTabWithSnapshot(bob)
  await insertUrgent({ to: [BOB], sentAt: Date.now() + 1_000 })
  await changed()
  const id = await insertUrgent({ to: people })
  const asked = countQueries()
  await acmeBar().arrived({ notificationId: id, orgUserIds: people })
  // One for all, and one for Bob's whole bar, where it is not the newest.
  expect(asked.batches()).toBe(2)
  for (const person of people) expect(await copyOf(person)).toEqual(await shown(person))
})

it("keeps the order of the database when what was sent first is committed last", async () => {
  await openTabWithSnapshot(bob)
  const sentAt = Date.now()
  const later = await insertUrgent({ to: [BOB], sentAt: sentAt + 1 })
  await arrived(later)
  const earlier = await insertUrgent({ to: [BOB], sentAt })
  await arrived(earlier)
  expect((await expectedBar(BOB)).ids).toEqual([later, earlier])
  expect(await copyOf(BOB)).toEqual(await shown(BOB))
})

it("does not put an old item on top when it is marked as unread and its arrival is told again", async () => {
  const old = await insertUrgent({ to: [BOB], sentAt: Date.now() - 5_000 })
  await insertUrgent({ to: [BOB] })
  await setRead(BOB, [old], true)
  await openTabWithSnapshot(bob)
  await setRead(BOB, [old], false)
  await arrived(old)
  expect(await copyOf(BOB)).toEqual(await shown(BOB))
})

it("keeps an arrival that came while a text was read anew", async () => {
  const first = await insertUrgent({ to: [BOB] })
  const { tab } = await openTabWithSnapshot(bob)
  const second = await insertUrgent({ to: [BOB] })
  await appendSummary(first)
  const answer = holdNextAnswer()
  const rewriting = acmeBar().itemUpdated({ notificationId: first })
  await answer.asked()
  await arrived(second)
  answer.give()
  await rewriting

  expect((await tab.rest()).map((frame) => frame.type).toSorted()).toEqual(["item_updated", "urgent_added"])
  expectGrowth(seqsOf(tab))
  expect(await copyOf(BOB)).toEqual(await shown(BOB))
})

it("does not bring back what was read while its text was read anew", async () => {
  const id = await insertUrgent({ to: [BOB] })
  const { tab } = await openTabWithSnapshot(bob)
  await appendSummary(id)
  const answer = holdNextAnswer()
  const rewriting = acmeBar().itemUpdated({ notificationId: id })
  await answer.asked()
  await setRead(BOB, [id], true)
  await changed()
  answer.give()
  await rewriting

  expect((await tab.rest()).map((frame) => frame.type)).toEqual(["urgent_removed"])
  expect(await copyOf(BOB)).toEqual(await shown(BOB))
})

it("shows the new text of what arrived while it was written", async () => {
  const { tab } = await openTabWithSnapshot(bob)
  const id = await insertUrgent({ to: [BOB], message: "It failed" })
  const answer = holdNextAnswer()
  const arriving = arrived(id)
  await answer.asked()
  await appendSummary(id)
  const rewriting = acmeBar().itemUpdated({ notificationId: id })
  // It waits for the arrival.
  await scheduler.wait(30)
  answer.give()
  await Promise.all([arriving, rewriting])

  expect((await acmeBar().bar(BOB)).items).toMatchObject([{ id, message: "It failed\n\nThe source was down" }])
  await vi.waitFor(() => expect(tab.texts.at(-1)).toContain("The source was down"))
  expectGrowth(seqsOf(tab))
})

it("shows what arrived while a bar was read for the first time", async () => {
  const answer = holdNextAnswer()
  const looking = acmeBar().bar(BOB)
  await answer.asked()
  await arrived(await insertUrgent({ to: [BOB] }))
  answer.give()
  await looking
  expect(await copyOf(BOB)).toEqual(await shown(BOB))
})

it("shows to a tab what arrived while it connected", async () => {
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

it("has whoever asks wait for the changes that are on their way, and see them", async () => {
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

it("asks one question for a hint that it had already", async () => {
  await openTabWithSnapshot(bob)
  const id = await insertUrgent({ to: [BOB] })
  await arrived(id)
  const asked = countQueries()
  await arrived(id)
  expect(asked.batches()).toBe(1)
})

it("asks the database nothing for people who are not looking", async () => {
  const id = await insertUrgent({ to: [BOB] })
  const asked = countQueries()
  await arrived(id)
  await changed()
  await acmeBar().itemUpdated({ notificationId: id })
  expect(asked.statements()).toBe(0)
})

it("takes a hint that names people of another organisation for nothing", async () => {
  const { tab } = await openTabWithSnapshot(alice)
  const id = await insertUrgent({ to: [3] })
  await acmeBar().arrived({ notificationId: id, orgUserIds: [3] })
  expect(await tab.rest()).toEqual([])
})
