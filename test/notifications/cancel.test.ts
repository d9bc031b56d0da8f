import { beforeEach, describe, expect, it } from "vitest"
import { alice, type ApiClient, bob, charlie, server } from "../support/people"
import { captureQueues } from "../support/queues"
import { selectRows } from "../support/select-rows"

const history = async (speaker: ApiClient) =>
  (await (await speaker.get("/api/notifications/history")).json<any>()).res.map((item: any) => item.message)
const tomorrow = () => new Date(Date.now() + 86_400_000).toISOString()
const send = async (speaker: ApiClient, body: object) =>
  (await (await speaker.post("/api/notifications/", { author: "a", sent_to: "all_org_users", ...body })).json<any>())
    .res.notification_id as number

beforeEach(() => {
  captureQueues()
})

describe("cancelling a notification", () => {
  const cancel = (speaker: ApiClient, id: number) => speaker.delete(`/api/notifications/?notification_id=${id}`)
  const answerOf = async (request: Promise<Response>) => {
    const response = await request
    return [response.status, await response.json()]
  }
  const NOT_THERE = [400, { detail: "Notification does not exist." }]

  it("deletes a scheduled one completely", async () => {
    const id = await send(alice, { message: "later", org_slug: "acme", scheduled_time: tomorrow() })
    const message = `Notification with id: ${id} has been successfully deleted`
    expect(await answerOf(cancel(alice, id))).toEqual([200, { success: true, message }])
    expect(await answerOf(cancel(alice, id))).toEqual(NOT_THERE)
    expect(await history(alice)).toEqual([])
    expect(
      await selectRows("SELECT rowid FROM notification_search WHERE notification_search MATCH 'lat AND ter'"),
    ).toEqual([])
  })

  it("is refused after it was sent", async () => {
    const id = await send(alice, { message: "hello", org_slug: "acme" })
    expect(await answerOf(cancel(alice, id))).toEqual([
      400,
      { detail: "Notification has already been sent and cannot be deleted." },
    ])
    expect(await history(alice)).toEqual(["hello"])
  })

  it("is refused to admins of other organisations and to members", async () => {
    const id = await send(alice, { message: "later", org_slug: "acme", scheduled_time: tomorrow() })
    expect(await answerOf(cancel(charlie, id))).toEqual(NOT_THERE)
    expect(await answerOf(cancel(charlie, 987_654))).toEqual(NOT_THERE)
    expect((await cancel(bob, id)).status).toBe(403)
    expect(await history(alice)).toEqual(["later"])
    expect((await cancel(server, id)).status).toBe(200)
  })
})
