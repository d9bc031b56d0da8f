import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it } from "vitest"
import { inboxOf } from "../support/inbox"
import { alice, type ApiClient, bob, charlie, dora, server, userClient } from "../support/people"
import { captureQueues } from "../support/queues"

const PATH = "/api/notifications/"
const toAcme = { author: "alice@acme.test", message: "Dashboards are back", sent_to: "all_org_users", org_slug: "acme" }
const send = async (speaker: ApiClient, body: object, headers?: HeadersInit) => {
  const answer = await speaker.post(PATH, body, headers)
  return { status: answer.status, body: await answer.json<any>() }
}

beforeEach(() => {
  captureQueues()
})

describe("sending a notification", () => {
  it("returns the notification and puts it into each inbox", async () => {
    const { status, body } = await send(alice, { ...toAcme, category: "incident", urgent: true })
    expect(status).toBe(200)
    expect(body).toEqual({
      res: {
        notification_id: expect.any(Number),
        message: "Dashboards are back",
        urgent: true,
        category: "incident",
        sent_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        scheduled_time: null,
        author: "alice@acme.test",
      },
      errors: [],
    })
    for (const who of [alice, bob]) {
      expect(await inboxOf(who)).toEqual([
        {
          id: body.res.notification_id,
          author: "alice@acme.test",
          message: "Dashboards are back",
          timestamp: body.res.sent_time,
          urgent: true,
          category: "incident",
          scheduled_time: null,
          sent_time: body.res.sent_time,
          read_status: false,
        },
      ])
    }
    expect(await inboxOf(charlie)).toEqual([])
  })

  it("is not urgent and has the category system by default", async () => {
    expect((await send(alice, toAcme)).body.res).toMatchObject({ category: "system", urgent: false })
  })

  it("reaches admins only with manager_or_above", async () => {
    await send(alice, { ...toAcme, manager_or_above: true })
    expect(await inboxOf(alice)).toHaveLength(1)
    expect(await inboxOf(bob)).toHaveLength(0)
  })

  it("reaches one person by e-mail address, in upper or lower case", async () => {
    await send(alice, { ...toAcme, sent_to: "single_user", org_slug: null, user_email: " Bob@ACME.test " })
    expect(await inboxOf(bob)).toHaveLength(1)
    expect(await inboxOf(alice)).toHaveLength(0)
  })

  it("reaches everybody if a super-admin or a service key sends it", async () => {
    await send(dora, { ...toAcme, sent_to: "all_users" })
    await send(server, { ...toAcme, sent_to: "all_users" })
    for (const who of [alice, bob, charlie, dora]) expect(await inboxOf(who)).toHaveLength(2)
  })

  it.each([
    [
      "no organisation",
      { sent_to: "all_org_users", org_slug: undefined },
      "org_slug is required to sent notification to all org users.",
    ],
    ["no e-mail", { sent_to: "single_user" }, "user email is required to sent notification to a user."],
    [
      "an unknown address",
      { sent_to: "single_user", user_email: "nobody@acme.test" },
      "No users found for the given information",
    ],
    [
      "a person of another organisation",
      { sent_to: "single_user", user_email: "charlie@globex.test" },
      "No users found for the given information",
    ],
  ])("says why it is refused: %s", async (_, change, detail) => {
    expect(await send(alice, { ...toAcme, ...change })).toEqual({ status: 400, body: { detail } })
  })

  it("is stored even if everybody turned the category off", async () => {
    for (const who of [alice, bob]) await who.put("/api/notifications/preferences", { system_notifications: false })
    const { status, body } = await send(alice, toAcme)
    expect(status).toBe(200)
    expect(await inboxOf(bob)).toEqual([])
    const { results } = await env.DB.prepare(
      "SELECT recipient_id, status, reason FROM deliveries WHERE notification_id = ? ORDER BY recipient_id",
    )
      .bind(body.res.notification_id)
      .all()
    expect(results).toEqual([
      { recipient_id: 1, status: "suppressed", reason: "category_off" },
      { recipient_id: 2, status: "suppressed", reason: "category_off" },
    ])
  })
})

describe("an Idempotency-Key", () => {
  const key = { "idempotency-key": "7f3" }

  it("makes one notification of a repeated request", async () => {
    const first = await send(alice, toAcme, key)
    const again = await send(alice, toAcme, key)
    expect(again).toEqual(first)
    expect(await inboxOf(bob)).toHaveLength(1)
  })

  it("makes one notification of two concurrent requests", async () => {
    const [one, two] = await Promise.all([send(alice, toAcme, key), send(alice, toAcme, key)])
    expect(one).toEqual(two)
    expect(await inboxOf(bob)).toHaveLength(1)
  })

  it("is refused with another body", async () => {
    await send(alice, toAcme, key)
    expect((await send(alice, { ...toAcme, message: "Something else" }, key)).status).toBe(409)
  })

  it("is separate for each caller", async () => {
    await send(alice, toAcme, key)
    expect((await send(server, { ...toAcme, message: "Something else" }, key)).status).toBe(200)
  })

  it("is separate for each organisation", async () => {
    const sam = userClient("9")
    await env.DB.prepare(
      `INSERT INTO org_users (id, org_id, user_id, email, role) VALUES
       (91, 1, '9', 'sam@acme.test', 'admin'), (92, 2, '9', 'sam@acme.test', 'admin')`,
    ).run()
    const toSam = { ...toAcme, sent_to: "single_user", user_email: "sam@acme.test", org_slug: undefined }
    const inAcme = await send(sam, toSam, { ...key, "x-dalgo-org": "acme" })
    const inGlobex = await send(sam, toSam, { ...key, "x-dalgo-org": "globex" })
    expect(inGlobex.status).toBe(200)
    expect(inGlobex.body.res.notification_id).not.toBe(inAcme.body.res.notification_id)
  })

  it("expires after 24 hours", async () => {
    const { body } = await send(alice, toAcme, key)
    const aDayAgo = Date.now() - 24 * 60 * 60 * 1000 - 1
    await env.DB.prepare("UPDATE notifications SET created_at = ?").bind(aDayAgo).run()
    const again = await send(alice, toAcme, key)
    expect(again.body.res.notification_id).not.toBe(body.res.notification_id)
    expect(await inboxOf(bob)).toHaveLength(2)
  })
})
