import { beforeEach, expect, it } from "vitest"
import { entered, tell } from "../support/failures"
import { ai, outside, prefect, ses } from "../support/outside"
import { alice, bob, charlie } from "../support/people"
import { queues } from "../support/queues"
import { openTab, openTabWith } from "../support/sockets"
import { acmeBar, markRows, questions, summariseRow, write } from "../support/urgent-bar"

const BOB = bob.orgUserId

beforeEach(() => {
  outside(prefect(), ses().handler)
  ai({ response: "What failed: the sync." })
})

it("shows the summary of a failure in open tabs as soon as it is written", async () => {
  const { drain } = queues()
  const [atAlice, atBob, atCharlie] = [await openTabWith(alice), await openTabWith(bob), await openTabWith(charlie)]
  await tell(entered("Failed"))
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
  const { drain } = queues()
  await openTabWith(bob)
  await tell(entered("Failed"))
  await drain()
  const bar = await (await bob.get("/api/notifications/urgent-bar")).json<any>()
  expect(bar.res[0].message).toContain("What failed: the sync.")
  expect(await (await openTab(bob)).frame()).toMatchObject({
    urgent: [{ message: expect.stringContaining("What failed") }],
  })
})

it("says nothing of it where the item was read already", async () => {
  const id = await write({ to: [alice.orgUserId, BOB] })
  const [atAlice, atBob] = [await openTabWith(alice), await openTabWith(bob)]
  await markRows(BOB, [id], true)
  await acmeBar().changed({ orgUserIds: [BOB] })
  await summariseRow(id)
  await acmeBar().itemUpdated({ notificationId: id })
  expect((await atAlice.tab.rest()).map((frame) => frame.type)).toEqual(["item_updated"])
  expect((await atBob.tab.rest()).map((frame) => frame.type)).toEqual(["urgent_removed"])
})

it("says it once, however often it is told", async () => {
  const id = await write({ to: [BOB] })
  const { tab } = await openTabWith(bob)
  await summariseRow(id)
  const rewritten = () => acmeBar().itemUpdated({ notificationId: id })
  await Promise.all([rewritten(), rewritten()])
  await rewritten()
  expect((await tab.rest()).map((frame) => frame.type)).toEqual(["item_updated"])
})

it("asks the database nothing where nobody shows the item", async () => {
  await openTabWith(bob)
  const id = await write({ to: [alice.orgUserId] })
  const asked = questions()
  await acmeBar().itemUpdated({ notificationId: id })
  expect(asked.statements()).toBe(0)
})

it("shows the summary when the item is brought back after it was read", async () => {
  const id = await write({ to: [BOB] })
  const { tab } = await openTabWith(bob)
  await markRows(BOB, [id], true)
  await acmeBar().changed({ orgUserIds: [BOB] })
  await summariseRow(id)
  await acmeBar().itemUpdated({ notificationId: id })
  await markRows(BOB, [id], false)
  await acmeBar().changed({ orgUserIds: [BOB] })
  const frames = await tab.rest()
  expect(frames.at(-1)).toMatchObject({
    type: "urgent_added",
    item: { message: expect.stringContaining("The source was down") },
  })
})

it("tells everybody of a new text as soon as the object comes to know it for one of them", async () => {
  const id = await write({ to: [alice.orgUserId, BOB] })
  const [atAlice, atBob] = [await openTabWith(alice), await openTabWith(bob)]
  await summariseRow(id)
  await write({ to: [BOB], urgent: false })
  await acmeBar().changed({ orgUserIds: [BOB] })
  const message = expect.stringContaining("The source was down")
  expect(await atAlice.tab.rest()).toMatchObject([{ type: "item_updated", item: { id, message } }])
  expect(await atBob.tab.rest()).toMatchObject([
    { type: "item_updated", item: { id, message } },
    { type: "unread_count" },
  ])
})
