import { createExecutionContext } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it } from "vitest"
import worker from "../../src/index"
import { metered } from "../support/d1-meter"
import { insertNotification, jsonRange } from "../support/inbox"
import { alice, anonymous, type ApiClient, bob, charlie, dora, eve, GLOBEX, insertEve, server } from "../support/people"
import { captureQueues } from "../support/queues"

const HISTORY = "/api/notifications/history"
const get = async (speaker: ApiClient, query = "", headers = {}) =>
  (await speaker.get(HISTORY + query, headers)).json<any>()
const messages = (page: any): string[] => page.res.map((item: any) => item.message)
const tomorrow = () => new Date(Date.now() + 86_400_000).toISOString()
const send = async (speaker: ApiClient, body: object) =>
  (await (await speaker.post("/api/notifications/", { author: "a", sent_to: "all_org_users", ...body })).json<any>())
    .res.notification_id as number

beforeEach(() => {
  captureQueues()
})

describe("a history", () => {
  beforeEach(async () => {
    await insertNotification({ message: "first", at: 1_000, category: "incident", urgent: true })
    await insertNotification({ message: "of globex", at: 2_000, orgId: GLOBEX, to: [3] })
    await insertNotification({ message: "to all", at: 3_000, orgId: null, to: [1, 2, 3, 4], read: true })
    await send(alice, { message: "later", org_slug: "acme", scheduled_time: tomorrow() })
  })

  it("lists sent and scheduled notifications of the organisation, newest first", async () => {
    const page = await get(alice)
    expect(page).toMatchObject({ success: true, page: 1, total_pages: 1, total_notifications: 2, next_cursor: null })
    expect(messages(page)).toEqual(["later", "first"])
    expect(page.res[0]).toMatchObject({ sent_time: null, scheduled_time: expect.any(String) })
    expect(Object.keys(page.res[1])).toEqual([
      "id",
      "author",
      "message",
      "timestamp",
      "urgent",
      "category",
      "scheduled_time",
      "sent_time",
      "created_by",
    ])
  })

  it("lists all organisations for a super-admin and a service key, or the one they name", async () => {
    for (const speaker of [dora, server]) {
      expect(messages(await get(speaker))).toEqual(["later", "to all", "of globex", "first"])
      expect(messages(await get(speaker, "?org_slug=globex"))).toEqual(["of globex"])
      expect((await speaker.get(`${HISTORY}?org_slug=nowhere`)).status).toBe(404)
    }
  })

  it("is for admins of that organisation", async () => {
    expect((await anonymous.get(HISTORY)).status).toBe(401)
    expect((await bob.get(HISTORY)).status).toBe(403)
    expect(messages(await get(charlie))).toEqual(["of globex"])
    for (const query of ["?org_slug=acme", "?org_slug=nowhere"]) {
      const answer = await charlie.get(HISTORY + query)
      expect([answer.status, await answer.json()]).toEqual([404, { detail: "organisation not found" }])
    }
    expect((await charlie.get(HISTORY, { "x-dalgo-org": "acme" })).status).toBe(404)
  })

  it("is closed to an admin of another organisation only", async () => {
    await insertEve({ acme: "member", globex: "admin" })
    expect((await eve.get(HISTORY)).status).toBe(403)
    expect((await eve.get(`${HISTORY}?org_slug=acme`)).status).toBe(403)
    expect(messages(await get(eve, "?org_slug=globex"))).toEqual(["of globex"])
  })

  it.each<[string, string[]]>([
    ["?category=incident", ["first"]],
    ["?category=incident,system", ["later", "first"]],
    ["?urgent_only=true", ["first"]],
    ["?to=1970-01-02", ["first"]],
    ["?from=1970-01-02", ["later"]],
    ["?read_status=0", ["first"]],
    ["?read_status=1", ["to all"]],
    ["?limit=1&page=2", ["first"]],
    ["?limit=1&page=200", ["first"]],
  ])("filters by %s", async (query, expected) => {
    expect(messages(await get(alice, query))).toEqual(expected)
  })

  it.each<[string, string[]]>([
    ["?q=FIRST", ["first"]],
    ["?q=ate", ["later"]],
    ["?q=alice@acme", ["first"]],
    ["?q=globex", []],
    ["?q=first&category=system", []],
    ["?q=first&category=incident&urgent_only=true", ["first"]],
    ["?q=first&from=1970-01-02", []],
    ["?q=first&to=1970-01-02", ["first"]],
    ["?q=first&read_status=0", ["first"]],
    ["?q=first&read_status=1", []],
    ["?q=all&read_status=1", ["to all"]],
  ])("searches by %s in the caller's organisation", async (query, expected) => {
    const page = await get(alice, query)
    expect(messages(page)).toEqual(expected)
    expect(page).toMatchObject({ total_notifications: expected.length, next_cursor: null })
  })

  it("searches what went to one person, and for a platform caller every organisation", async () => {
    await send(alice, { message: "a word to Bob", sent_to: "single_user", user_email: bob.email })
    expect(messages(await get(alice, "?q=word to"))).toEqual(["a word to Bob"])
    expect(messages(await get(charlie, "?q=word to"))).toEqual([])
    expect(messages(await get(server, "?q=glob"))).toEqual(["of globex"])
    expect(messages(await get(server, "?q=glob&org_slug=acme"))).toEqual([])
    expect((await charlie.get(`${HISTORY}?q=first&org_slug=acme`)).status).toBe(404)
  })

  it("ignores an empty org_slug", async () => {
    await insertEve({ acme: "admin", globex: "admin" })
    expect(messages(await get(eve, "?org_slug=", { "x-dalgo-org": "globex" }))).toEqual(["of globex"])
  })

  it("filters by the caller's own read status, which a service key does not have", async () => {
    expect(messages(await get(dora, "?read_status=1"))).toEqual(["to all"])
    const answer = await server.get(`${HISTORY}?read_status=1`)
    expect(answer.status).toBe(400)
  })

  it("continues by cursor", async () => {
    const seen: string[] = []
    let cursor: string | null = ""
    while (cursor !== null) {
      const page: any = await get(server, `?limit=1${cursor && `&cursor=${cursor}`}`)
      seen.push(...messages(page))
      cursor = page.next_cursor
    }
    expect(seen).toEqual(["later", "to all", "of globex", "first"])
  })
})

it("searches at most 300 notifications a request, and leads on by cursor", async () => {
  await env.DB.prepare(
    `INSERT INTO notifications (org_id, author, message, created_at, sent_at, publication_id)
     SELECT 1, 'a', iif(value % 100 = 1, 'the needle ', 'hay ') || value, value, value, value FROM json_each(?)`,
  )
    .bind(jsonRange(1, 1_000))
    .run()
  const { db, spent } = metered(env.DB)
  const found: string[] = []
  const sizes: number[] = []
  let cursor: string | null = ""
  while (cursor !== null) {
    const ctx = createExecutionContext()
    const response = await worker.fetch(
      new Request(`https://notifications.dalgo.test${HISTORY}?q=NEEDLE&limit=2${cursor && `&cursor=${cursor}`}`, {
        headers: { authorization: "Bearer service-key-new" },
      }),
      { ...env, DB: db },
      ctx,
    )
    const page = await response.json<any>()
    found.push(...messages(page))
    sizes.push(page.res.length)
    expect(page.total_is_lower_bound ?? false).toBe(page.next_cursor !== null && page.total_notifications < 10)
    cursor = page.next_cursor
  }
  expect(found).toEqual([901, 801, 701, 601, 501, 401, 301, 201, 101, 1].map((id) => `the needle ${id}`))
  expect(Math.max(...sizes)).toBe(2)
  expect(spent.rowsRead / spent.statements).toBeLessThanOrEqual(2_200)
})
