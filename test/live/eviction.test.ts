import { evictDurableObject } from "cloudflare:test"
import { afterEach, beforeEach, expect, it } from "vitest"
import { alice, bob, charlie } from "../support/people"
import { captureQueues } from "../support/queues"
import { openTabWithSnapshot } from "../support/sockets"
import { acmeBar, countQueries, insertUrgent, setRead, wakeAcmeBar } from "../support/urgent-bar"

const BOB = bob.orgUserId

beforeEach(() => {
  captureQueues()
})

afterEach(wakeAcmeBar)

const sayToAcme = () =>
  alice.post("/api/notifications/", {
    author: "Dalgo",
    message: "The warehouse is down",
    sent_to: "all_org_users",
    org_slug: "acme",
    urgent: true,
  })

it("pushes to tabs that were open before the object was evicted, with growing numbers", async () => {
  const [atAlice, atBob, atCharlie] = [
    await openTabWithSnapshot(alice),
    await openTabWithSnapshot(bob),
    await openTabWithSnapshot(charlie),
  ]
  for (let round = 1; round <= 3; round++) {
    await sayToAcme()
    for (const { tab, snapshot } of [atAlice, atBob]) {
      expect(await tab.frame()).toMatchObject({ type: "urgent_added", seq: snapshot.seq + round, unread_count: round })
    }
    await evictDurableObject(acmeBar())
  }
  expect(await atCharlie.tab.rest()).toEqual([])
})

it("keeps its copy: the next to look costs no question to the database", async () => {
  const id = await insertUrgent({ to: [BOB] })
  const { snapshot } = await openTabWithSnapshot(bob)
  await evictDurableObject(acmeBar())
  const asked = countQueries()
  const again = await openTabWithSnapshot(bob)
  expect(again.snapshot).toEqual(snapshot)
  expect((await acmeBar().bar(BOB)).items).toMatchObject([{ id }])
  expect(asked.statements()).toBe(0)
})

it("hears what a tab says after it was evicted, and knows whose tab it is", async () => {
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

it("takes off, after an eviction, what was read elsewhere", async () => {
  const id = await insertUrgent({ to: [BOB] })
  const { tab } = await openTabWithSnapshot(bob)
  await evictDurableObject(acmeBar())
  await setRead(BOB, [id], true)
  await acmeBar().changed({ orgUserIds: [BOB] })
  expect(await tab.frame()).toMatchObject({ type: "urgent_removed", ids: [id], unread_count: 0 })
})

it("begins again from the database when its tabs were cut off and its copy is old", async () => {
  const { tab } = await openTabWithSnapshot(bob)
  await evictDurableObject(acmeBar(), { webSockets: "close" })
  await tab.closed()
  const id = await insertUrgent({ to: [BOB] })
  await acmeBar().arrived({ notificationId: id, orgUserIds: [BOB] })
  const { snapshot } = await openTabWithSnapshot(bob)
  expect(snapshot.urgent).toMatchObject([{ id }])
})
