import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it } from "vitest"
import { DAY } from "../support/clock"
import { insertExampleData } from "../support/example-data"
import { alice, type ApiClient, bob, charlie, cookieOf, dora } from "../support/people"
import { captureQueues } from "../support/queues"
import { selectRows } from "../support/select-rows"
import { openTabWithSnapshot, requestUpgrade, tabFromResponse } from "../support/sockets"
import { sendCase, CASES } from "../http/route-cases"

const INBOX = "/api/notifications/v1"
const PREFERENCES = "/api/notifications/preferences"
const KEPT = "/api/userpreferences/"
const OF_ORGANISATION = "/api/orgpreferences/"
const BAR = "/api/notifications/urgent-bar"
const SECRET = "The payroll pipeline of acme failed"
const IN_ACME = { "x-dalgo-org": "acme" }
const NO_ORGANISATION = { status: 404, body: { detail: "organisation not found" } }

const hear = async (answering: Promise<Response>) => {
  const answer = await answering
  return { status: answer.status, body: await answer.json<any>() }
}
const read = async (speaker: ApiClient, path: string) => (await speaker.get(path)).json<any>()

/** All data that members of acme can read. */
const stateOfAcme = async () => {
  const seen = []
  for (const person of [alice, bob]) {
    const paths = [INBOX, PREFERENCES, KEPT, BAR, "/api/notifications/unread_count"]
    for (const path of paths) seen.push(await read(person, path))
  }
  seen.push(await read(alice, OF_ORGANISATION))
  return seen
}
const notificationCount = async () =>
  (await env.DB.prepare("SELECT count(*) AS n FROM notifications").first<{ n: number }>())?.n

let ids: number[]
let before: Awaited<ReturnType<typeof stateOfAcme>>
beforeEach(async () => {
  captureQueues()
  ids = []
  for (const urgent of [true, false]) {
    const body = { author: alice.email, message: SECRET, sent_to: "all_org_users", org_slug: "acme", urgent }
    const sent = await alice.post("/api/notifications/", body, { "idempotency-key": `alice ${urgent}` })
    ids.push((await sent.json<any>()).res.notification_id)
  }
  await insertExampleData()
  before = await stateOfAcme()
  expect(before[0].res).toHaveLength(2)
})

describe("Charlie, an admin of globex, sees nothing of acme", () => {
  it.each(["", "?page=1&limit=100", "?read_status=1", "?org_slug=acme", "?x-dalgo-org=acme", "?org_user_id=1"])(
    "in the inbox%s",
    async (query) => {
      expect(await read(charlie, INBOX + query)).toMatchObject({ res: [], total_notifications: 0, total_pages: 1 })
    },
  )

  it.each([
    "",
    "q=payroll",
    "q=acme",
    "q=%3C1%3E",
    "urgent_only=true",
    "category=system",
    "from=2000-01-01",
    "cursor=zzzzzzzzz.zzz",
  ])("in the inbox with the filter %j", async (query) => {
    const page = await read(charlie, `/api/notifications/filtered?${query}`)
    expect(page).toMatchObject({ res: [], total_notifications: 0, next_cursor: null })
  })

  it("in the history and the recipients", async () => {
    for (const query of ["", "?org_slug=globex", "?category=system", "?read_status=0"]) {
      expect(await read(charlie, `/api/notifications/history${query}`)).toMatchObject({
        res: [],
        total_notifications: 0,
      })
    }
    for (const headers of [{}, IN_ACME]) {
      const asked = (id: number) => hear(charlie.get(`/api/notifications/recipients?notification_id=${id}`, headers))
      expect(await asked(ids[0] as number)).toEqual(await asked(987_654))
    }
  })

  it("in the unread count", async () => {
    expect(await read(charlie, "/api/notifications/unread_count")).toEqual({ success: true, res: 0 })
  })

  it("in the urgent bar", async () => {
    expect(await read(charlie, BAR)).toEqual({ success: true, res: [], total: 0 })
  })

  it("in the preferences", async () => {
    await alice.put(PREFERENCES, { job_failure_notifications: false })
    expect((await read(charlie, PREFERENCES)).res.job_failure_notifications).toBe(true)
  })

  it("over a WebSocket", async () => {
    const rejected = tabFromResponse(await requestUpgrade("?orgslug=acme", await cookieOf(charlie.userId)))
    expect(await rejected.closed()).toMatchObject({ code: 4003 })
    expect(rejected.texts).toEqual([])
    const nowhere = tabFromResponse(await requestUpgrade("?orgslug=nowhere", await cookieOf(charlie.userId)))
    expect(await nowhere.closed()).toEqual(await rejected.closed())

    const { tab, snapshot } = await openTabWithSnapshot(charlie)
    expect(snapshot).toMatchObject({ urgent: [], unread_count: 0 })
    tab.close()
  })

  it("over a WebSocket with his own ticket", async () => {
    const { res } = await (await charlie.post("/api/notifications/ticket")).json<any>()
    const rejected = tabFromResponse(await requestUpgrade(`?orgslug=acme&ticket=${res.ticket}`))
    expect(await rejected.closed()).toMatchObject({ code: 4003 })
    const nowhere = tabFromResponse(await requestUpgrade(`?orgslug=nowhere&ticket=${res.ticket}`))
    expect(await nowhere.closed()).toEqual(await rejected.closed())

    const tab = tabFromResponse(await requestUpgrade(`?ticket=${res.ticket}`))
    expect(await tab.frame()).toMatchObject({ type: "snapshot", urgent: [], unread_count: 0 })
    tab.close()
  })

  it.each(CASES.filter(({ access }) => access === "member").map((one) => [one.route, one] as const))(
    "by choosing it: %s",
    async (_, one) => {
      const asCharlie = { ...(await cookieOf(charlie.userId)), ...IN_ACME }
      expect(await hear(sendCase(one, asCharlie))).toEqual(NO_ORGANISATION)
      expect(await stateOfAcme()).toEqual(before)
    },
  )

  it("in organisation preferences", async () => {
    const webhook = { enable_discord_notifications: true, discord_webhook: "https://discord.com/api/webhooks/1/secret" }
    await alice.put(`${OF_ORGANISATION}enable-discord-notifications`, webhook)
    const after = await stateOfAcme()
    for (const one of CASES.filter(({ route }) => route.includes(" /api/orgpreferences"))) {
      expect(await hear(sendCase(one, { ...(await cookieOf(charlie.userId)), ...IN_ACME }))).toEqual(NO_ORGANISATION)
    }
    expect(await stateOfAcme()).toEqual(after)
    const own = { org: { slug: "globex" }, discord_webhook: expect.stringMatching(/…wxyz$/) }
    expect((await read(charlie, OF_ORGANISATION)).res).toMatchObject(own)
  })

  it("in the response of any route", async () => {
    for (const one of CASES.filter(({ access }) => access !== "socket")) {
      for (const headers of [{}, IN_ACME, { "x-dalgo-org": "globex" }]) {
        const text = await (await sendCase(one, { ...(await cookieOf(charlie.userId)), ...headers })).text()
        expect(text, one.route).not.toContain(SECRET)
        expect(text, one.route).not.toContain(bob.email)
      }
    }
  })
})

describe("Charlie changes nothing of acme", () => {
  it("by marking notifications of others, whose existence the response does not reveal", async () => {
    const marked = async (notification_ids: number[], headers = {}) =>
      hear(charlie.put(INBOX, { notification_ids, read_status: true }, headers))
    expect(await marked(ids)).toEqual(await marked([987_654]))
    expect(await marked(ids, IN_ACME)).toEqual(NO_ORGANISATION)
    expect(await stateOfAcme()).toEqual(before)
  })

  it("by marking as unread", async () => {
    await alice.put(INBOX, { notification_ids: ids, read_status: true })
    const after = await stateOfAcme()
    await charlie.put(INBOX, { notification_ids: ids, read_status: false })
    expect(await stateOfAcme()).toEqual(after)
  })

  it("by cancelling a scheduled notification", async () => {
    const toAcme = { author: "a", message: "m", sent_to: "all_org_users", org_slug: "acme" }
    const body = { ...toAcme, scheduled_time: new Date(Date.now() + DAY).toISOString() }
    const { res } = await (await alice.post("/api/notifications/", body)).json<any>()
    const remove = (id: number) => hear(charlie.delete(`/api/notifications/?notification_id=${id}`, IN_ACME))
    expect(await remove(res.notification_id)).toEqual(await remove(987_654))
    expect((await read(alice, "/api/notifications/history")).res[0]).toMatchObject({ id: res.notification_id })
  })

  it("by marking everything as read", async () => {
    expect(await hear(charlie.put("/api/notifications/mark_all_as_read"))).toMatchObject({ body: { updated_count: 0 } })
    expect(await stateOfAcme()).toEqual(before)
  })

  it("by marking his copy of a notification to everybody", async () => {
    const everybody = { author: "dora", message: "hello", sent_to: "all_users", urgent: true }
    const sent = await (await dora.post("/api/notifications/", everybody)).json<any>()
    const after = await stateOfAcme()
    await charlie.put(INBOX, { notification_ids: [sent.res.notification_id], read_status: true })
    expect((await read(charlie, BAR)).total).toBe(0)
    expect(await stateOfAcme()).toEqual(after)
  })

  it("by dismissing a notification over his own WebSocket", async () => {
    const { tab } = await openTabWithSnapshot(charlie)
    tab.send({ type: "dismiss", ids })
    expect(await tab.rest()).toEqual([])
    expect(await stateOfAcme()).toEqual(before)
    tab.close()
  })

  it("by changing his own preferences", async () => {
    await charlie.put(PREFERENCES, { email_notifications_enabled: false, job_failure_notifications: false })
    await charlie.put(KEPT, { enable_email_notifications: false, disclaimer_shown: true })
    const change = { email_notifications_enabled: false }
    expect(await hear(charlie.put(PREFERENCES, change, IN_ACME))).toEqual(NO_ORGANISATION)
    expect(await stateOfAcme()).toEqual(before)
  })
})

describe("Charlie provisions nothing", () => {
  const everything = async () => [
    await selectRows("SELECT * FROM orgs"),
    await selectRows("SELECT * FROM org_users"),
    await selectRows("SELECT * FROM org_preferences"),
    await selectRows("SELECT * FROM chat_webhooks"),
  ]

  it.each(
    CASES.filter(({ access }) => access === "platform only" || access === "server only").map(
      (one) => [one.route, one] as const,
    ),
  )("in acme, in his own organisation or in none, and cannot tell which is there: %s", async (_, one) => {
    const untouched = await everything()
    for (const slug of ["acme", "globex", "nowhere", "no%20slug"]) {
      const path = one.path.replace("globex", slug)
      const headers = { ...(await cookieOf(charlie.userId)), "x-dalgo-org": slug }
      expect(await hear(sendCase(one, headers, { path }))).toEqual({ status: 403, body: { detail: "not allowed" } })
    }
    expect(await everything()).toEqual(untouched)
  })
})

describe("Charlie sends nothing to acme", () => {
  const message = { author: charlie.email, message: "hello from globex" }
  const NOBODY = { status: 400, body: { detail: "No users found for the given information" } }
  const NOT_ALLOWED = { status: 403, body: { detail: "not allowed" } }
  const toAcme = { sent_to: "all_org_users", org_slug: "acme" }
  const toBob = { sent_to: "single_user", user_email: bob.email }

  it.each<[string, object, Record<string, string>, object]>([
    ["as an organisation", toAcme, {}, NO_ORGANISATION],
    ["as an organisation that he chose", toAcme, IN_ACME, NO_ORGANISATION],
    ["to its admins", { ...toAcme, manager_or_above: true }, {}, NO_ORGANISATION],
    ["later", { ...toAcme, scheduled_time: "2099-01-01T00:00:00Z" }, {}, NO_ORGANISATION],
    ["to Bob", toBob, {}, NOBODY],
    ["to Bob, choosing nothing", toBob, { "x-dalgo-org": "" }, NOBODY],
    ["to Bob, naming nothing", { ...toBob, org_slug: "" }, {}, NOBODY],
    ["to Bob, naming blanks", { ...toBob, org_slug: "  " }, { "x-dalgo-org": " " }, NOBODY],
    ["to Bob, naming null", { ...toBob, org_slug: null }, {}, NOBODY],
    ["to Bob in his own organisation", { ...toBob, org_slug: "globex" }, {}, NOBODY],
    ["to Bob in Bob's organisation", { ...toBob, org_slug: "acme" }, {}, NO_ORGANISATION],
    ["to Bob in the organisation that he chose", toBob, IN_ACME, NO_ORGANISATION],
    ["to everybody", { sent_to: "all_users" }, {}, NOT_ALLOWED],
    ["to everybody in the organisation that he chose", { sent_to: "all_users" }, IN_ACME, NOT_ALLOWED],
  ])("%s", async (_, to, headers, expected) => {
    expect(await hear(charlie.post("/api/notifications/", { ...message, ...to }, headers))).toEqual(expected)
    expect(await notificationCount()).toBe(2)
    expect(await stateOfAcme()).toEqual(before)
  })

  it("and gets the same response for acme as for an unknown organisation", async () => {
    for (const to of [toAcme, { ...toBob, org_slug: "acme" }]) {
      const nowhere = { ...message, ...to, org_slug: "nowhere" }
      expect(await hear(charlie.post("/api/notifications/", { ...message, ...to }))).toEqual(
        await hear(charlie.post("/api/notifications/", nowhere)),
      )
    }
    const nobody = { ...message, sent_to: "single_user", user_email: "nobody@acme.test" }
    expect(await hear(charlie.post("/api/notifications/", { ...message, ...toBob }))).toEqual(
      await hear(charlie.post("/api/notifications/", nobody)),
    )
  })

  it("and shares no Idempotency-Key with Alice", async () => {
    const toGlobex = { ...message, sent_to: "all_org_users", org_slug: "globex" }
    const sent = await hear(charlie.post("/api/notifications/", toGlobex, { "idempotency-key": "alice true" }))
    expect(sent).toMatchObject({ status: 200, body: { res: { message: "hello from globex" } } })
    expect(ids).not.toContain(sent.body.res.notification_id)
    expect(await stateOfAcme()).toEqual(before)
  })
})
