import { runDurableObjectAlarm } from "cloudflare:test"
import { beforeEach, expect, it, vi } from "vitest"
import { MINUTE, NOON } from "../support/clock"
import { postPrefectWebhook, runStateBody } from "../support/prefect-webhook"
import { aiAnswer, fakeAi } from "../support/fake-ai"
import { fakeFetch } from "../support/fake-fetch"
import { fakePrefect } from "../support/fake-prefect"
import { fakeSes } from "../support/fake-ses"
import { alice, bob, charlie } from "../support/people"
import { captureQueues } from "../support/queues"
import { openTab, openTabWithSnapshot } from "../support/sockets"
import { acmeBar, appendSummary, countQueries, insertUrgent, setRead } from "../support/urgent-bar"

const BOB = bob.orgUserId

beforeEach(() => {
  fakeFetch(fakePrefect(), fakeSes().handler)
  fakeAi({ response: aiAnswer("the sync.") })
})

it("sends the summary of a failure to open tabs", async () => {
  const { drain } = captureQueues()
  const [aliceTab, bobTab, charlieTab] = [
    await openTabWithSnapshot(alice),
    await openTabWithSnapshot(bob),
    await openTabWithSnapshot(charlie),
  ]
  await postPrefectWebhook(runStateBody("Failed"))
  await drain()

  for (const { tab, snapshot } of [aliceTab, bobTab]) {
    const added = await tab.frame()
    expect(added).toMatchObject({ type: "urgent_added", seq: snapshot.seq + 1, item: { category: "job_failure" } })
    const updated = await tab.frame()
    expect(updated).toMatchObject({
      type: "item_updated",
      seq: snapshot.seq + 2,
      item: { category: "job_failure", message: expect.stringContaining("What failed: the sync.") },
    })
    expect(Object.keys(updated).toSorted()).toEqual(["item", "seq", "type"])
    expect(await tab.rest()).toEqual([])
  }
  expect(await charlieTab.tab.rest()).toEqual([])
})

it("returns the summary by REST and in the next snapshot", async () => {
  const { drain } = captureQueues()
  await openTabWithSnapshot(bob)
  await postPrefectWebhook(runStateBody("Failed"))
  await drain()
  const bar = await (await bob.get("/api/notifications/urgent-bar")).json<any>()
  expect(bar.res[0].message).toContain("What failed: the sync.")
  expect(await (await openTab(bob)).frame()).toMatchObject({
    urgent: [{ message: expect.stringContaining("What failed") }],
  })
})

it("sends no update to a person who has read the item", async () => {
  const id = await insertUrgent({ to: [alice.orgUserId, BOB] })
  const [aliceTab, bobTab] = [await openTabWithSnapshot(alice), await openTabWithSnapshot(bob)]
  await setRead(BOB, [id], true)
  await acmeBar().changed({ orgUserIds: [BOB] })
  await appendSummary(id)
  await acmeBar().itemUpdated({ notificationId: id })
  expect((await aliceTab.tab.rest()).map((frame) => frame.type)).toEqual(["item_updated"])
  expect((await bobTab.tab.rest()).map((frame) => frame.type)).toEqual(["urgent_removed"])
})

it("sends one update for repeated calls", async () => {
  const id = await insertUrgent({ to: [BOB] })
  const { tab } = await openTabWithSnapshot(bob)
  await appendSummary(id)
  const update = () => acmeBar().itemUpdated({ notificationId: id })
  await Promise.all([update(), update()])
  await update()
  expect((await tab.rest()).map((frame) => frame.type)).toEqual(["item_updated"])
})

it("makes no database query when no bar shows the item", async () => {
  await openTabWithSnapshot(bob)
  const id = await insertUrgent({ to: [alice.orgUserId] })
  const queries = countQueries()
  await acmeBar().itemUpdated({ notificationId: id })
  expect(queries.statements()).toBe(0)
})

it("sends the summary when the item is marked as unread again", async () => {
  const id = await insertUrgent({ to: [BOB] })
  const { tab } = await openTabWithSnapshot(bob)
  await setRead(BOB, [id], true)
  await acmeBar().changed({ orgUserIds: [BOB] })
  await appendSummary(id)
  await acmeBar().itemUpdated({ notificationId: id })
  await setRead(BOB, [id], false)
  await acmeBar().changed({ orgUserIds: [BOB] })
  const frames = await tab.rest()
  expect(frames.at(-1)).toMatchObject({
    type: "urgent_added",
    item: { message: expect.stringContaining("The source was down") },
  })
})

it("sends a new text to all people when the object reads it for one of them", async () => {
  const id = await insertUrgent({ to: [alice.orgUserId, BOB] })
  const [aliceTab, bobTab] = [await openTabWithSnapshot(alice), await openTabWithSnapshot(bob)]
  await appendSummary(id)
  await insertUrgent({ to: [BOB], urgent: false })
  await acmeBar().changed({ orgUserIds: [BOB] })
  const message = expect.stringContaining("The source was down")
  expect(await aliceTab.tab.rest()).toMatchObject([{ type: "item_updated", item: { id, message } }])
  expect(await bobTab.tab.rest()).toMatchObject([
    { type: "item_updated", item: { id, message } },
    { type: "unread_count" },
  ])
})

it("sends a missed summary by the next alarm, however long ago it was added", async () => {
  vi.setSystemTime(NOON)
  const id = await insertUrgent({ to: [BOB] })
  const { tab } = await openTabWithSnapshot(bob)
  await runDurableObjectAlarm(acmeBar())
  await tab.rest()
  vi.setSystemTime(NOON + MINUTE)
  await appendSummary(id)
  vi.setSystemTime(NOON + 20 * MINUTE)
  await runDurableObjectAlarm(acmeBar())
  expect(await tab.rest()).toMatchObject([{ type: "item_updated", item: { id } }])
  await runDurableObjectAlarm(acmeBar())
  expect(await tab.rest()).toEqual([])
})
