import { expect, it } from "vitest"
import { aiAnswer, fakeAi } from "./support/fake-ai"
import { fakeFetch } from "./support/fake-fetch"
import { fakePrefect, RUN_ID } from "./support/fake-prefect"
import { fakeSes } from "./support/fake-ses"
import { alice, anonymous, bob, charlie } from "./support/people"
import { captureQueues } from "./support/queues"

const failure = (id = RUN_ID) => ({ body: `Flow run silver-heron with id ${id} entered state Failed` })
const tell = (body: unknown) =>
  anonymous.post("/webhooks/v1/notification/", body, { "x-notification-key": "webhook-key-new" })

it("publishes one Prefect failure to inbox, urgent bar and e-mail, with a summary", async () => {
  const post = fakeSes()
  fakeFetch(fakePrefect(), post.handler)
  fakeAi({ response: aiAnswer("the sync.") })
  const { drain } = captureQueues()

  const answer = await tell(failure())
  expect(answer.status).toBe(200)
  expect(await answer.json()).toEqual({ status: "ok" })
  await drain()

  for (const person of [alice, bob]) {
    const inbox = await (await person.get("/api/notifications/v1")).json<any>()
    expect(inbox.res).toHaveLength(1)
    expect(inbox.res[0]).toMatchObject({ category: "job_failure", urgent: true, read_status: false })
    expect(inbox.res[0].message).toContain("What failed: the sync.")
    const bar = await (await person.get("/api/notifications/urgent-bar")).json<any>()
    expect(bar.total).toBe(1)
  }
  expect((await (await charlie.get("/api/notifications/v1")).json<any>()).res).toEqual([])
  expect(post.mails.map((mail) => mail.to).sort()).toEqual(["alice@acme.test", "bob@acme.test"])
  expect(post.mails[0]?.text).toContain("What failed: the sync.")
  expect(post.mails[0]?.headers["List-Unsubscribe-Post"]).toBe("List-Unsubscribe=One-Click")
})
