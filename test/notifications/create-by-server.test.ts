import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it, vi } from "vitest"
import { fakeChatProducts } from "../support/fake-chat-products"
import { fakeFetch } from "../support/fake-fetch"
import { fakeSes } from "../support/fake-ses"
import { growAcmeTo, inboxOf, messagesOf } from "../support/inbox"
import { costOf } from "../support/org-members"
import { ACME, alice, type ApiClient, bob, charlie, dora, server } from "../support/people"
import { captureQueues, runCron } from "../support/queues"
import { selectRows } from "../support/select-rows"
import { workerWithEnv } from "../support/worker-with-env"

const PATH = "/api/notifications/"
const BOB = { org_slug: "acme", user_id: 2 }
const CHARLIE = { org_slug: "globex", user_id: "3" }
const news = { author: "System", message: "Bob mentioned you" }
const toAcme = { ...news, sent_to: "all_org_users", org_slug: "acme" }
const LINK = { url: "/reports/7?comment=3", label: "See the comment" }
const REPORT_URL = "https://app.dalgo.test/reports/7?comment=3"

const send = async (body: object, headers?: HeadersInit, speaker: ApiClient = server) => {
  const answer = await speaker.post(PATH, body, headers)
  return { status: answer.status, body: await answer.json<any>() }
}

let drain: ReturnType<typeof captureQueues>["drain"]
let post: ReturnType<typeof fakeSes>
let chat: ReturnType<typeof fakeChatProducts>
beforeEach(() => {
  ;({ drain } = captureQueues())
  post = fakeSes()
  chat = fakeChatProducts()
  fakeFetch(post.handler, chat.handler)
})

describe("recipients that a server names", () => {
  it("get the notification, and nobody else does", async () => {
    const { status, body } = await send({ ...news, recipients: [BOB] })
    expect(status).toBe(200)
    expect(body).toEqual({ res: expect.objectContaining({ message: news.message, author: "System" }), errors: [] })
    expect(await messagesOf(bob)).toEqual([news.message])
    for (const other of [alice, charlie, dora]) expect(await messagesOf(other)).toEqual([])
    await drain()
    expect(post.mails.map(({ to }) => to)).toEqual([bob.email])
    expect(await selectRows("SELECT org_id FROM notifications")).toEqual([{ org_id: ACME }])
  })

  it("may be of several organisations; then no organisation has it in its history", async () => {
    await send({ ...news, recipients: [BOB, CHARLIE] })
    for (const each of [bob, charlie]) expect(await messagesOf(each)).toEqual([news.message])
    for (const admin of [alice, charlie]) {
      expect((await (await admin.get("/api/notifications/history")).json<any>()).res).toEqual([])
    }
    expect((await (await server.get("/api/notifications/history")).json<any>()).res).toHaveLength(1)
  })

  it("are named in `errors` if they are none, and the others are told", async () => {
    await server.delete("/api/orgs/globex/members/3")
    const recipients = [{ org_slug: "acme", user_id: 3 }, BOB, CHARLIE, { org_slug: "nowhere", user_id: 2 }]
    expect((await send({ ...news, recipients })).body.errors).toEqual([
      "The person 3 is not a member of acme.",
      "The person 3 is not a member of globex.",
      "There is no organisation nowhere.",
    ])
    expect(await messagesOf(bob)).toEqual([news.message])
    expect(await messagesOf(alice)).toEqual([])
  })

  it.each([[[]], [[{ org_slug: "acme", user_id: 99 }]], [[{ org_slug: "nowhere", user_id: 2 }]]])(
    "are none: %j",
    async (recipients) => {
      expect(await send({ ...news, recipients })).toEqual({
        status: 400,
        body: { detail: "No users found for the given information" },
      })
    },
  )

  it("follow their preferences, and may be scheduled", async () => {
    await bob.put("/api/notifications/preferences", { system_notifications: false })
    const at = Date.now() + 60_000
    await send({ ...news, recipients: [BOB, { ...BOB, user_id: "1" }], scheduled_time: new Date(at).toISOString() })
    expect(await messagesOf(alice)).toEqual([])
    vi.setSystemTime(at + 1)
    await runCron()
    expect([await messagesOf(alice), await messagesOf(bob)]).toEqual([[news.message], []])
  })

  it.each([
    ["twice", { recipients: [BOB, { ...BOB, user_id: "2" }] }, ["recipients", 1, "user_id"]],
    ["beside sent_to", { recipients: [BOB], sent_to: "all_users" }, ["sent_to"]],
    ["beside user_email", { recipients: [BOB], user_email: bob.email }, ["user_email"]],
    ["beside org_slug", { recipients: [BOB], org_slug: "acme" }, ["org_slug"]],
    ["beside manager_or_above", { recipients: [BOB], manager_or_above: true }, ["manager_or_above"]],
    ["by another field", { recipients: [{ ...BOB, email: bob.email }] }, ["recipients", 0, "email"]],
    ["without an organisation", { recipients: [{ user_id: 2 }] }, ["recipients", 0, "org_slug"]],
    ["by a wrong id", { recipients: [{ ...BOB, user_id: 2.5 }] }, ["recipients", 0, "user_id"]],
    ["not at all", {}, ["sent_to"]],
  ])("are refused %s", async (_, fields, loc) => {
    const { status, body } = await send({ ...news, ...fields })
    expect(status).toBe(422)
    expect(body.detail[0].loc).toEqual(["body", ...loc])
  })

  it("may be 10,000, in a body of more than 64 kB, at a bounded cost", async () => {
    await growAcmeTo(10_000)
    const members = await selectRows("SELECT user_id FROM org_users WHERE org_id = 1")
    const recipients = members.map(({ user_id }) => ({ org_slug: "acme", user_id }))
    expect(recipients).toHaveLength(10_000)
    const cost = await costOf("POST", PATH, { ...news, recipients })
    expect(cost).toMatchObject({ status: 200, roundTrips: 3, statements: 12 })
    expect(cost.response.errors).toEqual([])
    expect(await selectRows("SELECT count(*) AS n FROM notification_recipients")).toEqual([{ n: 10_000 }])
    // Three rows for an inbox, two for an e-mail.
    expect(cost.rowsWritten).toBeLessThanOrEqual(5 * 10_000 + 100)
    expect(cost.rowsRead).toBeLessThanOrEqual(15 * 10_000 + 100)

    const tooMany = await send({ ...news, recipients: [...recipients, { org_slug: "acme", user_id: "one more" }] })
    expect(tooMany.status).toBe(422)
    const byPerson = { ...news, sent_to: "all_org_users", org_slug: "acme", message: "x".repeat(70_000) }
    for (const person of [alice, dora]) expect((await send(byPerson, {}, person)).status).toBe(413)
    expect((await send({ ...news, message: "x".repeat(1_600_000) })).status).toBe(413)
  })
})

describe("skip_email", () => {
  it("makes no e-mail, and the trace says why", async () => {
    const { body } = await send({ ...toAcme, skip_email: true })
    await drain()
    expect(post.mails).toEqual([])
    expect(await selectRows("SELECT * FROM deliveries WHERE channel = 'email'")).toEqual([])
    const trace = await bob.get(`/api/notifications/${body.res.notification_id}/trace`)
    expect((await trace.json<any>()).res).toEqual([
      expect.objectContaining({ channel: "inbox", outcome: "sent" }),
      {
        channel: "email",
        outcome: "suppressed",
        reason: "It was not e-mailed here: its sender has e-mailed it.",
        at: body.res.sent_time,
      },
    ])
  })

  it("counts also where the organisation requires e-mail, and when it is sent later", async () => {
    await env.DB.prepare("INSERT INTO org_notification_policies VALUES (1, 'system', 'email', 'required')").run()
    const at = Date.now() + 60_000
    await send({ ...toAcme, skip_email: true, scheduled_time: new Date(at).toISOString() })
    vi.setSystemTime(at + 1)
    await runCron()
    await drain()
    expect(await messagesOf(bob)).toEqual([news.message])
    expect(post.mails).toEqual([])
  })
})

describe("a link", () => {
  it("is the button of the e-mail, and a link in the inbox", async () => {
    await send({ ...toAcme, link: { ...LINK, label: "See <b>it</b>" } })
    await drain()
    const mail = post.mails.find(({ to }) => to === bob.email)
    expect(mail?.text).toContain(`\nSee <b>it</b>: ${REPORT_URL}\n`)
    expect(mail?.text).toContain("Choose which notifications you get: https://app.dalgo.test/notifications")
    const button = /<a[^>]*class="button"[^>]*href="([^"]*)"[^>]*>([^]*?)<\/a>/.exec(mail?.html ?? "")
    expect(button?.slice(1).map((part) => part.trim())).toEqual([REPORT_URL, "See &lt;b&gt;it&lt;/b&gt;"])
    const link = { url: REPORT_URL, label: "See <b>it</b>" }
    expect(await inboxOf(bob)).toMatchObject([{ link }])
    const filtered = await (await bob.get("/api/notifications/filtered?q=mentioned")).json<any>()
    expect(filtered.res).toMatchObject([{ link }])
  })

  it("leads from chat to the page, and its label is no formatting there", async () => {
    const webhook = "https://discord.com/api/webhooks/1/token"
    await alice.put("/api/orgpreferences/enable-discord-notifications", {
      enable_discord_notifications: true,
      discord_webhook: webhook,
    })
    await send({ ...toAcme, link: { ...LINK, label: "**@everyone**" } })
    await drain()
    expect(chat.discord[0]?.body.content).toContain(`\n\\*\\*\\@everyone\\*\\*: ${REPORT_URL}`)
  })

  it.each([
    "https://evil.test/",
    "https://app.dalgo.test@evil.test/",
    "https://alice@app.dalgo.test/",
    "//evil.test",
    "/\\evil.test",
    "/\t/evil.test",
    "javascript:alert(1)",
    "http://app.dalgo.test/",
    "reports/7",
  ])("to %j is refused", async (url) => {
    const { status, body } = await send({ ...toAcme, link: { ...LINK, url } })
    expect({ status, body }).toEqual({
      status: 422,
      body: {
        detail: [
          {
            loc: ["body", "link", "url"],
            msg: "not a page below https://app.dalgo.test, nor a path that begins with /",
            type: "custom",
          },
        ],
      },
    })
  })

  it.each([
    { url: "/x" },
    { url: "/x", label: " " },
    { url: "/x", label: "\u200B" },
    { url: "/x", label: "x".repeat(61) },
  ])("needs words that fit a button: %j", async (link) => {
    expect((await send({ ...toAcme, link })).body.detail[0].loc).toEqual(["body", "link", "label"])
  })

  it("needs FRONTEND_URL, and goes if the web app has moved", async () => {
    const answer = await workerWithEnv({ FRONTEND_URL: "" })(PATH, {
      method: "POST",
      headers: { authorization: "Bearer service-key-new", "content-type": "application/json" },
      body: JSON.stringify({ ...toAcme, link: LINK }),
    })
    expect(answer.status).toBe(503)
    expect((await answer.json<any>()).detail).toMatch(/^FRONTEND_URL is not set/)
    expect(await messagesOf(bob)).toEqual([])
  })

  it("that was stored by other hands leads nowhere in an e-mail", async () => {
    await send({ ...toAcme, link: LINK })
    await selectRows(`UPDATE notifications SET link = '{"url":"https://evil.test/","label":"See it"}'`)
    await drain()
    expect(post.mails).toHaveLength(2)
    for (const { text, html } of post.mails) expect(text + html).not.toContain("evil.test")
  })
})

describe("these fields", () => {
  it.each([{ recipients: [BOB] }, { skip_email: true }, { link: LINK }])("are for servers only: %j", async (field) => {
    const body = "recipients" in field ? { ...news, ...field } : { ...toAcme, ...field }
    for (const person of [alice, bob, charlie, dora]) expect((await send(body, {}, person)).status).toBe(403)
    expect(await messagesOf(bob)).toEqual([])
  })

  it("count as absent where they say nothing", async () => {
    const nothing = { recipients: null, skip_email: false, link: null }
    expect((await send({ ...toAcme, author: alice.email, ...nothing }, {}, alice)).status).toBe(200)
  })

  it("are repeated with an Idempotency-Key, also after a recipient has left", async () => {
    const key = { "idempotency-key": "mention-7" }
    const body = { ...news, recipients: [BOB, CHARLIE], skip_email: true, link: LINK }
    const first = await send(body, key)
    expect(await send(body, key)).toEqual(first)
    await server.delete("/api/orgs/globex/members/3")
    expect((await send(body, key)).body).toEqual({
      ...first.body,
      errors: ["The person 3 is not a member of globex."],
    })
    expect(await messagesOf(bob)).toEqual([news.message])
    for (const other of [{ skip_email: false }, { link: null }, { recipients: [BOB, { ...BOB, user_id: 1 }, CHARLIE] }])
      expect((await send({ ...body, ...other }, key)).status).toBe(409)
  })

  it("may be sent over RPC", async () => {
    const sent = await env.NOTIFICATIONS.createNotification({
      ...news,
      recipients: [BOB, { org_slug: "acme", user_id: 9 }],
      skip_email: true,
      link: LINK,
    })
    expect(sent.errors).toEqual(["The person 9 is not a member of acme."])
    expect(await inboxOf(bob)).toMatchObject([{ link: { url: REPORT_URL } }])
    const refused = { ...news, recipients: [BOB], link: { ...LINK, url: "//x" } }
    const call = async () => env.NOTIFICATIONS.createNotification(refused)
    expect(
      await call().then(
        () => "sent",
        (error: Error) => error.message,
      ),
    ).toMatch(/^link\.url: not a page below/)
  })
})
