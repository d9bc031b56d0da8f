import { env } from "cloudflare:workers"
import { expect, it, vi } from "vitest"
import { urgentBarOf } from "../support/inbox"
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

it("removes an item from all tabs of the person who read it by REST, and from no other", async () => {
  const [first, second] = [await insertUrgent({ to: [ALICE, BOB] }), await insertUrgent({ to: [ALICE, BOB] })]
  const [firstTab, otherTab, aliceTab] = [
    await openTabWithSnapshot(bob),
    await openTabWithSnapshot(bob),
    await openTabWithSnapshot(alice),
  ]
  await mark(bob, [first], true)

  for (const { tab, snapshot } of [firstTab, otherTab]) {
    const frame = await tab.frame()
    expect(frame).toEqual({ type: "urgent_removed", seq: expect.any(Number), ids: [first], unread_count: 1 })
    expect(frame.seq).toBeGreaterThan(snapshot.seq)
  }
  expect(await urgentBarOf(bob)).toEqual({ ids: [second], total: 1 })
  expect(await urgentBarOf(alice)).toEqual({ ids: [second, first], total: 2 })
  expect(await aliceTab.tab.rest()).toEqual([])
})

it("removes dismissed items from all tabs of the person, and marks them as read", async () => {
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
  expect(await urgentBarOf(bob)).toEqual({ ids: [], total: 0 })
})

it("sends only unread_count when an item that is not urgent is read", async () => {
  await insertUrgent({ to: [BOB] })
  const quiet = await insertUrgent({ to: [BOB], urgent: false })
  const { tab } = await openTabWithSnapshot(bob)
  await mark(bob, [quiet], true)
  expect(await tab.frame()).toMatchObject({ type: "unread_count", unread_count: 1 })
})

it("adds an item that is marked as unread, in its place", async () => {
  const [first, second] = [await insertUrgent({ to: [BOB] }), await insertUrgent({ to: [BOB] })]
  const { tab } = await openTabWithSnapshot(bob)
  await mark(bob, [first], true)
  await tab.frame()
  await mark(bob, [first], false)
  expect(await tab.frame()).toMatchObject({ type: "urgent_added", item: { id: first }, unread_count: 2 })
  expect(await urgentBarOf(bob)).toEqual({ ids: [second, first], total: 2 })
})

it("sends nothing when the read state does not change", async () => {
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

it("ignores dismissed ids of a colleague", async () => {
  const [own, others] = [await insertUrgent({ to: [BOB] }), await insertUrgent({ to: [ALICE] })]
  const [bobTab, aliceTab] = [await openTabWithSnapshot(bob), await openTabWithSnapshot(alice)]
  bobTab.tab.send({ type: "dismiss", ids: [others, 999_999] })
  bobTab.tab.send({ type: "dismiss", ids: [others, own] })
  expect(await bobTab.tab.frame()).toMatchObject({ type: "urgent_removed", ids: [own] })
  expect(await expectedBar(ALICE)).toMatchObject({ ids: [others] })
  expect(await urgentBarOf(alice)).toEqual({ ids: [others], total: 1 })
  expect(await aliceTab.tab.rest()).toEqual([])
})

it("changes no bar of another organisation, even for a shared notification", async () => {
  const [shared, acmes] = [await insertUrgent({ to: [BOB, charlie.orgUserId] }), await insertUrgent({ to: [BOB] })]
  const [bobTab, charlieTab] = [await openTabWithSnapshot(bob), await openTabWithSnapshot(charlie)]
  charlieTab.tab.send({ type: "dismiss", ids: [acmes, shared] })
  expect(await charlieTab.tab.frame()).toMatchObject({ type: "urgent_removed", ids: [shared], unread_count: 0 })
  expect(await expectedBar(BOB)).toMatchObject({ ids: [acmes, shared] })
  expect(await urgentBarOf(bob)).toEqual({ ids: [acmes, shared], total: 2 })
  expect(await bobTab.tab.rest()).toEqual([])
})

it("marks as read in one organisation only for a member of two", async () => {
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

it("sends an error when a dismissal fails, and keeps the tab open", async () => {
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
