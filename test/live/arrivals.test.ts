import { beforeEach, expect, it, vi } from "vitest"
import { alice, bob, charlie, dora } from "../support/people"
import { captureQueues, runCron } from "../support/queues"
import { openTab, openTabWithSnapshot } from "../support/sockets"
import { addMembersToAcme, countQueries } from "../support/urgent-bar"

beforeEach(() => {
  captureQueues()
})

async function publishToAcme(changes: object = {}): Promise<number> {
  const answer = await alice.post("/api/notifications/", {
    author: "Alice",
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

it("sends an urgent notification to all members of the organisation, and to nobody else", async () => {
  const [aliceTab, bobTab, charlieTab] = [
    await openTabWithSnapshot(alice),
    await openTabWithSnapshot(bob),
    await openTabWithSnapshot(charlie),
  ]
  const id = await publishToAcme()

  for (const { tab, snapshot } of [aliceTab, bobTab]) {
    const text = await tab.text()
    expect(JSON.parse(text)).toEqual({
      message: "",
      status: "success",
      data: {
        type: "urgent_added",
        seq: expect.any(Number),
        item: {
          id,
          author: "Alice",
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
  expect(await charlieTab.tab.rest()).toEqual([])
})

it("reaches all tabs of a person", async () => {
  const tabs = [
    await openTabWithSnapshot(bob),
    await openTabWithSnapshot(bob),
    await openTabWithSnapshot(bob, { slug: "acme" }),
  ]
  const id = await publishToAcme()
  for (const { tab } of tabs) expect(await tab.frame()).toMatchObject({ type: "urgent_added", item: { id } })
})

it("sends only unread_count when a notification that is not urgent arrives", async () => {
  const { tab } = await openTabWithSnapshot(bob)
  await publishToAcme({ urgent: false })
  expect(await tab.frame()).toEqual({ type: "unread_count", seq: expect.any(Number), unread_count: 1 })
  await publishToAcme({ urgent: true })
  expect(await tab.frame()).toMatchObject({ type: "urgent_added", unread_count: 2 })
})

it("reaches only the addressed person", async () => {
  const [{ tab: aliceTab }, { tab: bobTab }] = [await openTabWithSnapshot(alice), await openTabWithSnapshot(bob)]
  await publishToAcme({ sent_to: "single_user", user_email: bob.email })
  expect(await bobTab.frame()).toMatchObject({ type: "urgent_added" })
  expect(await aliceTab.rest()).toEqual([])
})

it("reaches people in several organisations", async () => {
  const tabs = [await openTabWithSnapshot(alice), await openTabWithSnapshot(charlie), await openTabWithSnapshot(dora)]
  const answer = await dora.post("/api/notifications/", {
    author: "Dora",
    message: "Maintenance tonight",
    sent_to: "all_users",
    urgent: true,
  })
  const { notification_id: id } = (await answer.json<any>()).res
  for (const { tab } of tabs) expect(await tab.frame()).toMatchObject({ type: "urgent_added", item: { id } })
})

it("does not reach a person who has switched the category off", async () => {
  await bob.put("/api/notifications/preferences", { incident_notifications: false })
  const [{ tab: aliceTab }, { tab: bobTab }] = [await openTabWithSnapshot(alice), await openTabWithSnapshot(bob)]
  await publishToAcme()
  expect(await aliceTab.frame()).toMatchObject({ type: "urgent_added" })
  expect(await bobTab.rest()).toEqual([])
})

it("sends nothing for a scheduled notification until the cron publishes it", async () => {
  const { tab } = await openTabWithSnapshot(bob)
  const at = Date.now() + 60_000
  await publishToAcme({ scheduled_time: new Date(at).toISOString() })
  expect(await tab.rest()).toEqual([])
  vi.useFakeTimers({ toFake: ["Date"], now: at + 1 })
  await runCron()
  expect(await tab.frame()).toMatchObject({ type: "urgent_added", item: { message: "The warehouse is down" } })
})

it("increases seq by one with each frame of a person", async () => {
  const { tab, snapshot } = await openTabWithSnapshot(bob)
  const seqs = [snapshot.seq]
  for (let i = 0; i < 10; i++) {
    await publishToAcme({ urgent: i % 3 !== 0 })
    seqs.push((await tab.frame()).seq)
  }
  expect(seqs).toEqual(seqs.map((_, i) => snapshot.seq + i))
  expect(await (await openTab(bob)).frame()).toMatchObject({ type: "snapshot", seq: seqs.at(-1) })
})

it("reaches the open tab after another tab was closed", async () => {
  const [{ tab: closing }, { tab: staying }] = [await openTabWithSnapshot(bob), await openTabWithSnapshot(bob)]
  closing.close()
  await closing.closed()
  await publishToAcme()
  expect(await staying.frame()).toMatchObject({ type: "urgent_added" })
  expect(closing.texts).toHaveLength(1)
})

it("serialises an item as often for twenty people as for one", async () => {
  const itemsWritten = async (people: { userId: string }[]) => {
    const tabs = []
    for (const person of people) tabs.push((await openTabWithSnapshot(person)).tab)
    const stringify = vi.spyOn(JSON, "stringify")
    await publishToAcme()
    for (const tab of tabs) expect(await tab.frame()).toMatchObject({ type: "urgent_added" })
    const written = stringify.mock.calls.filter(([value]) => value instanceof Object && "read_status" in value)
    const frames = stringify.mock.calls.filter(([value]) => value instanceof Object && "status" in value)
    stringify.mockRestore()
    return { items: written.length, frames: frames.length }
  }
  const people = await addMembersToAcme(20)
  const forOne = await itemsWritten(people.slice(0, 1))
  const forTwenty = await itemsWritten(people)
  // Once complete, for the storage; once cut to the size of a frame, for all people.
  expect(forOne).toEqual({ items: 2, frames: 0 })
  expect(forTwenty).toEqual({ items: 2, frames: 0 })
})

it("makes one database round trip for twenty people", async () => {
  const people = await addMembersToAcme(20)
  const tabs = []
  for (const person of people) tabs.push((await openTabWithSnapshot(person)).tab)
  const queries = countQueries()
  await publishToAcme()
  for (const tab of tabs) await tab.frame()
  // The publication itself makes two round trips.
  expect(queries.batches()).toBe(2 + 1)
})
