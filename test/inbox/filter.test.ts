import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it, vi } from "vitest"
import { CATEGORIES } from "../../src/domain/categories"
import { insertNotification } from "../support/inbox"
import { clearMembershipCache } from "../../src/auth/membership"
import { alice, bob, charlie, dora } from "../support/people"
import { captureQueues, runCron } from "../support/queues"

const FILTERED = "/api/notifications/filtered"
const get = async (query: string, speaker = alice) => (await speaker.get(FILTERED + query)).json<any>()
const idsOf = (page: any): number[] => page.res.map((item: any) => item.id)

beforeEach(() => {
  captureQueues()
  // These tests search more often in a minute than a person may.
  vi.spyOn(env.SEARCH_LIMIT, "limit").mockResolvedValue({ success: true })
})

describe("an inbox with a notification in each bucket", () => {
  type Stored = { id: number; category: string; urgent: boolean; read: boolean }
  let all: Stored[]
  beforeEach(async () => {
    all = []
    let at = 1_000
    for (const category of CATEGORIES) {
      for (const urgent of [true, false]) {
        for (const read of [true, false]) {
          // Every second one has the same time as the one before.
          at += all.length % 2
          all.unshift({ id: await insertNotification({ category, urgent, read, at }), category, urgent, read })
        }
      }
    }
  })

  const FILTERS: [string, (one: Stored) => boolean][] = [
    ["", () => true],
    ["category=incident", (one) => one.category === "incident"],
    ["category=incident&category=late_run", (one) => ["incident", "late_run"].includes(one.category)],
    ["category=late_run,incident", (one) => ["incident", "late_run"].includes(one.category)],
    ["category=incident,incident", (one) => one.category === "incident"],
    [`category=${CATEGORIES.join(",")}`, () => true],
    ["urgent_only=true", (one) => one.urgent],
    ["urgent_only=1&read_status=0", (one) => one.urgent && !one.read],
    ["urgent_only=false", () => true],
    ["read_status=1", (one) => one.read],
    [`category=${CATEGORIES.slice(1).join(",")}&read_status=1`, (one) => one.category !== "incident" && one.read],
    ["category=system&urgent_only=true&read_status=1", (one) => one.category === "system" && one.urgent && one.read],
  ]

  it.each(FILTERS)("filters by %j with an exact total, by page and by cursor", async (query, matches) => {
    const expected = all.filter(matches).map(({ id }) => id)
    const everything = await get(`?limit=100&${query}`)
    expect(idsOf(everything)).toEqual(expected)
    expect(everything).toMatchObject({ total_notifications: expected.length, next_cursor: null, limit: 100 })
    expect(everything).not.toHaveProperty("total_is_lower_bound")

    const byPage: number[] = []
    for (let page = 1; page <= Math.ceil(expected.length / 5); page++) {
      byPage.push(...idsOf(await get(`?limit=5&page=${page}&${query}`)))
    }
    expect(byPage).toEqual(expected)

    const byCursor: number[] = []
    for (let cursor = ""; ; ) {
      const page = await get(`?limit=5&${query}${cursor && `&cursor=${cursor}`}`)
      byCursor.push(...idsOf(page))
      expect(page.total_notifications).toBe(expected.length)
      if (page.next_cursor === null) break
      cursor = page.next_cursor
    }
    expect(byCursor).toEqual(expected)
  })

  it("returns the last page for a page beyond it", async () => {
    const last = await get("?limit=5&page=1000&urgent_only=true")
    expect(last).toMatchObject({ page: 3, total_pages: 3 })
    expect(idsOf(last)).toEqual(
      all
        .filter(({ urgent }) => urgent)
        .map(({ id }) => id)
        .slice(10),
    )
  })

  it("continues from a cursor after a new notification arrived and others were read", async () => {
    const first = await get("?limit=5")
    await insertNotification({ at: Date.now() })
    await alice.put("/api/notifications/v1", { notification_ids: idsOf(first), read_status: true })
    const second = await get(`?limit=5&cursor=${first.next_cursor}`)
    expect(idsOf(second)).toEqual(all.slice(5, 10).map(({ id }) => id))
  })

  it("keeps its totals right when notifications are marked as read and unread", async () => {
    await alice.put("/api/notifications/mark_all_as_read")
    expect((await get("?category=incident&read_status=0")).total_notifications).toBe(0)
    expect((await get("?category=incident&read_status=1")).total_notifications).toBe(4)
    const [one] = idsOf(await get("?category=incident"))
    await alice.put("/api/notifications/v1", { notification_ids: [one], read_status: false })
    expect((await get("?category=incident&read_status=0")).total_notifications).toBe(1)
  })
})

describe("a date range", () => {
  const at = (text: string) => Date.parse(text)
  let ids: number[]
  beforeEach(async () => {
    ids = []
    for (const time of [
      "2026-05-31T23:59:59.999Z",
      "2026-06-01T00:00:00Z",
      "2026-06-02T12:00:00Z",
      "2026-06-02T23:59:59.999Z",
      "2026-06-03T00:00:00Z",
    ]) {
      ids.push(await insertNotification({ at: at(time), category: "incident" }))
    }
  })
  const shown = (...which: number[]) => which.map((i) => ids[i]).toReversed()

  it.each<[string, number[]]>([
    ["from=2026-06-01", [1, 2, 3, 4]],
    ["to=2026-06-02", [0, 1, 2, 3]],
    ["from=2026-06-01&to=2026-06-02", [1, 2, 3]],
    ["from=2026-06-02T12:00:00Z&to=2026-06-02T12:00:00Z", [2]],
    ["from=2026-06-02T12:00:00.001Z&to=2026-06-03", [3, 4]],
    ["from=2026-06-02T17:30:00%2B05:30", [2, 3, 4]],
    ["from=2026-06-02T12:00:00", [2, 3, 4]],
    ["from=2027-01-01", []],
    ["from=0001-01-01&to=9999-12-31", [0, 1, 2, 3, 4]],
    ["from=0020-01-01", [0, 1, 2, 3, 4]],
    ["to=0099-12-31", []],
  ])("is inclusive, and in UTC unless it has an offset: %s", async (query, which) => {
    for (const also of ["", "&category=incident,system", "&read_status=0"]) {
      const page = await get(`?${query}${also}`)
      expect(idsOf(page), also).toEqual(shown(...which))
      expect(page).toMatchObject({ total_notifications: which.length })
    }
  })

  it("is refused if it is reversed", async () => {
    const answer = await alice.get(`${FILTERED}?from=2026-06-02&to=2026-06-01`)
    expect(answer.status).toBe(422)
    expect((await answer.json<any>()).detail).toMatchObject([{ loc: ["query", "to"] }])
  })
})

describe("a search", () => {
  beforeEach(async () => {
    await insertNotification({ message: "The pipeline Heron FAILED at dbt run", at: 1_000 })
    await insertNotification({ message: "नमस्ते, नया डेटा आ गया", at: 2_000, category: "incident" })
    await insertNotification({ message: "quiet", author: "heron@acme.test", at: 3_000, urgent: true })
    await insertNotification({ message: "heron for Bob alone", to: [bob.orgUserId], at: 4_000 })
    await insertNotification({ message: "heron of globex", to: [charlie.orgUserId], orgId: 2, at: 5_000 })
    await insertNotification({ message: "heron for everybody", orgId: null, to: [1, 2, 3], at: 6_000, read: true })
  })
  const messages = async (query: string, speaker = alice) =>
    (await get(query, speaker)).res.map((item: any) => item.message)

  it("finds parts of words in message and author, in upper and lower case, newest first", async () => {
    expect(await messages("?q=hErO")).toEqual(["heron for everybody", "quiet", "The pipeline Heron FAILED at dbt run"])
    expect(await messages("?q=failed at")).toEqual(["The pipeline Heron FAILED at dbt run"])
  })

  it("finds text in any script", async () => {
    expect(await messages(`?q=${encodeURIComponent("डेटा")}`)).toEqual(["नमस्ते, नया डेटा आ गया"])
  })

  it("finds only what is in the person's own inbox", async () => {
    expect(await messages("?q=heron", bob)).toEqual(["heron for everybody", "heron for Bob alone"])
    expect(await messages("?q=heron", charlie)).toEqual(["heron for everybody", "heron of globex"])
  })

  it("can be combined with every other filter", async () => {
    expect(await messages("?q=heron&read_status=1")).toEqual(["heron for everybody"])
    expect(await messages("?q=heron&urgent_only=true")).toEqual(["quiet"])
    expect(await messages("?q=heron&category=incident")).toEqual([])
    expect(await messages("?q=heron&from=1970-01-01T00:00:02Z&to=1970-01-01T00:00:05Z")).toEqual(["quiet"])
  })

  it("returns pages and cursors", async () => {
    const first = await get("?q=heron&limit=1")
    expect(first).toMatchObject({ total_notifications: 3, total_pages: 3, page: 1 })
    const second = await get(`?q=heron&limit=1&cursor=${first.next_cursor}`)
    expect(second.res[0].message).toBe("quiet")
    expect((await get("?q=heron&limit=1&page=2")).res).toEqual(second.res)
    const last = await get("?q=heron&limit=1&page=99")
    expect(last).toMatchObject({ page: 3, res: [{ message: "The pipeline Heron FAILED at dbt run" }] })
  })

  it.each(['"', "'", "a*b", 'he" OR "x', "{org}: 1", "<1>", "AND OR NOT", "^her", "NEAR(a b)", "-- x", "%%%", "___"])(
    "takes %j as plain text, not as query syntax",
    async (text) => {
      expect(await get(`?q=${encodeURIComponent(text.padEnd(3, "."))}`)).toMatchObject({ success: true, res: [] })
    },
  )

  it("returns the same total with every cursor", async () => {
    const first = await get("?q=heron&limit=1")
    expect((await get(`?q=heron&limit=1&cursor=${first.next_cursor}`)).total_notifications).toBe(3)
  })

  it("finds notifications to one person, and scheduled ones once they are sent", async () => {
    const send = (body: object) => dora.post("/api/notifications/", { author: "dora", message: "the ostrich", ...body })
    await send({ sent_to: "single_user", user_email: "bob@acme.test" })
    expect(await messages("?q=ostrich", bob)).toEqual(["the ostrich"])
    expect(await messages("?q=ostrich")).toEqual([])
    const scheduled_time = new Date(Date.now() + 60_000).toISOString()
    await send({ sent_to: "all_org_users", org_slug: "globex", scheduled_time })
    expect(await messages("?q=ostrich", charlie)).toEqual([])
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 120_000 })
    clearMembershipCache()
    await runCron()
    expect(await messages("?q=ostrich", charlie)).toEqual(["the ostrich"])
  })

  it("does not reveal by its totals what other people received", async () => {
    const many = Array.from({ length: 299 }, (_, i) => i)
    await env.DB.batch([
      env.DB.prepare(
        `INSERT INTO notifications (org_id, author, message, created_at, sent_at, publication_id)
         SELECT 2, 'a', 'a rumour of layoffs', 10000 + value, 10000 + value, 'rumour ' || value FROM json_each(?)`,
      ).bind(JSON.stringify(many)),
    ])
    const secret = {
      author: "dora",
      message: "Secret: layoffs on Friday",
      sent_to: "single_user",
      user_email: "bob@acme.test",
    }
    expect((await dora.post("/api/notifications/", secret)).status).toBe(200)
    const later = { author: "charlie", message: "layoffs later", sent_to: "all_org_users", org_slug: "globex" }
    const scheduled_time = new Date(Date.now() + 3_600_000).toISOString()
    expect((await charlie.post("/api/notifications/", { ...later, scheduled_time })).status).toBe(200)
    const page = await get("?q=layoffs", charlie)
    expect(page).toMatchObject({ res: [], total_notifications: 0, next_cursor: null })
    expect(page).not.toHaveProperty("total_is_lower_bound")
  })

  it("finds a summary that was added later", async () => {
    await env.DB.prepare("UPDATE notifications SET message = 'quiet, with a summary' WHERE message = 'quiet'").run()
    expect(await messages("?q=with a summary")).toEqual(["quiet, with a summary"])
  })
})

it("filters v1 in the same way, without a cursor", async () => {
  await insertNotification({ category: "incident", message: "one" })
  await insertNotification({ category: "system", message: "two" })
  const page = await (await alice.get("/api/notifications/v1?category=incident")).json<any>()
  expect(Object.keys(page)).toEqual(["success", "res", "page", "total_pages", "total_notifications"])
  expect(page).toMatchObject({ total_notifications: 1, res: [{ message: "one" }] })
})
