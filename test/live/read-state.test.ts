import { env } from "cloudflare:workers"
import { expect, it, vi } from "vitest"
import { alice, type ApiClient, bob, charlie, dora } from "../support/people"
import { openTabWithSnapshot } from "../support/sockets"
import { acmeBar, expectedBar, insertUrgent } from "../support/urgent-bar"

const ALICE = alice.orgUserId
const BOB = bob.orgUserId

const put = async (person: ApiClient, path: string, body?: object) => {
  const answer = await person.put(`/api/notifications/${path}`, body)
  expect(answer.status).toBe(200)
}
const mark = (person: ApiClient, ids: number[], isRead: boolean) =>
  put(person, "v1", { notification_ids: ids, read_status: isRead })
const barOf = async (person: ApiClient) => {
  const { res, total } = await (await person.get("/api/notifications/urgent-bar")).json<any>()
  return { ids: res.map((item: { id: number }) => item.id), total }
}

it("takes what was read by REST off every tab of the reader, and off nobody else's", async () => {
  const [first, second] = [await insertUrgent({ to: [ALICE, BOB] }), await insertUrgent({ to: [ALICE, BOB] })]
  const [one, other, atAlice] = [
    await openTabWithSnapshot(bob),
    await openTabWithSnapshot(bob),
    await openTabWithSnapshot(alice),
  ]
  await mark(bob, [first], true)

  for (const { tab, snapshot } of [one, other]) {
    const frame = await tab.frame()
    expect(frame).toEqual({ type: "urgent_removed", seq: expect.any(Number), ids: [first], unread_count: 1 })
    expect(frame.seq).toBeGreaterThan(snapshot.seq)
  }
  expect(await barOf(bob)).toEqual({ ids: [second], total: 1 })
  expect(await barOf(alice)).toEqual({ ids: [second, first], total: 2 })
  expect(await atAlice.tab.rest()).toEqual([])
})

it("takes what was dismissed in one tab off the other, and marks it as read", async () => {
  const [first, second] = [await insertUrgent({ to: [BOB] }), await insertUrgent({ to: [BOB] })]
  const [one, other] = [await openTabWithSnapshot(bob), await openTabWithSnapshot(bob)]
  one.tab.send({ type: "dismiss", ids: [first, second] })

  for (const { tab } of [one, other]) {
    expect(await tab.frame()).toMatchObject({ type: "urgent_removed", ids: [second, first], unread_count: 0 })
  }
  expect(await expectedBar(BOB)).toEqual({ ids: [], total: 0, unreadCount: 0 })
  const inbox = await (await bob.get("/api/notifications/v1?read_status=1")).json<any>()
  expect(inbox.total_notifications).toBe(2)
})

it("empties the bar when everything is marked as read", async () => {
  const ids = [await insertUrgent({ to: [BOB] }), await insertUrgent({ to: [BOB] })]
  await insertUrgent({ to: [BOB], urgent: false })
  const { tab } = await openTabWithSnapshot(bob)
  await put(bob, "mark_all_as_read")
  expect(await tab.frame()).toMatchObject({ type: "urgent_removed", ids: ids.toReversed(), unread_count: 0 })
  expect(await barOf(bob)).toEqual({ ids: [], total: 0 })
})

it("tells the count alone when what was read is not urgent", async () => {
  await insertUrgent({ to: [BOB] })
  const quiet = await insertUrgent({ to: [BOB], urgent: false })
  const { tab } = await openTabWithSnapshot(bob)
  await mark(bob, [quiet], true)
  expect(await tab.frame()).toMatchObject({ type: "unread_count", unread_count: 1 })
})

it("brings back what is marked as unread, to its place", async () => {
  const [first, second] = [await insertUrgent({ to: [BOB] }), await insertUrgent({ to: [BOB] })]
  const { tab } = await openTabWithSnapshot(bob)
  await mark(bob, [first], true)
  await tab.frame()
  await mark(bob, [first], false)
  expect(await tab.frame()).toMatchObject({ type: "urgent_added", item: { id: first }, unread_count: 2 })
  expect(await barOf(bob)).toEqual({ ids: [second, first], total: 2 })
})

it("says nothing when what is marked was so already", async () => {
  const [first, second] = [await insertUrgent({ to: [BOB] }), await insertUrgent({ to: [BOB] })]
  const { tab } = await openTabWithSnapshot(bob)
  await mark(bob, [first], false)
  tab.send({ type: "dismiss", ids: [] })
  tab.send({ type: "dismiss", ids: [second] })
  expect(await tab.frame()).toMatchObject({ type: "urgent_removed", ids: [second] })
  tab.send({ type: "dismiss", ids: [second] })
  tab.send({ type: "dismiss", ids: [first] })
  expect(await tab.frame()).toMatchObject({ type: "urgent_removed", ids: [first] })
})

it("changes nothing when a colleague's ids are dismissed", async () => {
  const [own, others] = [await insertUrgent({ to: [BOB] }), await insertUrgent({ to: [ALICE] })]
  const [atBob, atAlice] = [await openTabWithSnapshot(bob), await openTabWithSnapshot(alice)]
  atBob.tab.send({ type: "dismiss", ids: [others, 999_999] })
  atBob.tab.send({ type: "dismiss", ids: [others, own] })
  expect(await atBob.tab.frame()).toMatchObject({ type: "urgent_removed", ids: [own] })
  expect(await expectedBar(ALICE)).toMatchObject({ ids: [others] })
  expect(await barOf(alice)).toEqual({ ids: [others], total: 1 })
  expect(await atAlice.tab.rest()).toEqual([])
})

it("changes nothing when a stranger dismisses, even what both received", async () => {
  const [shared, acmes] = [await insertUrgent({ to: [BOB, charlie.orgUserId] }), await insertUrgent({ to: [BOB] })]
  const [atBob, atCharlie] = [await openTabWithSnapshot(bob), await openTabWithSnapshot(charlie)]
  atCharlie.tab.send({ type: "dismiss", ids: [acmes, shared] })
  expect(await atCharlie.tab.frame()).toMatchObject({ type: "urgent_removed", ids: [shared], unread_count: 0 })
  expect(await expectedBar(BOB)).toMatchObject({ ids: [acmes, shared] })
  expect(await barOf(bob)).toEqual({ ids: [acmes, shared], total: 2 })
  expect(await atBob.tab.rest()).toEqual([])
})

it("marks in one organisation only, for a person who is in two", async () => {
  await env.DB.prepare(
    "INSERT INTO org_users (id, org_id, user_id, email, role) VALUES (50, 3, '2', 'bob@dalgo.test', 'member')",
  ).run()
  const id = await insertUrgent({ to: [BOB, 50, dora.orgUserId] })
  const [inAcme, inDalgo] = [
    await openTabWithSnapshot(bob, { slug: "acme" }),
    await openTabWithSnapshot(bob, { slug: "dalgo" }),
  ]
  inAcme.tab.send({ type: "dismiss", ids: [id] })
  expect(await inAcme.tab.frame()).toMatchObject({ type: "urgent_removed", ids: [id] })
  expect(await expectedBar(50)).toMatchObject({ ids: [id] })
  expect(await inDalgo.tab.rest()).toEqual([])
})

it("tells a tab that a dismissal failed, and keeps it open", async () => {
  const id = await insertUrgent({ to: [BOB] })
  const { tab } = await openTabWithSnapshot(bob)
  vi.spyOn(env.DB, "prepare").mockImplementationOnce(() => {
    throw new Error("the network was lost")
  })
  tab.send({ type: "dismiss", ids: [id] })
  expect(JSON.parse(await tab.text())).toEqual({ message: "it failed, try again", status: "error", data: {} })
  tab.send({ type: "dismiss", ids: [id] })
  expect(await tab.frame()).toMatchObject({ type: "urgent_removed", ids: [id] })
  expect((await acmeBar().bar(BOB)).total).toBe(0)
})
