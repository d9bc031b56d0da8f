import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { beforeEach, expect, it, vi } from "vitest"
import { alice, bob } from "../support/people"
import { captureQueues } from "../support/queues"
import { openTab, openTabWithSnapshot } from "../support/sockets"
import {
  acmeBar,
  addMembersToAcme,
  appendSummary,
  countQueries,
  expectedBar,
  insertUrgent,
  setRead,
} from "../support/urgent-bar"

const ALICE = alice.orgUserId
const BOB = bob.orgUserId
const MINUTE = 60_000

let queue: ReturnType<typeof captureQueues>
beforeEach(() => {
  queue = captureQueues()
})

const runAlarm = () => runDurableObjectAlarm(acmeBar())
const nextAlarm = () => runInDurableObject(acmeBar(), (_, state) => state.storage.getAlarm())
/** People and items in the object's storage. */
const storedState = () =>
  runInDurableObject(acmeBar(), (_, { storage: { sql } }) => ({
    people: sql
      .exec<{ id: number }>("SELECT org_user_id AS id FROM people ORDER BY 1")
      .toArray()
      .map(({ id }) => id),
    items: sql
      .exec<{ id: number }>("SELECT id FROM items ORDER BY 1")
      .toArray()
      .map(({ id }) => id),
  }))
const moveClock = (ms: number) => vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ms })

it("repairs a missed arrival", async () => {
  const { tab } = await openTabWithSnapshot(bob)
  const id = await insertUrgent({ to: [BOB] })
  expect(await runAlarm()).toBe(true)
  expect(await tab.frame()).toMatchObject({ type: "urgent_added", item: { id }, unread_count: 1 })
})

it("repairs a missed read, a missed unread and a missed arrival that is not urgent, each with its frame", async () => {
  const id = await insertUrgent({ to: [BOB] })
  const { tab } = await openTabWithSnapshot(bob)
  await setRead(BOB, [id], true)
  await runAlarm()
  expect(await tab.frame()).toMatchObject({ type: "urgent_removed", ids: [id] })
  await setRead(BOB, [id], false)
  await runAlarm()
  expect(await tab.frame()).toMatchObject({ type: "urgent_added", item: { id } })
  await insertUrgent({ to: [BOB], urgent: false })
  await runAlarm()
  expect(await tab.frame()).toMatchObject({ type: "unread_count", unread_count: 2 })
})

it("repairs a missed summary", async () => {
  const id = await insertUrgent({ to: [BOB] })
  const { tab } = await openTabWithSnapshot(bob)
  await appendSummary(id)
  await runAlarm()
  await runAlarm()
  const message = expect.stringContaining("The source was down")
  expect(await tab.rest()).toMatchObject([{ type: "item_updated", item: { id, message } }])
  expect((await acmeBar().bar(BOB)).items).toMatchObject([{ message }])
})

it("repairs a publication whose call to the object failed; the response and the email queue are not affected", async () => {
  const { tab } = await openTabWithSnapshot(bob)
  const fail = () => Promise.reject(new Error("overloaded"))
  vi.spyOn(env.URGENT_BAR, "getByName").mockReturnValueOnce({ arrived: fail } as never)
  const answer = await alice.post("/api/notifications/", {
    author: "Alice",
    message: "The warehouse is down",
    sent_to: "all_org_users",
    org_slug: "acme",
    urgent: true,
  })
  expect(answer.status).toBe(200)
  await vi.waitFor(() => expect(queue.sent).toMatchObject([{ queue: "dalgo-deliveries" }]))
  expect(await tab.rest()).toEqual([])

  await runAlarm()
  expect(await tab.frame()).toMatchObject({ type: "urgent_added", unread_count: 1 })
})

it("repairs a read whose call to the object failed", async () => {
  const id = await insertUrgent({ to: [BOB] })
  const { tab } = await openTabWithSnapshot(bob)
  const fail = () => Promise.reject(new Error("overloaded"))
  vi.spyOn(env.URGENT_BAR, "getByName").mockReturnValueOnce({ changed: fail } as never)
  const answer = await bob.put("/api/notifications/v1", { notification_ids: [id], read_status: true })
  expect(answer.status).toBe(200)
  await runAlarm()
  expect(await tab.frame()).toMatchObject({ type: "urgent_removed", ids: [id] })
})

it("sends nothing when nothing changed, with one database round trip for all people", async () => {
  const people = await addMembersToAcme(50)
  for (const { orgUserId } of people) await acmeBar().bar(orgUserId)
  const { tab } = await openTabWithSnapshot(bob)
  const queries = countQueries()
  await runAlarm()
  expect(queries.batches()).toBe(1)
  expect(queries.statements()).toBe(3)
  expect(await tab.rest()).toEqual([])
})

it("does not reload items that were summarised before its last check", async () => {
  const id = await insertUrgent({ to: [BOB] })
  await openTab(bob)
  await appendSummary(id)
  await acmeBar().itemUpdated({ notificationId: id })
  moveClock(2 * MINUTE)
  await runAlarm()
  moveClock(MINUTE)
  const queries = countQueries()
  await runAlarm()
  expect(queries.statements()).toBe(3)
})

it("updates 50 people with three database round trips", async () => {
  const people = await addMembersToAcme(50)
  for (const { orgUserId } of people) await acmeBar().bar(orgUserId)
  await insertUrgent({ to: people.map((person) => person.orgUserId) })
  const queries = countQueries()
  await runAlarm()
  expect(queries.batches()).toBe(1 + 2)
  for (const { orgUserId } of people) expect((await acmeBar().bar(orgUserId)).total).toBe(1)
})

it("runs each minute while a tab is open", async () => {
  await openTab(bob)
  for (let i = 0; i < 15; i++) {
    moveClock(MINUTE)
    expect(await runAlarm()).toBe(true)
    expect(await nextAlarm()).toBe(Date.now() + MINUTE)
  }
  expect((await storedState()).people).toEqual([BOB])
})

it("runs for ten minutes after the last REST request, then deletes the person's data and stops", async () => {
  moveClock(0)
  await insertUrgent({ to: [BOB] })
  await bob.get("/api/notifications/urgent-bar")
  moveClock(10 * MINUTE)
  await runAlarm()
  expect(await storedState()).toMatchObject({ people: [BOB], items: [expect.any(Number)] })
  expect(await nextAlarm()).toBe(Date.now() + MINUTE)

  moveClock(1)
  await runAlarm()
  expect(await storedState()).toEqual({ people: [], items: [] })
  expect(await nextAlarm()).toBeNull()
  expect(await runAlarm()).toBe(false)
})

it("restarts the ten minutes with each REST request", async () => {
  await bob.get("/api/notifications/urgent-bar")
  moveClock(9 * MINUTE)
  await bob.get("/api/notifications/urgent-bar")
  moveClock(9 * MINUTE)
  await runAlarm()
  expect((await storedState()).people).toEqual([BOB])
})

it("does not restart the ten minutes with an arrival", async () => {
  await acmeBar().bar(BOB)
  moveClock(11 * MINUTE)
  const id = await insertUrgent({ to: [BOB] })
  await acmeBar().arrived({ notificationId: id, orgUserIds: [BOB] })
  await runAlarm()
  expect((await storedState()).people).toEqual([])
})

it("deletes people without a tab, and keeps people with a tab and their items", async () => {
  const [alices, bobs] = [await insertUrgent({ to: [ALICE] }), await insertUrgent({ to: [BOB] })]
  await openTab(alice)
  const { tab } = await openTabWithSnapshot(bob)
  tab.close()
  await tab.closed()
  moveClock(11 * MINUTE)
  await runAlarm()
  expect(await storedState()).toEqual({ people: [ALICE], items: [alices] })
  expect((await expectedBar(BOB)).ids).toEqual([bobs])
})

it("starts with a higher seq for a person who returns", async () => {
  const { tab, snapshot } = await openTabWithSnapshot(bob)
  tab.close()
  await tab.closed()
  moveClock(11 * MINUTE)
  await runAlarm()
  const id = await insertUrgent({ to: [BOB] })
  const again = await openTabWithSnapshot(bob)
  expect(again.snapshot.urgent).toMatchObject([{ id }])
  expect(again.snapshot.seq).toBeGreaterThan(snapshot.seq)
  expect(await nextAlarm()).not.toBeNull()
})

it("stays scheduled when the database fails, and repairs the bar the next time", async () => {
  const { tab } = await openTabWithSnapshot(bob)
  const id = await insertUrgent({ to: [BOB] })
  vi.spyOn(env.DB, "batch").mockRejectedValueOnce(new Error("the network was lost"))
  await expect(async () => await runAlarm()).rejects.toThrow("the network was lost")
  expect(await nextAlarm()).not.toBeNull()
  await runAlarm()
  expect(await tab.frame()).toMatchObject({ type: "urgent_added", item: { id } })
})

it("closes tabs whose token has expired with 4003, and no others", async () => {
  const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds
  const short = await openTabWithSnapshot(bob, { claims: { exp: inSeconds(90) } })
  const long = await openTabWithSnapshot(bob, { claims: { exp: inSeconds(3600) } })
  moveClock(MINUTE)
  await runAlarm()
  moveClock(MINUTE)
  await runAlarm()
  expect(await short.tab.closed()).toEqual({ code: 4003, reason: "the token has expired" })

  const id = await insertUrgent({ to: [BOB] })
  await acmeBar().arrived({ notificationId: id, orgUserIds: [BOB] })
  expect(await long.tab.frame()).toMatchObject({ type: "urgent_added" })
  expect(short.tab.texts).toHaveLength(1)
})

it("closes a tab with 4003 when it sends a message after its token has expired, and ignores the message", async () => {
  const id = await insertUrgent({ to: [BOB] })
  const { tab } = await openTabWithSnapshot(bob, { claims: { exp: Math.floor(Date.now() / 1000) + 60 } })
  moveClock(61_000)
  tab.send({ type: "dismiss", ids: [id] })
  expect(await tab.closed()).toMatchObject({ code: 4003 })
  expect((await expectedBar(BOB)).ids).toEqual([id])
})

it("deletes a person whose only tab has an expired token", async () => {
  await openTab(bob, { claims: { exp: Math.floor(Date.now() / 1000) + 60 } })
  moveClock(11 * MINUTE)
  await runAlarm()
  expect((await storedState()).people).toEqual([])
  expect(await nextAlarm()).toBeNull()
})
