import { beforeEach, expect, it, vi } from "vitest"
import { alice, bob, charlie, dora } from "../support/people"
import { captureQueues, runCron } from "../support/queues"
import { openTab, openTabWithSnapshot } from "../support/sockets"
import { addMembersToAcme, countQueries } from "../support/urgent-bar"

beforeEach(() => {
  captureQueues()
})

async function sayToAcme(changes: object = {}): Promise<number> {
  const answer = await alice.post("/api/notifications/", {
    author: "Dalgo",
    message: "The warehouse is down",
    sent_to: "all_org_users",
    org_slug: "acme",
    urgent: true,
    category: "incident",
    ...changes,
  })
  expect(answer.status).toBe(200)
  return (await answer.json<any>()).res.notification_id
}

it("pushes what is urgent to everybody of the organisation, and to no stranger", async () => {
  const [atAlice, atBob, atCharlie] = [
    await openTabWithSnapshot(alice),
    await openTabWithSnapshot(bob),
    await openTabWithSnapshot(charlie),
  ]
  const id = await sayToAcme()

  for (const { tab, snapshot } of [atAlice, atBob]) {
    const text = await tab.text()
    expect(JSON.parse(text)).toEqual({
      message: "",
      status: "success",
      data: {
        type: "urgent_added",
        seq: expect.any(Number),
        item: {
          id,
          author: "Dalgo",
          message: "The warehouse is down",
          category: "incident",
          timestamp: expect.stringMatching(/^\d{4}-.+Z$/),
          urgent: true,
          read_status: false,
        },
        unread_count: 1,
      },
    })
    expect(JSON.parse(text).data.seq).toBeGreaterThan(snapshot.seq)
  }
  expect(await atCharlie.tab.rest()).toEqual([])
})

it("reaches every tab of a person", async () => {
  const tabs = [
    await openTabWithSnapshot(bob),
    await openTabWithSnapshot(bob),
    await openTabWithSnapshot(bob, { slug: "acme" }),
  ]
  const id = await sayToAcme()
  for (const { tab } of tabs) expect(await tab.frame()).toMatchObject({ type: "urgent_added", item: { id } })
})

it("tells the count alone when what came is not urgent", async () => {
  const { tab } = await openTabWithSnapshot(bob)
  await sayToAcme({ urgent: false })
  expect(await tab.frame()).toEqual({ type: "unread_count", seq: expect.any(Number), unread_count: 1 })
  await sayToAcme({ urgent: true })
  expect(await tab.frame()).toMatchObject({ type: "urgent_added", unread_count: 2 })
})

it("reaches only the one who is addressed", async () => {
  const [{ tab: atAlice }, { tab: atBob }] = [await openTabWithSnapshot(alice), await openTabWithSnapshot(bob)]
  await sayToAcme({ sent_to: "single_user", user_email: bob.email })
  expect(await atBob.frame()).toMatchObject({ type: "urgent_added" })
  expect(await atAlice.rest()).toEqual([])
})

it("reaches each organisation's own people when it spans several", async () => {
  const tabs = [await openTabWithSnapshot(alice), await openTabWithSnapshot(charlie), await openTabWithSnapshot(dora)]
  const answer = await dora.post("/api/notifications/", {
    author: "Dalgo",
    message: "Maintenance tonight",
    sent_to: "all_users",
    urgent: true,
  })
  const { notification_id: id } = (await answer.json<any>()).res
  for (const { tab } of tabs) expect(await tab.frame()).toMatchObject({ type: "urgent_added", item: { id } })
})

it("does not reach somebody who switched the category off", async () => {
  await bob.put("/api/notifications/preferences", { incident_notifications: false })
  const [{ tab: atAlice }, { tab: atBob }] = [await openTabWithSnapshot(alice), await openTabWithSnapshot(bob)]
  await sayToAcme()
  expect(await atAlice.frame()).toMatchObject({ type: "urgent_added" })
  expect(await atBob.rest()).toEqual([])
})

it("says nothing of what is scheduled until the cron releases it", async () => {
  const { tab } = await openTabWithSnapshot(bob)
  const at = Date.now() + 60_000
  await sayToAcme({ scheduled_time: new Date(at).toISOString() })
  expect(await tab.rest()).toEqual([])
  vi.useFakeTimers({ toFake: ["Date"], now: at + 1 })
  await runCron()
  expect(await tab.frame()).toMatchObject({ type: "urgent_added", item: { message: "The warehouse is down" } })
})

it("numbers a person's frames so that each is later than the one before", async () => {
  const { tab, snapshot } = await openTabWithSnapshot(bob)
  const seqs = [snapshot.seq]
  for (let i = 0; i < 10; i++) {
    await sayToAcme({ urgent: i % 3 !== 0 })
    seqs.push((await tab.frame()).seq)
  }
  expect(seqs).toEqual(seqs.map((_, i) => snapshot.seq + i))
  expect(await (await openTab(bob)).frame()).toMatchObject({ type: "snapshot", seq: seqs.at(-1) })
})

it("goes on when somebody's tab was closed", async () => {
  const [{ tab: closing }, { tab: staying }] = [await openTabWithSnapshot(bob), await openTabWithSnapshot(bob)]
  closing.close()
  await closing.closed()
  await sayToAcme()
  expect(await staying.frame()).toMatchObject({ type: "urgent_added" })
  expect(closing.texts).toHaveLength(1)
})

it("turns an item into text no more often for twenty people than for one", async () => {
  const itemsWritten = async (people: { userId: string }[]) => {
    const tabs = []
    for (const person of people) tabs.push((await openTabWithSnapshot(person)).tab)
    const stringify = vi.spyOn(JSON, "stringify")
    await sayToAcme()
    for (const tab of tabs) expect(await tab.frame()).toMatchObject({ type: "urgent_added" })
    const written = stringify.mock.calls.filter(([value]) => value instanceof Object && "read_status" in value)
    const frames = stringify.mock.calls.filter(([value]) => value instanceof Object && "status" in value)
    stringify.mockRestore()
    return { items: written.length, frames: frames.length }
  }
  const people = await addMembersToAcme(20)
  const forOne = await itemsWritten(people.slice(0, 1))
  const forTwenty = await itemsWritten(people)
  // Once whole, for the copy; once cut to the size of a frame, for all.
  expect(forOne).toEqual({ items: 2, frames: 0 })
  expect(forTwenty).toEqual({ items: 2, frames: 0 })
})

it("asks the database once, however many look", async () => {
  const people = await addMembersToAcme(20)
  const tabs = []
  for (const person of people) tabs.push((await openTabWithSnapshot(person)).tab)
  const asked = countQueries()
  await sayToAcme()
  for (const tab of tabs) await tab.frame()
  // Two round trips of the publication itself.
  expect(asked.batches()).toBe(2 + 1)
})
