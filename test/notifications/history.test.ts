import { beforeEach, describe, expect, it } from "vitest"
import { said } from "../support/inbox"
import { alice, bob, charlie, dora, GLOBEX, nobody, person, server, type Speaker } from "../support/people"
import { queues } from "../support/queues"
import { rows } from "../support/rows"

const HISTORY = "/api/notifications/history"
const get = async (speaker: Speaker, query = "", headers = {}) =>
  (await speaker.get(HISTORY + query, headers)).json<any>()
const messages = (page: any): string[] => page.res.map((item: any) => item.message)
const tomorrow = () => new Date(Date.now() + 86_400_000).toISOString()
const send = async (speaker: Speaker, body: object) =>
  (await (await speaker.post("/api/notifications/", { author: "a", sent_to: "all_org_users", ...body })).json<any>())
    .res.notification_id as number

beforeEach(() => {
  queues()
})

describe("a history", () => {
  beforeEach(async () => {
    await said({ message: "first", at: 1_000, category: "incident", urgent: true })
    await said({ message: "of globex", at: 2_000, orgId: GLOBEX, to: [3] })
    await said({ message: "to all", at: 3_000, orgId: null, to: [1, 2, 3, 4], read: true })
    await send(alice, { message: "later", org_slug: "acme", scheduled_time: tomorrow() })
  })

  it("has what an organisation was sent and what is scheduled for it, newest first", async () => {
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
    ])
  })

  it("has all organisations for a super-admin and a server, until they name one", async () => {
    for (const speaker of [dora, server]) {
      expect(messages(await get(speaker))).toEqual(["later", "to all", "of globex", "first"])
      expect(messages(await get(speaker, "?org_slug=globex"))).toEqual(["of globex"])
      expect((await speaker.get(`${HISTORY}?org_slug=nowhere`)).status).toBe(404)
    }
  })

  it("is for admins, of their own organisation", async () => {
    expect((await nobody.get(HISTORY)).status).toBe(401)
    expect((await bob.get(HISTORY)).status).toBe(403)
    expect(messages(await get(charlie))).toEqual(["of globex"])
    for (const query of ["?org_slug=acme", "?org_slug=nowhere"]) {
      const answer = await charlie.get(HISTORY + query)
      expect([answer.status, await answer.json()]).toEqual([404, { detail: "organisation not found" }])
    }
    expect((await charlie.get(HISTORY, { "x-dalgo-org": "acme" })).status).toBe(404)
  })

  it("is closed to who is an admin elsewhere only", async () => {
    await rows(`INSERT INTO org_users (id, org_id, user_id, email, role) VALUES
      (6, 1, '6', 'eve@acme.test', 'member'), (7, 2, '6', 'eve@acme.test', 'admin')`)
    const eve = person("6")
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
  ])("takes %s", async (query, expected) => {
    expect(messages(await get(alice, query))).toEqual(expected)
  })

  it("takes an organisation that is not named for none", async () => {
    await rows(`INSERT INTO org_users (id, org_id, user_id, email, role) VALUES
      (6, 1, '6', 'eve@acme.test', 'admin'), (7, 2, '6', 'eve@acme.test', 'admin')`)
    expect(messages(await get(person("6"), "?org_slug=", { "x-dalgo-org": "globex" }))).toEqual(["of globex"])
  })

  it("is read or unread by the caller, and so by no server", async () => {
    expect(messages(await get(dora, "?read_status=1"))).toEqual(["to all"])
    const answer = await server.get(`${HISTORY}?read_status=1`)
    expect(answer.status).toBe(400)
  })

  it("goes on by cursor", async () => {
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

describe("who was told", () => {
  const RECIPIENTS = "/api/notifications/recipients?notification_id="
  const told = async (speaker: Speaker, id: number) => (await speaker.get(RECIPIENTS + id)).json<any>()
  const NOT_THERE = { detail: "Notification does not exist." }

  it("is everybody whose inbox it entered, with who has read it", async () => {
    const id = await send(alice, { message: "hello", org_slug: "acme" })
    await bob.put("/api/notifications/v1", { notification_ids: [id], read_status: true })
    await rows("UPDATE org_users SET removed_at = 1 WHERE id = 2")
    const all = [
      { username: "alice@acme.test", read_status: false },
      { username: "bob@acme.test", read_status: true },
    ]
    expect(await told(alice, id)).toEqual({ success: true, res: all })
    expect(await told(server, id)).toEqual({ success: true, res: all })
  })

  it("spans organisations, for who looks after all", async () => {
    const id = await send(dora, { message: "hello", sent_to: "all_users" })
    expect((await told(dora, id)).res.map((one: any) => one.username)).toEqual([
      "alice@acme.test",
      "bob@acme.test",
      "charlie@globex.test",
      "dora@dalgo.test",
    ])
    expect(await told(alice, id)).toEqual(NOT_THERE)
  })

  it("is nobody yet while it is scheduled", async () => {
    const id = await send(alice, { message: "later", org_slug: "acme", scheduled_time: tomorrow() })
    expect(await told(alice, id)).toEqual({ success: true, res: [] })
  })

  it("is no stranger's business, nor a member's", async () => {
    const id = await send(alice, { message: "hello", org_slug: "acme" })
    expect(await told(charlie, id)).toEqual(NOT_THERE)
    expect(await told(charlie, 987_654)).toEqual(NOT_THERE)
    expect((await charlie.get(RECIPIENTS + id)).status).toBe(400)
    expect((await bob.get(RECIPIENTS + id)).status).toBe(403)
  })

  it("comes in parts beyond ten thousand", async () => {
    const id = await said({ to: [] })
    await rows(
      `INSERT INTO org_users (id, org_id, user_id, email, role)
       SELECT 100 + value, 1, 'm' || value, 'm' || value, 'member' FROM json_each(?)`,
      JSON.stringify(Array.from({ length: 10_005 }, (_, i) => i)),
    )
    await rows(
      `INSERT INTO notification_recipients (org_user_id, is_read, sent_at, notification_id, category, urgent)
       SELECT u.id, 0, n.sent_at, n.id, n.category, 0 FROM org_users u, notifications n WHERE u.org_id = 1`,
    )
    const first = await told(alice, id)
    expect(first.res).toHaveLength(10_000)
    const rest = await (await alice.get(`${RECIPIENTS}${id}&after=${first.next}`)).json<any>()
    expect(rest.res).toHaveLength(7)
    expect(rest).not.toHaveProperty("next")
  })
})

describe("taking back", () => {
  const remove = (speaker: Speaker, id: number) => speaker.delete(`/api/notifications/?notification_id=${id}`)
  const hear = async (answering: Promise<Response>) => {
    const answer = await answering
    return [answer.status, await answer.json()]
  }
  const NOT_THERE = [400, { detail: "Notification does not exist." }]

  it("leaves nothing of what is scheduled", async () => {
    const id = await send(alice, { message: "later", org_slug: "acme", scheduled_time: tomorrow() })
    const message = `Notification with id: ${id} has been successfully deleted`
    expect(await hear(remove(alice, id))).toEqual([200, { success: true, message }])
    expect(await hear(remove(alice, id))).toEqual(NOT_THERE)
    expect(messages(await get(alice))).toEqual([])
    expect(await rows("SELECT rowid FROM notification_search WHERE notification_search MATCH 'later'")).toEqual([])
  })

  it("is too late for what was sent", async () => {
    const id = await send(alice, { message: "hello", org_slug: "acme" })
    expect(await hear(remove(alice, id))).toEqual([
      400,
      { detail: "Notification has already been sent and cannot be deleted." },
    ])
    expect(messages(await get(alice))).toEqual(["hello"])
  })

  it("is not for strangers, and not for members", async () => {
    const id = await send(alice, { message: "later", org_slug: "acme", scheduled_time: tomorrow() })
    expect(await hear(remove(charlie, id))).toEqual(NOT_THERE)
    expect(await hear(remove(charlie, 987_654))).toEqual(NOT_THERE)
    expect((await remove(bob, id)).status).toBe(403)
    expect(messages(await get(alice))).toEqual(["later"])
    expect((await remove(server, id)).status).toBe(200)
  })
})
