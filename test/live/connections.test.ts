import { evictDurableObject } from "cloudflare:test"
import { expect, it, vi } from "vitest"
import { alice, bob } from "../support/people"
import { openTabWithSnapshot, type Tab } from "../support/sockets"
import { acmeBar, insertUrgent } from "../support/urgent-bar"

const BOB = bob.orgUserId
const MAX_TABS = 10

async function openTabs(count: number): Promise<Tab[]> {
  const tabs: Tab[] = []
  for (let i = 0; i < count; i++) tabs.push((await openTabWithSnapshot(bob)).tab)
  return tabs
}

async function expectArrivalIn(tabs: Tab[]) {
  const id = await insertUrgent({ to: [BOB] })
  await acmeBar().arrived({ notificationId: id, orgUserIds: [BOB] })
  for (const tab of tabs) expect(await tab.frame()).toMatchObject({ type: "urgent_added", item: { id } })
}

it("closes the oldest of eleven tabs with 4008, and keeps the others", async () => {
  const [oldest, ...others] = await openTabs(MAX_TABS + 1)
  expect(await oldest?.closed()).toEqual({ code: 4008, reason: "too many tabs" })
  await expectArrivalIn(others)
})

it("closes the oldest tab also when all were opened in the same millisecond", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() })
  const [oldest, second, ...others] = await openTabs(MAX_TABS + 2)
  expect(await oldest?.closed()).toMatchObject({ code: 4008 })
  expect(await second?.closed()).toMatchObject({ code: 4008 })
  await expectArrivalIn(others)
})

it("knows the oldest tab after an eviction", async () => {
  const [oldest, ...others] = await openTabs(MAX_TABS)
  await evictDurableObject(acmeBar())
  const [newest] = await openTabs(1)
  expect(await oldest?.closed()).toMatchObject({ code: 4008 })
  await expectArrivalIn([...others, newest as Tab])
})

it("counts the tabs of each person alone, and only open ones", async () => {
  const alices = await openTabWithSnapshot(alice)
  const [first, ...others] = await openTabs(MAX_TABS)
  first?.close()
  await first?.closed()
  const more = await openTabs(1)
  await expectArrivalIn([...others, ...more])
  expect(await alices.tab.rest()).toEqual([])
})

it("keeps 10 sockets of a person who opens 100 at once", async () => {
  const opened = await Promise.all(Array.from({ length: 100 }, () => openTabWithSnapshot(bob)))
  const id = await insertUrgent({ to: [BOB] })
  await acmeBar().arrived({ notificationId: id, orgUserIds: [BOB] })
  await vi.waitFor(() => expect(opened.filter(({ tab }) => tab.texts.length > 1)).toHaveLength(MAX_TABS))
})
