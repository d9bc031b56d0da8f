import { evictDurableObject, runInDurableObject } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { expect, it, vi } from "vitest"
import { excerpt } from "../../src/live/excerpt"
import type { Frame } from "../../src/live/protocol"
import { alice, bob } from "../support/people"
import { openTabWithSnapshot, snapshotOf } from "../support/sockets"
import { acmeBar, appendSummary, countQueries, holdNextAnswer, insertUrgent, setRead } from "../support/urgent-bar"

const BOB = bob.orgUserId
const STALE = { type: "hello", last_seq: 0 }

const inStorage = <T>(act: (sql: SqlStorage) => T) =>
  runInDurableObject(acmeBar(), (_, { storage: { sql } }) => act(sql))

const storedExcerpt = (id: number) =>
  inStorage((sql) =>
    JSON.parse(sql.exec<{ excerpt: string }>("SELECT excerpt FROM items WHERE id = ?", id).one().excerpt),
  )

const SEEN_AT = "SELECT seen_at AS seenAt FROM people"
const seenAt = () => inStorage((sql) => sql.exec<{ seenAt: number }>(SEEN_AT).one().seenAt)

it("stores an item with the excerpt that frames carry", async () => {
  const id = await insertUrgent({ to: [BOB], message: "😀".repeat(5_000) })
  const { snapshot } = await openTabWithSnapshot(bob)
  expect(snapshot.urgent).toEqual([await storedExcerpt(id)])
  const [whole] = (await acmeBar().bar(BOB)).items
  expect(await storedExcerpt(id)).toEqual(excerpt(whole as NonNullable<typeof whole>))
})

it("replaces the stored excerpt when the text changes", async () => {
  const id = await insertUrgent({ to: [BOB] })
  const { tab } = await openTabWithSnapshot(bob)
  await appendSummary(id, "The source was down")
  await acmeBar().itemUpdated({ notificationId: id })
  expect(await tab.frame()).toMatchObject({ type: "item_updated", item: await storedExcerpt(id) })
  expect((await storedExcerpt(id)).message).toContain("The source was down")
})

it("builds a snapshot from stored excerpts, and does not cut the text again", async () => {
  const id = await insertUrgent({ to: [BOB] })
  const { tab } = await openTabWithSnapshot(bob)
  await evictDurableObject(acmeBar())
  await inStorage((sql) => {
    sql.exec("UPDATE items SET item = 'no JSON', excerpt = ? WHERE id = ?", '{"message":"stored"}', id)
  })
  tab.send(STALE)
  expect(await tab.frame()).toMatchObject({ type: "snapshot", urgent: [{ message: "stored" }] })
})

it("keeps the text of a snapshot until the bar changes", async () => {
  const id = await insertUrgent({ to: [BOB] })
  const { tab, snapshot } = await openTabWithSnapshot(bob)
  await inStorage((sql) => {
    sql.exec("UPDATE items SET excerpt = ? WHERE id = ?", '{"message":"stored"}', id)
  })
  tab.send(STALE)
  expect(await tab.frame()).toEqual(snapshot)

  await insertUrgent({ to: [BOB], urgent: false })
  await acmeBar().changed({ orgUserIds: [BOB] })
  expect(await tab.frame()).toMatchObject({ type: "unread_count", unread_count: 2 })
  tab.send(STALE)
  expect(await tab.frame()).toMatchObject({ seq: snapshot.seq + 1, urgent: [{ message: "stored" }], unread_count: 2 })
})

it("does not show the kept snapshot of a bar that was emptied", async () => {
  const id = await insertUrgent({ to: [BOB] })
  await openTabWithSnapshot(bob)
  await setRead(BOB, [id], true)
  await acmeBar().changed({ orgUserIds: [BOB] })
  expect((await openTabWithSnapshot(bob)).snapshot).toMatchObject({ urgent: [], unread_count: 0 })
})

it("writes at most once a minute when a bar was last read", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() })
  await acmeBar().bar(BOB)
  const before = await seenAt()
  vi.setSystemTime(before + 59_999)
  await openTabWithSnapshot(bob)
  expect(await seenAt()).toBe(before)
  vi.setSystemTime(before + 60_000)
  await openTabWithSnapshot(bob)
  expect(await seenAt()).toBe(before + 60_000)
})

it("reads bars again whose items an earlier version stored without excerpts", async () => {
  for (let i = 0; i < 2; i++) await insertUrgent({ to: [BOB] })
  const { tab, snapshot } = await openTabWithSnapshot(bob)
  await inStorage((sql) => {
    sql.exec("CREATE TABLE older (id INTEGER PRIMARY KEY, item TEXT NOT NULL)")
    sql.exec("INSERT INTO older (id, item) SELECT id, item FROM items")
    sql.exec("DROP TABLE items")
    sql.exec("ALTER TABLE older RENAME TO items")
  })
  await evictDurableObject(acmeBar())
  tab.send(STALE)
  await vi.waitFor(() => expect(tab.texts.filter((text) => text.includes('"snapshot"'))).toHaveLength(2))
  expect(snapshotOf((await tab.rest()).at(-1) as Frame)).toMatchObject({ urgent: snapshot.urgent, unread_count: 2 })
  const queries = countQueries()
  await openTabWithSnapshot(bob)
  expect(queries.statements()).toBe(0)
})

const rewrite = (id: number, message: string, summarisedAt: number | null) =>
  env.DB.prepare("UPDATE notifications SET message = ?, summarised_at = ? WHERE id = ?")
    .bind(message, summarisedAt, id)
    .run()
const messagesOf = async (orgUserId: number) => (await acmeBar().bar(orgUserId)).items.map((item) => item.message)

it("reads the text of an item once, for all people and changes", async () => {
  const id = await insertUrgent({ to: [alice.orgUserId, BOB], message: "First" })
  expect(await messagesOf(BOB)).toEqual(["First"])
  await rewrite(id, "Second", null)
  await insertUrgent({ to: [BOB], urgent: false })
  await acmeBar().changed({ orgUserIds: [BOB] })
  expect(await messagesOf(BOB)).toEqual(["First"])
  expect(await messagesOf(alice.orgUserId)).toEqual(["First"])
})

it("reads a text again that was summarised within the last hour", async () => {
  const id = await insertUrgent({ to: [BOB], message: "First" })
  const { tab } = await openTabWithSnapshot(bob)
  await rewrite(id, "Second", Date.now() - 59 * 60_000)
  await insertUrgent({ to: [BOB], urgent: false })
  await acmeBar().changed({ orgUserIds: [BOB] })
  expect(await tab.frame()).toMatchObject({ type: "item_updated", item: { id, message: "Second" } })
})

it("reads the texts again that were deleted from the copy during a reload", async () => {
  const id = await insertUrgent({ to: [BOB] })
  await openTabWithSnapshot(bob)
  await insertUrgent({ to: [BOB], urgent: false })
  const answer = holdNextAnswer()
  const changing = acmeBar().changed({ orgUserIds: [BOB] })
  await answer.asked()
  await inStorage((sql) => {
    sql.exec("DELETE FROM items")
  })
  answer.give()
  await changing
  expect((await openTabWithSnapshot(bob)).snapshot).toMatchObject({ urgent: [{ id }], unread_count: 2 })
})
