import { beforeEach, describe, expect, it } from "vitest"
import { insertNotification } from "../support/inbox"
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
