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

const ringAlarm = () => runDurableObjectAlarm(acmeBar())
const nextAlarm = () => runInDurableObject(acmeBar(), (_, state) => state.storage.getAlarm())
/** Whom and what the copy holds. */
const kept = () =>
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

it("makes good an arrival of which nobody told the object", async () => {
  const { tab } = await openTabWithSnapshot(bob)
  const id = await insertUrgent({ to: [BOB] })
  expect(await ringAlarm()).toBe(true)
  expect(await tab.frame()).toMatchObject({ type: "urgent_added", item: { id }, unread_count: 1 })
})

it("makes good a reading, a marking as unread and a quiet arrival, each with its frame", async () => {
  const id = await insertUrgent({ to: [BOB] })
  const { tab } = await openTabWithSnapshot(bob)
  await setRead(BOB, [id], true)
  await ringAlarm()
  expect(await tab.frame()).toMatchObject({ type: "urgent_removed", ids: [id] })
  await setRead(BOB, [id], false)
  await ringAlarm()
  expect(await tab.frame()).toMatchObject({ type: "urgent_added", item: { id } })
  await insertUrgent({ to: [BOB], urgent: false })
  await ringAlarm()
  expect(await tab.frame()).toMatchObject({ type: "unread_count", unread_count: 2 })
})

it("makes good a summary of which nobody told the object", async () => {
  const id = await insertUrgent({ to: [BOB] })
  const { tab } = await openTabWithSnapshot(bob)
  await appendSummary(id)
  await ringAlarm()
  await ringAlarm()
  const message = expect.stringContaining("The source was down")
  expect(await tab.rest()).toMatchObject([{ type: "item_updated", item: { id, message } }])
  expect((await acmeBar().bar(BOB)).items).toMatchObject([{ message }])
})

it("makes good a publication whose hint the object refused; the answer and the mail do not suffer", async () => {
  const { tab } = await openTabWithSnapshot(bob)
  const refuse = () => Promise.reject(new Error("overloaded"))
  vi.spyOn(env.URGENT_BAR, "getByName").mockReturnValueOnce({ arrived: refuse } as never)
  const answer = await alice.post("/api/notifications/", {
    author: "Dalgo",
    message: "The warehouse is down",
    sent_to: "all_org_users",
    org_slug: "acme",
    urgent: true,
  })
  expect(answer.status).toBe(200)
  await vi.waitFor(() => expect(queue.sent).toMatchObject([{ queue: "dalgo-deliveries" }]))
  expect(await tab.rest()).toEqual([])

  await ringAlarm()
  expect(await tab.frame()).toMatchObject({ type: "urgent_added", unread_count: 1 })
})

it("makes good a reading whose hint the object refused", async () => {
  const id = await insertUrgent({ to: [BOB] })
  const { tab } = await openTabWithSnapshot(bob)
  const refuse = () => Promise.reject(new Error("overloaded"))
  vi.spyOn(env.URGENT_BAR, "getByName").mockReturnValueOnce({ changed: refuse } as never)
  const answer = await bob.put("/api/notifications/v1", { notification_ids: [id], read_status: true })
  expect(answer.status).toBe(200)
  await ringAlarm()
  expect(await tab.frame()).toMatchObject({ type: "urgent_removed", ids: [id] })
})

it("says nothing when nothing happened, and asks one question for all who look", async () => {
  const people = await addMembersToAcme(50)
  for (const { orgUserId } of people) await acmeBar().bar(orgUserId)
  const { tab } = await openTabWithSnapshot(bob)
  const asked = countQueries()
  await ringAlarm()
  expect(asked.batches()).toBe(1)
  expect(asked.statements()).toBe(3)
  expect(await tab.rest()).toEqual([])
})

it("does not read again, each minute, what was summarised long ago", async () => {
  const id = await insertUrgent({ to: [BOB] })
  await openTab(bob)
  await appendSummary(id)
  await acmeBar().itemUpdated({ notificationId: id })
  moveClock(3 * MINUTE)
  const asked = countQueries()
  await ringAlarm()
  expect(asked.statements()).toBe(3)
})

it("catches up with many people in a few questions", async () => {
  const people = await addMembersToAcme(50)
  for (const { orgUserId } of people) await acmeBar().bar(orgUserId)
  await insertUrgent({ to: people.map((person) => person.orgUserId) })
  const asked = countQueries()
  await ringAlarm()
  expect(asked.batches()).toBe(1 + 2)
  for (const { orgUserId } of people) expect((await acmeBar().bar(orgUserId)).total).toBe(1)
})

it("comes again each minute for as long as a tab is open", async () => {
  await openTab(bob)
  for (let i = 0; i < 15; i++) {
    moveClock(MINUTE)
    expect(await ringAlarm()).toBe(true)
    expect(await nextAlarm()).toBe(Date.now() + MINUTE)
  }
  expect((await kept()).people).toEqual([BOB])
})

it("comes again for ten minutes after the last look by REST, then forgets and stops", async () => {
  moveClock(0)
  await insertUrgent({ to: [BOB] })
  await bob.get("/api/notifications/urgent-bar")
  moveClock(10 * MINUTE)
  await ringAlarm()
  expect(await kept()).toMatchObject({ people: [BOB], items: [expect.any(Number)] })
  expect(await nextAlarm()).toBe(Date.now() + MINUTE)

  moveClock(1)
  await ringAlarm()
  expect(await kept()).toEqual({ people: [], items: [] })
  expect(await nextAlarm()).toBeNull()
  expect(await ringAlarm()).toBe(false)
})

it("counts the ten minutes from the last look", async () => {
  await bob.get("/api/notifications/urgent-bar")
  moveClock(9 * MINUTE)
  await bob.get("/api/notifications/urgent-bar")
  moveClock(9 * MINUTE)
  await ringAlarm()
  expect((await kept()).people).toEqual([BOB])
})

it("counts neither an arrival nor a hint as a look", async () => {
  await acmeBar().bar(BOB)
  moveClock(11 * MINUTE)
  const id = await insertUrgent({ to: [BOB] })
  await acmeBar().arrived({ notificationId: id, orgUserIds: [BOB] })
  await ringAlarm()
  expect((await kept()).people).toEqual([])
})

it("forgets who left, and keeps who has a tab and what they see", async () => {
  const [alices, bobs] = [await insertUrgent({ to: [ALICE] }), await insertUrgent({ to: [BOB] })]
  await openTab(alice)
  const { tab } = await openTabWithSnapshot(bob)
  tab.close()
  await tab.closed()
  moveClock(11 * MINUTE)
  await ringAlarm()
  expect(await kept()).toEqual({ people: [ALICE], items: [alices] })
  expect((await expectedBar(BOB)).ids).toEqual([bobs])
})

it("begins anew, with a later number, for somebody who comes back", async () => {
  const { tab, snapshot } = await openTabWithSnapshot(bob)
  tab.close()
  await tab.closed()
  moveClock(11 * MINUTE)
  await ringAlarm()
  const id = await insertUrgent({ to: [BOB] })
  const again = await openTabWithSnapshot(bob)
  expect(again.snapshot.urgent).toMatchObject([{ id }])
  expect(again.snapshot.seq).toBeGreaterThan(snapshot.seq)
  expect(await nextAlarm()).not.toBeNull()
})

it("stays set when the database does not answer, and makes it good the next time", async () => {
  const { tab } = await openTabWithSnapshot(bob)
  const id = await insertUrgent({ to: [BOB] })
  vi.spyOn(env.DB, "batch").mockRejectedValueOnce(new Error("the network was lost"))
  await expect(async () => await ringAlarm()).rejects.toThrow("the network was lost")
  expect(await nextAlarm()).not.toBeNull()
  await ringAlarm()
  expect(await tab.frame()).toMatchObject({ type: "urgent_added", item: { id } })
})

it("closes with 4003 the tabs whose token has expired meanwhile, and no others", async () => {
  const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds
  const short = await openTabWithSnapshot(bob, { claims: { exp: inSeconds(90) } })
  const long = await openTabWithSnapshot(bob, { claims: { exp: inSeconds(3600) } })
  moveClock(MINUTE)
  await ringAlarm()
  moveClock(MINUTE)
  await ringAlarm()
  expect(await short.tab.closed()).toEqual({ code: 4003, reason: "the token has expired" })

  const id = await insertUrgent({ to: [BOB] })
  await acmeBar().arrived({ notificationId: id, orgUserIds: [BOB] })
  expect(await long.tab.frame()).toMatchObject({ type: "urgent_added" })
  expect(short.tab.texts).toHaveLength(1)
})

it("closes with 4003 a tab that speaks after its token has expired, and does nothing of what it says", async () => {
  const id = await insertUrgent({ to: [BOB] })
  const { tab } = await openTabWithSnapshot(bob, { claims: { exp: Math.floor(Date.now() / 1000) + 60 } })
  moveClock(61_000)
  tab.send({ type: "dismiss", ids: [id] })
  expect(await tab.closed()).toMatchObject({ code: 4003 })
  expect((await expectedBar(BOB)).ids).toEqual([id])
})

it("lets nobody be kept by a tab whose token has expired", async () => {
  await openTab(bob, { claims: { exp: Math.floor(Date.now() / 1000) + 60 } })
  moveClock(11 * MINUTE)
  await ringAlarm()
  expect((await kept()).people).toEqual([])
  expect(await nextAlarm()).toBeNull()
})
