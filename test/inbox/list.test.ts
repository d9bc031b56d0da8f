import { beforeEach, describe, expect, it } from "vitest"
import { type ApiClient, bob, charlie } from "../support/people"
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

describe("an inbox", () => {
  it("returns a page, newest first, with totals", async () => {
    const page = await get(bob, "?page=2&limit=3")
    expect(page).toMatchObject({ success: true, page: 2, total_pages: 3, total_notifications: 7 })
    expect(idsOf(page)).toEqual(ids.slice(3, 6))
  })

  const CASES = [1, 2, 3, 4, 5, 6, 7, 8, 10, 100].flatMap((limit) =>
    [1, 2, 3, 7, 50, 1e12].map((page) => ({ limit, page })),
  )
  it("returns the right rows for every page and limit", async () => {
    for (const { limit, page } of CASES) {
      const last = Math.ceil(ids.length / limit)
      const shown = Math.min(page, last)
      const answer = await get(bob, `?page=${page}&limit=${limit}`)
      expect(idsOf(answer), `page ${page} of ${limit} each`).toEqual(ids.slice((shown - 1) * limit, shown * limit))
      expect(answer).toMatchObject({ page: shown, total_pages: last })
    }
  })

  it("returns ten rows by default", async () => {
    expect(idsOf(await get(bob))).toEqual(ids)
  })

  it.each(["4", "1000", "1000000000000"])("returns the last page for page %s", async (page) => {
    const last = await get(bob, `?page=${page}&limit=3`)
    expect(last).toMatchObject({ page: 3, total_pages: 3 })
    expect(idsOf(last)).toEqual(ids.slice(6))
  })

  it("is one empty page before the first notification", async () => {
    expect(await get(charlie)).toEqual({ success: true, res: [], page: 1, total_pages: 1, total_notifications: 0 })
  })

  it("returns read or unread ones only, or both in order", async () => {
    const read = [ids[1], ids[4]]
    await bob.put(V1, { notification_ids: read, read_status: true })
    expect(idsOf(await get(bob, "?read_status=1"))).toEqual(read)
    expect(idsOf(await get(bob, "?read_status=0&limit=3&page=2"))).toEqual([ids[5], ids[6]])
    expect(await get(bob, "?read_status=0")).toMatchObject({ total_notifications: 5 })
    const all = await get(bob)
    expect(idsOf(all)).toEqual(ids)
    expect(all.res.map((item: any) => item.read_status)).toEqual([false, true, false, false, true, false, false])
  })
})
