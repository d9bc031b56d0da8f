import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { afterEach, beforeEach, expect, it, vi } from "vitest"
import { ALICE, BOB, MEMBERS, sync, upsert } from "../orgs/members"
import { alice, bob, server, waitForBackgroundWork } from "../support/people"
import { captureQueues } from "../support/queues"
import { openTab, openTabWithSnapshot } from "../support/sockets"
import { acmeBar, addMembersToAcme, countQueries, insertUrgent, wakeAcmeBar } from "../support/urgent-bar"

const GONE = { code: 4003, reason: "no longer a member" }
const removeRow = (orgUserId: number) =>
  env.DB.prepare("UPDATE org_users SET removed_at = 1 WHERE id = ?").bind(orgUserId).run()
const ringAlarm = () => runDurableObjectAlarm(acmeBar())

beforeEach(() => {
  captureQueues()
})

afterEach(wakeAcmeBar)

it.each<[string, () => Promise<unknown>]>([
  ["is left out of the list", () => sync([ALICE])],
  ["is removed by name", () => server.delete(`${MEMBERS}/2`)],
])("closes all tabs of who %s, and no others", async (_, remove) => {
  const tabs = [await openTabWithSnapshot(bob), await openTabWithSnapshot(bob)]
  const { tab: alices } = await openTabWithSnapshot(alice)
  await remove()
  for (const { tab } of tabs) expect(await tab.closed()).toEqual(GONE)
  expect(await alices.rest()).toEqual([])
})

it("closes them after the object was evicted, too", async () => {
  const { tab } = await openTabWithSnapshot(bob)
  await evictDurableObject(acmeBar())
  await server.delete(`${MEMBERS}/2`)
  expect(await tab.closed()).toEqual(GONE)
})

it("closes with the next alarm the tab of somebody of whose removal nobody told the object", async () => {
  const { tab } = await openTabWithSnapshot(bob)
  const { tab: alices } = await openTabWithSnapshot(alice)
  await removeRow(bob.orgUserId)
  await ringAlarm()
  expect(await tab.closed()).toEqual(GONE)
  expect(await alices.rest()).toEqual([])
})

it("makes good a hint that the object refused; the answer does not suffer", async () => {
  const { tab } = await openTabWithSnapshot(bob)
  const refuse = () => Promise.reject(new Error("overloaded"))
  vi.spyOn(env.URGENT_BAR, "getByName").mockReturnValueOnce({ removed: refuse } as never)
  expect(await sync([ALICE])).toMatchObject({ removed: 1 })
  await waitForBackgroundWork()
  expect(await tab.rest()).toEqual([])
  await ringAlarm()
  expect(await tab.closed()).toEqual(GONE)
})

it("asks no question more for it each minute", async () => {
  for (const { orgUserId } of await addMembersToAcme(20)) await acmeBar().bar(orgUserId)
  await openTabWithSnapshot(bob)
  const asked = countQueries()
  await ringAlarm()
  expect(asked.batches()).toBe(1)
})

it("asks nothing when told of people who have no tab", async () => {
  await openTabWithSnapshot(alice)
  await removeRow(bob.orgUserId)
  const asked = countQueries()
  await acmeBar().removed({ orgUserIds: [bob.orgUserId] })
  expect(asked.statements()).toBe(0)
})

it("tells no object when nobody was removed", async () => {
  const reached = vi.spyOn(env.URGENT_BAR, "getByName")
  await sync([ALICE, BOB])
  await upsert([{ ...BOB, role: "analyst" }])
  expect(reached.mock.calls).toEqual([])
})

it("leaves alone, when a hint comes late or twice, who is a member again", async () => {
  await sync([ALICE])
  await upsert([BOB])
  const { tab } = await openTabWithSnapshot(bob)
  for (let i = 0; i < 2; i++) await acmeBar().removed({ orgUserIds: [bob.orgUserId] })
  await ringAlarm()
  expect(await tab.rest()).toEqual([])
})

it("opens again for somebody who comes back, with what they had and a later number", async () => {
  const id = await insertUrgent({ to: [bob.orgUserId] })
  const { tab, snapshot } = await openTabWithSnapshot(bob)
  await sync([ALICE])
  await tab.closed()
  expect(await (await openTab(bob, { slug: "acme" })).closed()).toMatchObject({ code: 4003 })
  await upsert([BOB])
  const again = await openTabWithSnapshot(bob)
  expect(again.snapshot).toMatchObject({ urgent: [{ id }], unread_count: 1 })
  expect(again.snapshot.seq).toBeGreaterThanOrEqual(snapshot.seq)
})

it("closes within a minute the tab that opened where the removal was not known yet", async () => {
  await bob.get("/api/notifications/unread_count")
  await removeRow(bob.orgUserId)
  const { tab } = await openTabWithSnapshot(bob)
  await ringAlarm()
  expect(await tab.closed()).toEqual(GONE)
})
