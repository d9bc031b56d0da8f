import { beforeEach, describe, expect, it } from "vitest"
import { insertNotification } from "../support/inbox"
import { alice, type ApiClient, bob, charlie, dora, server } from "../support/people"
import { captureQueues } from "../support/queues"
import { selectRows } from "../support/select-rows"

const tomorrow = () => new Date(Date.now() + 86_400_000).toISOString()
const send = async (speaker: ApiClient, body: object) =>
  (await (await speaker.post("/api/notifications/", { author: "a", sent_to: "all_org_users", ...body })).json<any>())
    .res.notification_id as number

beforeEach(() => {
  captureQueues()
})

describe("the recipients of a notification", () => {
  const RECIPIENTS = "/api/notifications/recipients?notification_id="
  const recipientsOf = async (speaker: ApiClient, id: number) => (await speaker.get(RECIPIENTS + id)).json<any>()
  const NOT_THERE = { detail: "Notification does not exist." }

  it("are the people whose inbox got it, each with the read status", async () => {
    const id = await send(alice, { message: "hello", org_slug: "acme" })
    await bob.put("/api/notifications/v1", { notification_ids: [id], read_status: true })
    await selectRows("UPDATE org_users SET removed_at = 1 WHERE id = 2")
    const all = [
      { username: "alice@acme.test", read_status: false },
      { username: "bob@acme.test", read_status: true },
    ]
    expect(await recipientsOf(alice, id)).toEqual({ success: true, res: all })
    expect(await recipientsOf(server, id)).toEqual({ success: true, res: all })
  })

  it("are from all organisations, for a super-admin", async () => {
    const id = await send(dora, { message: "hello", sent_to: "all_users" })
    expect((await recipientsOf(dora, id)).res.map((one: any) => one.username)).toEqual([
      "alice@acme.test",
      "bob@acme.test",
      "charlie@globex.test",
      "dora@dalgo.test",
    ])
    expect(await recipientsOf(alice, id)).toEqual(NOT_THERE)
  })

  it("are none while it is scheduled", async () => {
    const id = await send(alice, { message: "later", org_slug: "acme", scheduled_time: tomorrow() })
    expect(await recipientsOf(alice, id)).toEqual({ success: true, res: [] })
  })

  it("are hidden from admins of other organisations and from members", async () => {
    const id = await send(alice, { message: "hello", org_slug: "acme" })
    expect(await recipientsOf(charlie, id)).toEqual(NOT_THERE)
    expect(await recipientsOf(charlie, 987_654)).toEqual(NOT_THERE)
    expect((await charlie.get(RECIPIENTS + id)).status).toBe(400)
    expect((await bob.get(RECIPIENTS + id)).status).toBe(403)
  })

  it("come in parts of 10,000", async () => {
    const id = await insertNotification({ to: [] })
    await selectRows(
      `INSERT INTO org_users (id, org_id, user_id, email, role)
       SELECT 100 + value, 1, 'm' || value, 'm' || value, 'member' FROM json_each(?)`,
      JSON.stringify(Array.from({ length: 10_005 }, (_, i) => i)),
    )
    await selectRows(
      `INSERT INTO notification_recipients (org_user_id, is_read, sent_at, notification_id, category, urgent)
       SELECT u.id, 0, n.sent_at, n.id, n.category, 0 FROM org_users u, notifications n WHERE u.org_id = 1`,
    )
    const first = await recipientsOf(alice, id)
    expect(first.res).toHaveLength(10_000)
    const rest = await (await alice.get(`${RECIPIENTS}${id}&after=${first.next}`)).json<any>()
    expect(rest.res).toHaveLength(7)
    expect(rest).not.toHaveProperty("next")
  })
})
