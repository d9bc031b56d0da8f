import { evictDurableObject } from "cloudflare:test"
import { expect, it, vi } from "vitest"
import { alice, bob } from "../support/people"
import { openTabWithSnapshot, type Tab } from "../support/sockets"
import { acmeBar, countQueries, expectedBar, insertUrgent } from "../support/urgent-bar"

const BOB = bob.orgUserId
/** What a person may send at once, and the time after which one more is allowed. */
const AT_ONCE = 60
const RESTORED_AFTER_MS = 5_000

const STALE = { type: "hello", last_seq: 0 }
const TOO_MANY = { code: 1008, reason: "too many messages" }
const TOO_BIG = { code: 1009, reason: "the message is too big" }

const repeat = (times: number, act: () => void) => Array.from({ length: times }, act)
const stopClock = (ms = 0) => vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ms })

async function readSnapshots(tab: Tab, count: number) {
  for (let i = 0; i < count; i++) expect(await tab.frame()).toMatchObject({ type: "snapshot" })
}

it("answers 60 of 300 hellos at once, and closes the socket with 1008", async () => {
  stopClock()
  await insertUrgent({ to: [BOB] })
  const { tab, snapshot } = await openTabWithSnapshot(bob)
  repeat(300, () => tab.send(STALE))
  expect(await tab.closed()).toEqual(TOO_MANY)
  expect(tab.texts.slice(1).map((text) => JSON.parse(text).data)).toEqual(Array(AT_ONCE).fill(snapshot))
})

it.each([
  ["malformed messages", "nonsense"],
  ["hellos with the latest seq", undefined],
  ["dismissals", '{"type":"dismiss","ids":[1]}'],
  ["binary messages", new ArrayBuffer(1)],
])("closes the socket with 1008 after too many %s", async (_, message) => {
  stopClock()
  const { tab, snapshot } = await openTabWithSnapshot(bob)
  repeat(AT_ONCE + 1, () => tab.sendRaw(message ?? JSON.stringify({ type: "hello", last_seq: snapshot.seq })))
  expect(await tab.closed()).toEqual(TOO_MANY)
})

it("ignores what a socket sends after the message that closed it", async () => {
  stopClock()
  const id = await insertUrgent({ to: [BOB] })
  const { tab } = await openTabWithSnapshot(bob)
  repeat(AT_ONCE + 1, () => tab.sendRaw("nonsense"))
  tab.send({ type: "dismiss", ids: [id] })
  await tab.closed()
  expect((await expectedBar(BOB)).ids).toEqual([id])
})

it("counts the messages of all sockets of a person together, and of nobody else", async () => {
  stopClock()
  const first = await openTabWithSnapshot(bob)
  const second = await openTabWithSnapshot(bob)
  const alices = await openTabWithSnapshot(alice)
  for (const { tab } of [first, second]) {
    repeat(AT_ONCE / 2, () => tab.send(STALE))
    await readSnapshots(tab, AT_ONCE / 2)
  }
  second.tab.send(STALE)
  expect(await second.tab.closed()).toEqual(TOO_MANY)
  alices.tab.send(STALE)
  await readSnapshots(alices.tab, 1)
})

it("counts on for a new socket", async () => {
  stopClock()
  const { tab } = await openTabWithSnapshot(bob)
  repeat(AT_ONCE + 1, () => tab.send(STALE))
  await tab.closed()
  const again = await openTabWithSnapshot(bob)
  again.tab.send(STALE)
  expect(await again.tab.closed()).toEqual(TOO_MANY)
})

it("counts on after an eviction of the object", async () => {
  stopClock()
  const { tab } = await openTabWithSnapshot(bob)
  const other = await openTabWithSnapshot(bob)
  repeat(AT_ONCE, () => tab.send(STALE))
  await readSnapshots(tab, AT_ONCE)
  await evictDurableObject(acmeBar())
  other.tab.send(STALE)
  expect(await other.tab.closed()).toEqual(TOO_MANY)
})

it("allows one more message after every five seconds", async () => {
  stopClock()
  const { tab } = await openTabWithSnapshot(bob)
  repeat(AT_ONCE, () => tab.send(STALE))
  await readSnapshots(tab, AT_ONCE)
  stopClock(RESTORED_AFTER_MS)
  tab.send(STALE)
  await readSnapshots(tab, 1)
  tab.send(STALE)
  expect(await tab.closed()).toEqual(TOO_MANY)
})

it("does not count pings", async () => {
  const { tab } = await openTabWithSnapshot(bob)
  repeat(2 * AT_ONCE, () => tab.sendRaw("ping"))
  for (let i = 0; i < 2 * AT_ONCE; i++) expect(await tab.text()).toBe("pong")
  tab.send(STALE)
  await readSnapshots(tab, 1)
})

it.each<[string, string | ArrayBuffer]>([
  ["a million characters", "a".repeat(1_000_000)],
  ["a valid message of 17,000 characters", `{"type":"dismiss","ids":[1]${" ".repeat(17_000)}}`],
  ["a binary message of 17,000 bytes", new ArrayBuffer(17_000)],
  ["20,000 opening brackets", "[".repeat(20_000)],
])("closes the socket with 1009 without a query for %s", async (_, message) => {
  await insertUrgent({ to: [BOB] })
  const { tab } = await openTabWithSnapshot(bob)
  const queries = countQueries()
  tab.sendRaw(message)
  expect(await tab.closed()).toEqual(TOO_BIG)
  expect(queries.statements()).toBe(0)
  expect(tab.texts).toHaveLength(1)
})
