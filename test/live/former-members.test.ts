import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { beforeEach, expect, it, vi } from "vitest"
import { ALICE, BOB, MEMBERS, sync, upsert } from "../support/org-members"
import { alice, bob, server, waitForBackgroundWork } from "../support/people"
import { captureQueues } from "../support/queues"
import { openTab, openTabWithSnapshot } from "../support/sockets"
import { acmeBar, addMembersToAcme, countQueries, insertUrgent } from "../support/urgent-bar"

const NOT_A_MEMBER = { code: 4003, reason: "no longer a member" }
const removeRow = (orgUserId: number) =>
  env.DB.prepare("UPDATE org_users SET removed_at = 1 WHERE id = ?").bind(orgUserId).run()
const runAlarm = () => runDurableObjectAlarm(acmeBar())

beforeEach(() => {
  captureQueues()
})

it.each<[string, () => Promise<unknown>]>([
  ["a sync without them", () => sync([ALICE])],
  ["a DELETE", () => server.delete(`${MEMBERS}/2`)],
])("closes all tabs of a person removed by %s, and no others", async (_, remove) => {
  const tabs = [await openTabWithSnapshot(bob), await openTabWithSnapshot(bob)]
  const { tab: alices } = await openTabWithSnapshot(alice)
  await remove()
  for (const { tab } of tabs) expect(await tab.closed()).toEqual(NOT_A_MEMBER)
  expect(await alices.rest()).toEqual([])
})

it("closes tabs of a removed person after an eviction", async () => {
  const { tab } = await openTabWithSnapshot(bob)
  await evictDurableObject(acmeBar())
  await server.delete(`${MEMBERS}/2`)
  expect(await tab.closed()).toEqual(NOT_A_MEMBER)
})

it("repairs a missed removal by the alarm", async () => {
  const { tab } = await openTabWithSnapshot(bob)
  const { tab: alices } = await openTabWithSnapshot(alice)
  await removeRow(bob.orgUserId)
  await runAlarm()
  expect(await tab.closed()).toEqual(NOT_A_MEMBER)
  expect(await alices.rest()).toEqual([])
})

it("repairs a removal whose call to the object failed; the response is not affected", async () => {
  const { tab } = await openTabWithSnapshot(bob)
  const fail = () => Promise.reject(new Error("overloaded"))
  vi.spyOn(env.URGENT_BAR, "getByName").mockReturnValueOnce({ removed: fail } as never)
  expect(await sync([ALICE])).toMatchObject({ removed: 1 })
  await waitForBackgroundWork()
  expect(await tab.rest()).toEqual([])
  await runAlarm()
  expect(await tab.closed()).toEqual(NOT_A_MEMBER)
})

it("checks memberships in the same database round trip as the bars", async () => {
  for (const { orgUserId } of await addMembersToAcme(20)) await acmeBar().bar(orgUserId)
  await openTabWithSnapshot(bob)
  const queries = countQueries()
  await runAlarm()
  expect(queries.batches()).toBe(1)
})

it("makes no query when a removed person has no tab", async () => {
  await openTabWithSnapshot(alice)
  await removeRow(bob.orgUserId)
  const queries = countQueries()
  await acmeBar().removed({ orgUserIds: [bob.orgUserId] })
  expect(queries.statements()).toBe(0)
})

it("calls no object when nobody was removed", async () => {
  const reached = vi.spyOn(env.URGENT_BAR, "getByName")
  await sync([ALICE, BOB])
  await upsert([{ ...BOB, role: "analyst" }])
  expect(reached.mock.calls).toEqual([])
})

it("keeps the tab of a re-added member when the call about the removal comes late or twice", async () => {
  await sync([ALICE])
  await upsert([BOB])
  const { tab } = await openTabWithSnapshot(bob)
  for (let i = 0; i < 2; i++) await acmeBar().removed({ orgUserIds: [bob.orgUserId] })
  await runAlarm()
  expect(await tab.rest()).toEqual([])
})

it("opens for a re-added member with the same items and no lower seq", async () => {
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

it("closes a tab by the next alarm when it was opened with a cached membership", async () => {
  await bob.get("/api/notifications/unread_count")
  await removeRow(bob.orgUserId)
  const { tab } = await openTabWithSnapshot(bob)
  await runAlarm()
  expect(await tab.closed()).toEqual(NOT_A_MEMBER)
})
