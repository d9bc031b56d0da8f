import { runInDurableObject } from "cloudflare:test"
import { expect, it, vi } from "vitest"
import { bob } from "../support/people"
import { openTab, openTabWithSnapshot } from "../support/sockets"
import { acmeBar, countQueries, insertUrgent } from "../support/urgent-bar"

const BOB = bob.orgUserId
const NOT_UNDERSTOOD = { message: "not understood", status: "error", data: {} }

it("answers ping with pong without waking the object", async () => {
  const { tab } = await openTabWithSnapshot(bob)
  const calls = await runInDurableObject(acmeBar(), (bar) => vi.spyOn(bar, "webSocketMessage").mock.calls)
  for (let i = 0; i < 3; i++) {
    tab.sendRaw("ping")
    expect(await tab.text()).toBe("pong")
  }
  expect(calls).toHaveLength(0)
  await tab.rest()
  expect(calls).toHaveLength(1)
})

it("does not answer a hello with the latest seq", async () => {
  await insertUrgent({ to: [BOB] })
  const { tab, snapshot } = await openTabWithSnapshot(bob)
  tab.send({ type: "hello", last_seq: snapshot.seq })
  await scheduler.wait(50)
  expect(await tab.rest()).toEqual([])
})

it("does not answer a hello with the seq of the last pushed frame", async () => {
  const { tab } = await openTabWithSnapshot(bob)
  const id = await insertUrgent({ to: [BOB] })
  await acmeBar().arrived({ notificationId: id, orgUserIds: [BOB] })
  const { seq } = await tab.frame()
  const again = await openTab(bob)
  expect(await again.frame()).toMatchObject({ type: "snapshot", seq })
  again.send({ type: "hello", last_seq: seq })
  await scheduler.wait(50)
  expect(await again.rest()).toEqual([])
})

it.each([
  ["an older seq", (seq: number) => seq - 1],
  ["seq 0", () => 0],
  ["a higher seq", (seq: number) => seq + 1],
])("answers a hello with %s with a snapshot", async (_, seqOf) => {
  const id = await insertUrgent({ to: [BOB] })
  const { tab, snapshot } = await openTabWithSnapshot(bob)
  tab.send({ type: "hello", last_seq: seqOf(snapshot.seq) })
  expect(await tab.frame()).toEqual({
    type: "snapshot",
    seq: snapshot.seq,
    urgent: [{ ...item(), id }],
    unread_count: 1,
  })
})

const item = () => ({
  author: "Dalgo",
  message: "The warehouse is down",
  category: "incident",
  timestamp: expect.any(String),
  urgent: true,
  read_status: false,
})

const MALFORMED: [string, string | ArrayBuffer][] = [
  ["a word", "dismiss"],
  ["an empty message", ""],
  ["a number", "7"],
  ["null", "null"],
  ["a list", "[]"],
  ["half an object", '{"type":"hello"'],
  ["an object without a type", "{}"],
  ["an unknown type", '{"type":"subscribe"}'],
  ["a frame type of the server", '{"type":"snapshot","seq":1,"urgent":[],"unread_count":0}'],
  ["a hello without last_seq", '{"type":"hello"}'],
  ["a hello with a string as last_seq", '{"type":"hello","last_seq":"1"}'],
  ["a dismissal without ids", '{"type":"dismiss"}'],
  ["a dismissal with strings as ids", '{"type":"dismiss","ids":["1"]}'],
  ["a dismissal with a negative id", '{"type":"dismiss","ids":[-1]}'],
  ["a dismissal with a fractional id", '{"type":"dismiss","ids":[1.5]}'],
  ["a dismissal with an id that is too large", '{"type":"dismiss","ids":[1e300]}'],
  [
    "a dismissal with 1,001 ids",
    JSON.stringify({ type: "dismiss", ids: Array.from({ length: 1_001 }, (_, i) => i + 1) }),
  ],
  ["deep nesting", `${"[".repeat(8_000)}${"]".repeat(8_000)}`],
  ["a binary message", new TextEncoder().encode('{"type":"dismiss","ids":[1]}').buffer as ArrayBuffer],
  ["PING in capitals", "PING"],
]

it.each(MALFORMED)("answers %s with an error, and keeps the tab open", async (_, message) => {
  const id = await insertUrgent({ to: [BOB] })
  const { tab } = await openTabWithSnapshot(bob)
  const queries = countQueries()
  tab.sendRaw(message)
  expect(JSON.parse(await tab.text())).toEqual(NOT_UNDERSTOOD)
  expect(queries.statements()).toBe(0)

  tab.send({ type: "dismiss", ids: [id] })
  expect(await tab.frame()).toMatchObject({ type: "urgent_removed", ids: [id] })
})

it("accepts 1,000 ids in one dismissal", async () => {
  const id = await insertUrgent({ to: [BOB] })
  const { tab } = await openTabWithSnapshot(bob)
  tab.send({ type: "dismiss", ids: Array.from({ length: 1_000 }, (_, i) => i + id) })
  expect(await tab.frame()).toMatchObject({ type: "urgent_removed", ids: [id] })
})

it("accepts the largest safe integer as an id", async () => {
  const id = await insertUrgent({ to: [BOB] })
  const { tab } = await openTabWithSnapshot(bob)
  tab.send({ type: "dismiss", ids: [Number.MAX_SAFE_INTEGER, id] })
  expect(await tab.frame()).toMatchObject({ type: "urgent_removed", ids: [id] })
})

it("closes the socket when the tab closes it", async () => {
  const { tab } = await openTabWithSnapshot(bob)
  tab.close()
  expect(await tab.closed()).toMatchObject({ code: expect.any(Number) })
  await runInDurableObject(acmeBar(), (_, state) => {
    const open = state.getWebSockets().filter((socket) => socket.readyState === WebSocket.OPEN)
    expect(open).toHaveLength(0)
  })
})
