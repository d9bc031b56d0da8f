import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it, vi } from "vitest"
import { openDb } from "../../src/db/client"
import { CATEGORIES } from "../../src/domain/categories"
import { toCursor } from "../../src/inbox/cursor"
import { selectSearchPage } from "../../src/inbox/search-queries"
import { metered } from "../support/d1-meter"
import { ACME, alice, type ApiClient, bob } from "../support/people"
import { insertNotification, jsonRange } from "../support/inbox"
import { captureQueues } from "../support/queues"

const FILTERED = "/api/notifications/filtered"
const search = async (q: string, more = "", speaker: ApiClient = alice) =>
  (await speaker.get(`${FILTERED}?q=${encodeURIComponent(q)}${more}`)).json<any>()
const idsOf = (page: any): number[] => page.res.map((item: any) => item.id)

beforeEach(() => {
  captureQueues()
  // These tests search more often in a minute than a person may.
  vi.spyOn(env.SEARCH_LIMIT, "limit").mockResolvedValue({ success: true })
})

/** Inserts so many into Alice's inbox, one per second. `message` is SQL, in which `value` is the id. Every third one is read. */
const fillInbox = (message: string, { from = 1, to }: { from?: number; to: number }) =>
  env.DB.batch([
    env.DB.prepare(
      `INSERT INTO notifications (id, org_id, author, message, created_at, sent_at, publication_id)
       SELECT value, ?1, 'a', ${message}, value * 1000, value * 1000, 'p' || value FROM json_each(?2)`,
    ).bind(ACME, jsonRange(from, to)),
    env.DB.prepare(
      `INSERT INTO notification_recipients (org_user_id, is_read, sent_at, notification_id, category, urgent)
       SELECT ?1, id % 3 = 0, sent_at, id, category, urgent FROM notifications WHERE id BETWEEN ?2 AND ?3`,
    ).bind(alice.orgUserId, from, to),
  ])

/** All pages of a search by cursor. */
async function walk(q: string, more = "") {
  const pages = []
  for (let cursor = ""; ; ) {
    const page = await search(q, `${more}${cursor && `&cursor=${cursor}`}`)
    pages.push(page)
    if (page.next_cursor === null) return { pages, ids: pages.flatMap(idsOf) }
    expect(pages.length).toBeLessThan(100)
    cursor = page.next_cursor
  }
}

// "wasted" and "pipeline" have the trigrams of "pipeline wanted" that the index is asked about.
const WANTED = "iif(value IN (3, 700, 1400), 'the pipeline wanted it', 'the pipeline wasted it')"

describe("a search in a large inbox", () => {
  it("leads on by cursor where it found nothing, and finds everything once", async () => {
    await fillInbox(WANTED, { to: 2_100 })
    const { pages, ids } = await walk("pipeline wanted")
    expect(pages[0]).toMatchObject({ res: [], total_notifications: 0, total_pages: 1, total_is_lower_bound: true })
    expect(ids).toEqual([1400, 700, 3])
    const totals = pages.map((page) => page.total_notifications)
    expect(totals).toEqual(totals.toSorted((a, b) => a - b))
    expect(pages.at(-1)).toMatchObject({ total_notifications: 3, next_cursor: null })
    expect(pages.at(-1)).not.toHaveProperty("total_is_lower_bound")
  })

  it("finds everything once whatever else is filtered, page by page", async () => {
    await fillInbox("'the pipeline'", { to: 1_500 })
    const all = Array.from({ length: 1_500 }, (_, i) => 1_500 - i)
    expect((await walk("pipeline", "&limit=100")).ids).toEqual(all)
    const read = await walk("pipeline", "&limit=70&read_status=1&category=system,incident")
    expect(read.ids).toEqual(all.filter((id) => id % 3 === 0))
    expect(read.pages.at(-1)).toMatchObject({ total_notifications: 500 })
    const dated = await walk("pipeline", "&limit=100&from=1970-01-01T00:05:00Z&to=1970-01-01T00:20:00Z")
    expect(dated.ids).toEqual(all.filter((id) => id >= 300 && id <= 1_200))
  })

  it("has pages by number among what was searched", async () => {
    await fillInbox("'the pipeline'", { to: 1_500 })
    const second = await search("pipeline", "&page=2&limit=20")
    expect(idsOf(second)).toEqual(Array.from({ length: 20 }, (_, i) => 1_480 - i))
    expect(second).toMatchObject({ page: 2, total_is_lower_bound: true })
    const beyond = await search("pipeline", "&page=1000&limit=20")
    expect(beyond).toMatchObject({ page: beyond.total_pages, total_notifications: second.total_notifications })
    expect(idsOf(await search("pipeline", `&limit=20&cursor=${second.next_cursor}`))[0]).toBe(1_460)
    expect(idsOf(await search("pipeline", `&limit=20&cursor=${beyond.next_cursor}`))[0]).toBe(
      1_500 - second.total_notifications,
    )
  })

  it("continues from a cursor of an older version, with a total that is a lower bound", async () => {
    await fillInbox("'the pipeline'", { to: 1_500 })
    const page = await search("pipeline", `&cursor=${toCursor({ at: 500_000, id: 500 })}`)
    expect(idsOf(page)[0]).toBe(499)
    expect(page).toMatchObject({ total_is_lower_bound: true })
  })

  it("has a limit of text as well as of notifications, and still finds everything once", async () => {
    await fillInbox("printf('%.*c', 9000, 'a')", { to: 400 })
    const { pages, ids } = await walk("a".repeat(50), "&limit=100")
    expect(ids).toEqual(Array.from({ length: 400 }, (_, i) => 400 - i))
    expect(pages[0].total_notifications).toBeLessThan(150)
    const none = await walk(`${"a".repeat(25)}baa`)
    expect(none.ids).toEqual([])
  })

  it("finds the old ones that are beyond what the index is asked about", async () => {
    await insertNotification({ message: "an ancient heron", at: 1_000 })
    await insertNotification({ message: "new" })
    await env.DB.prepare("UPDATE sqlite_sequence SET seq = 1000000 WHERE name = 'notifications'").run()
    await insertNotification({ message: "newest" })
    const page = await search("heron")
    expect(page.res.map((item: any) => item.message)).toEqual(["an ancient heron"])
    expect(page).toMatchObject({ total_notifications: 1, next_cursor: null })
  })
})

describe("the case of letters", () => {
  const MESSAGE = "'École ÉCOLE, ОТЧЁТ о Продажах, Σίσυφος'"
  it.each(["école école", "ÉCOLE", "отчёт О продажах", "ΣΊΣΥΦΟΣ", "σίσυφος"])(
    "does not matter for %j, in few notifications and in many",
    async (q) => {
      await fillInbox(MESSAGE, { to: 2 })
      expect(idsOf(await search(q))).toEqual([2, 1])
      await fillInbox(MESSAGE, { from: 3, to: 310 })
      expect(idsOf(await search(q, "&limit=1"))).toEqual([310])
    },
  )

  it("matters for accents", async () => {
    await fillInbox(MESSAGE, { to: 2 })
    expect(idsOf(await search("ecole"))).toEqual([])
  })
})

describe("what is searched", () => {
  it("is the beginning of a long message", async () => {
    const id = await insertNotification({ message: `${"x".repeat(3_995)} the heron is beyond` })
    expect(idsOf(await search("the heron"))).toEqual([])
    expect(idsOf(await search("x the"))).toEqual([id])
  })

  it("is no text with characters that the index uses itself", async () => {
    const scopeOfGlobex = String.fromCodePoint(0xf0000, 0xf0000, 0xf0002)
    await insertNotification({ message: `${scopeOfGlobex} heron` })
    expect(idsOf(await search("heron"))).toEqual([])
    const { results } = await env.DB.prepare("SELECT rowid FROM notification_search WHERE notification_search MATCH ?")
      .bind(`"${scopeOfGlobex}"`)
      .all()
    expect(results).toEqual([])
  })

  it("has 3 to 50 characters", async () => {
    for (const [length, status] of [
      [2, 422],
      [3, 200],
      [50, 200],
      [51, 422],
    ] as const) {
      for (const path of [FILTERED, "/api/notifications/v1"]) {
        expect((await alice.get(`${path}?q=${"q".repeat(length)}`)).status, `${length}`).toBe(status)
      }
    }
  })
})

describe("the work of a search", () => {
  it.each([
    ["few have the trigrams", 300],
    ["many have them", 1_500],
  ])("is at most 5,000 rows and one round trip where %s", async (_, size) => {
    await fillInbox("'the pipeline'", { to: size })
    for (const filter of [
      {},
      { isRead: false },
      { categories: [...CATEGORIES] },
      { from: 0, to: 1e12, urgent: true as const },
    ]) {
      const { db, spent } = metered(env.DB)
      const request = { orgUserId: alice.orgUserId, orgId: ACME, filter: { ...filter, text: "pipeline" } }
      const rows = await selectSearchPage(openDb(db), { ...request, page: 2, limit: 100 })
      expect(rows[0]?.isComplete).toBe(size === 300)
      expect(spent).toMatchObject({ roundTrips: 1, statements: 1 })
      expect(spent.rowsRead).toBeLessThanOrEqual(5_000)
    }
  })

  it("is one evaluation of the index in one statement", async () => {
    await fillInbox(WANTED, { to: 2_100 })
    const prepare = vi.spyOn(Object.getPrototypeOf(env.DB), "prepare")
    for (const query of ["?q=pipeline wanted", "?q=wasted it&page=3&urgent_only=false", "?q=nothing like it"]) {
      for (const more of [
        "",
        "&category=system,incident,late_run",
        `&cursor=${toCursor({ at: 1_000_000, id: 1_000 })}`,
      ]) {
        await alice.get(FILTERED)
        prepare.mockClear()
        expect((await alice.get(FILTERED + query + more)).status).toBe(200)
        const statements = prepare.mock.calls.map(([statement]) => String(statement))
        expect(statements).toHaveLength(1)
        expect(statements.join().match(/MATCH/g)).toHaveLength(1)
      }
    }
  })

  it("is limited for each person, not for the organisation, and for searches only", async () => {
    const limit = vi
      .spyOn(env.SEARCH_LIMIT, "limit")
      .mockImplementation(async ({ key }) => ({ success: key !== `person:${alice.userId}` }))
    for (const path of [FILTERED, "/api/notifications/v1"]) {
      const refused = await alice.get(`${path}?q=heron`)
      expect(refused.status).toBe(429)
      expect(refused.headers.get("retry-after")).toMatch(/^[1-9]\d*$/)
      expect((await bob.get(`${path}?q=heron`)).status).toBe(200)
      limit.mockClear()
      expect((await alice.get(path)).status).toBe(200)
      expect(limit).not.toHaveBeenCalled()
    }
    const asked = { userId: alice.userId, orgSlug: "acme", q: "heron" }
    await expect(async () => await env.NOTIFICATIONS.getFilteredNotifications(asked)).rejects.toThrow(
      "too many at once",
    )
  })
})
