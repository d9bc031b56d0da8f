import { beforeEach, expect, it } from "vitest"
import { postPrefectWebhook, runStateBody } from "../support/prefect-webhook"
import { fakeAi } from "../support/fake-ai"
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
  fakeAi({ response: "What failed: the sync." })
})

it("shows the summary of a failure in open tabs as soon as it is written", async () => {
  const { drain } = captureQueues()
  const [atAlice, atBob, atCharlie] = [
    await openTabWithSnapshot(alice),
    await openTabWithSnapshot(bob),
    await openTabWithSnapshot(charlie),
  ]
  await postPrefectWebhook(runStateBody("Failed"))
  await drain()

  for (const { tab, snapshot } of [atAlice, atBob]) {
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
  expect(await atCharlie.tab.rest()).toEqual([])
})

it("has the summary in the bar by REST and in the next snapshot", async () => {
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

it("says nothing of it where the item was read already", async () => {
  const id = await insertUrgent({ to: [alice.orgUserId, BOB] })
  const [atAlice, atBob] = [await openTabWithSnapshot(alice), await openTabWithSnapshot(bob)]
  await setRead(BOB, [id], true)
  await acmeBar().changed({ orgUserIds: [BOB] })
  await appendSummary(id)
  await acmeBar().itemUpdated({ notificationId: id })
  expect((await atAlice.tab.rest()).map((frame) => frame.type)).toEqual(["item_updated"])
  expect((await atBob.tab.rest()).map((frame) => frame.type)).toEqual(["urgent_removed"])
})

it("says it once, however often it is told", async () => {
  const id = await insertUrgent({ to: [BOB] })
  const { tab } = await openTabWithSnapshot(bob)
  await appendSummary(id)
  const rewritten = () => acmeBar().itemUpdated({ notificationId: id })
  await Promise.all([rewritten(), rewritten()])
  await rewritten()
  expect((await tab.rest()).map((frame) => frame.type)).toEqual(["item_updated"])
})

it("asks the database nothing where nobody shows the item", async () => {
  await openTabWithSnapshot(bob)
  const id = await insertUrgent({ to: [alice.orgUserId] })
  const asked = countQueries()
  await acmeBar().itemUpdated({ notificationId: id })
  expect(asked.statements()).toBe(0)
})

it("shows the summary when the item is brought back after it was read", async () => {
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

it("tells everybody of a new text as soon as the object comes to know it for one of them", async () => {
  const id = await insertUrgent({ to: [alice.orgUserId, BOB] })
  const [atAlice, atBob] = [await openTabWithSnapshot(alice), await openTabWithSnapshot(bob)]
  await appendSummary(id)
  await insertUrgent({ to: [BOB], urgent: false })
  await acmeBar().changed({ orgUserIds: [BOB] })
  const message = expect.stringContaining("The source was down")
  expect(await atAlice.tab.rest()).toMatchObject([{ type: "item_updated", item: { id, message } }])
  expect(await atBob.tab.rest()).toMatchObject([
    { type: "item_updated", item: { id, message } },
    { type: "unread_count" },
  ])
})
