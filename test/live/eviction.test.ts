import { evictDurableObject } from "cloudflare:test"
import { beforeEach, expect, it } from "vitest"
import { alice, bob, charlie } from "../support/people"
import { captureQueues } from "../support/queues"
import { openTabWithSnapshot } from "../support/sockets"
import { acmeBar, countQueries, insertUrgent, setRead } from "../support/urgent-bar"

const BOB = bob.orgUserId

beforeEach(() => {
  captureQueues()
})

const publishToAcme = () =>
  alice.post("/api/notifications/", {
    author: "Alice",
    message: "The warehouse is down",
    sent_to: "all_org_users",
    org_slug: "acme",
    urgent: true,
  })

it("sends frames with increasing seq to tabs that were open before the eviction", async () => {
  const [aliceTab, bobTab, charlieTab] = [
    await openTabWithSnapshot(alice),
    await openTabWithSnapshot(bob),
    await openTabWithSnapshot(charlie),
  ]
  for (let round = 1; round <= 3; round++) {
    await publishToAcme()
    for (const { tab, snapshot } of [aliceTab, bobTab]) {
      expect(await tab.frame()).toMatchObject({ type: "urgent_added", seq: snapshot.seq + round, unread_count: round })
    }
    await evictDurableObject(acmeBar())
  }
  expect(await charlieTab.tab.rest()).toEqual([])
})

it("keeps its storage: a new tab needs no database query after an eviction", async () => {
  const id = await insertUrgent({ to: [BOB] })
  const { snapshot } = await openTabWithSnapshot(bob)
  await evictDurableObject(acmeBar())
  const queries = countQueries()
  const again = await openTabWithSnapshot(bob)
  expect(again.snapshot).toEqual(snapshot)
  expect((await acmeBar().bar(BOB)).items).toMatchObject([{ id }])
  expect(queries.statements()).toBe(0)
})

it("handles messages of a tab after an eviction, for the right person", async () => {
  const [own, alices] = [await insertUrgent({ to: [BOB] }), await insertUrgent({ to: [alice.orgUserId] })]
  const { tab, snapshot } = await openTabWithSnapshot(bob)
  await evictDurableObject(acmeBar())
  tab.sendRaw("ping")
  expect(await tab.text()).toBe("pong")
  tab.send({ type: "hello", last_seq: 0 })
  expect(await tab.frame()).toEqual(snapshot)
  await evictDurableObject(acmeBar())
  tab.send({ type: "dismiss", ids: [own, alices] })
  expect(await tab.frame()).toMatchObject({ type: "urgent_removed", ids: [own] })
})

it("removes items that were read elsewhere after an eviction", async () => {
  const id = await insertUrgent({ to: [BOB] })
  const { tab } = await openTabWithSnapshot(bob)
  await evictDurableObject(acmeBar())
  await setRead(BOB, [id], true)
  await acmeBar().changed({ orgUserIds: [BOB] })
  expect(await tab.frame()).toMatchObject({ type: "urgent_removed", ids: [id], unread_count: 0 })
})

it("reloads from the database after an eviction that closed all tabs", async () => {
  const { tab } = await openTabWithSnapshot(bob)
  await evictDurableObject(acmeBar(), { webSockets: "close" })
  await tab.closed()
  const id = await insertUrgent({ to: [BOB] })
  await acmeBar().arrived({ notificationId: id, orgUserIds: [BOB] })
  const { snapshot } = await openTabWithSnapshot(bob)
  expect(snapshot.urgent).toMatchObject([{ id }])
})
