import { beforeEach, describe, expect, it } from "vitest"
import { unreadCountOf } from "../support/inbox"
import { alice, type ApiClient, bob, charlie } from "../support/people"
import { sendMany } from "../support/send-many"
import { captureQueues } from "../support/queues"

const V1 = "/api/notifications/v1"
const get = async (speaker: ApiClient, query = "") => (await speaker.get(V1 + query)).json<any>()
const idsOf = (page: any): number[] => page.res.map((item: any) => item.id)

let ids: number[]
beforeEach(async () => {
  captureQueues()
  ids = await sendMany(7)
})

describe("marking notifications", () => {
  it("marks them as read and as unread", async () => {
    const response = await bob.put(V1, { notification_ids: ids.slice(0, 2), read_status: true })
    expect(await response.json()).toEqual({ success: true, message: "Notifications updated successfully" })
    expect(await unreadCountOf(bob)).toBe(5)
    await bob.put(V1, { notification_ids: ids.slice(0, 2), read_status: true })
    expect(await unreadCountOf(bob)).toBe(5)
    await bob.put(V1, { notification_ids: ids.slice(0, 1), read_status: false })
    expect(await unreadCountOf(bob)).toBe(6)
  })

  it("leaves the inboxes of other people alone", async () => {
    await bob.put(V1, { notification_ids: ids, read_status: true })
    expect(await unreadCountOf(bob)).toBe(0)
    expect(await unreadCountOf(alice)).toBe(7)
  })

  it("ignores ids from elsewhere and answers the same", async () => {
    const response = await charlie.put(V1, { notification_ids: [...ids, 999_999], read_status: true })
    expect(await response.json()).toEqual({ success: true, message: "Notifications updated successfully" })
    expect(await unreadCountOf(bob)).toBe(7)
    expect(await get(charlie)).toMatchObject({ total_notifications: 0 })
  })

  it("marks all as read and counts those that were unread", async () => {
    await bob.put(V1, { notification_ids: ids.slice(0, 3), read_status: true })
    const all = async () => (await bob.put("/api/notifications/mark_all_as_read")).json()
    expect(await all()).toEqual({ success: true, updated_count: 4 })
    expect(await all()).toEqual({ success: true, updated_count: 0 })
    expect(await unreadCountOf(alice)).toBe(7)
    expect(idsOf(await get(bob, "?read_status=1"))).toEqual(ids)
  })
})
