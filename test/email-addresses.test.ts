import { beforeEach, describe, expect, it, vi } from "vitest"
import { NOON } from "./support/clock"
import { fakeFetch } from "./support/fake-fetch"
import { fakeSes } from "./support/fake-ses"
import { bounceEvent, fakeSns, signMessage } from "./support/fake-sns"
import { inboxOf } from "./support/inbox"
import { BOB, MEMBERS } from "./support/org-members"
import { anonymous, bob, server } from "./support/people"
import { captureQueues } from "./support/queues"

const UNICODE = "Bob@Bücher.test"
const DECOMPOSED = "bob@bu\u0308cher.TEST"
const ASCII = "bob@xn--bcher-kva.test"

let drain: ReturnType<typeof captureQueues>["drain"]
let provider: ReturnType<typeof fakeSes>
beforeEach(() => {
  vi.setSystemTime(NOON)
  ;({ drain } = captureQueues())
  provider = fakeSes()
  fakeFetch(fakeSns(), provider.handler)
})

const provision = async (email: string) => expect((await server.patch(MEMBERS, [{ ...BOB, email }])).status).toBe(200)
const sendTo = (user_email: string) =>
  server.post("/api/notifications/", { author: "Ops", message: "m", sent_to: "single_user", user_email })

describe("an address in another alphabet", () => {
  it.each([
    [UNICODE, ASCII],
    [ASCII, UNICODE],
    [DECOMPOSED, UNICODE],
  ])("that was provisioned as %s is found as %s, and mailed in ASCII", async (stored, asked) => {
    await provision(stored)
    expect((await sendTo(asked)).status).toBe(200)
    await drain()
    expect(await inboxOf(bob)).toHaveLength(1)
    expect(provider.mails.map(({ to }) => to)).toEqual([ASCII])
  })

  it.each([UNICODE, ASCII, `Bob <${DECOMPOSED}>`])("is switched off by a bounce of %s", async (bounced) => {
    await provision(UNICODE)
    const message = await signMessage({ Message: JSON.stringify(bounceEvent(bounced)) })
    await anonymous.post("/webhooks/v1/ses/", message, { "content-type": "text/plain" })
    await drain()
    const preferences = await (await bob.get("/api/notifications/preferences")).json<any>()
    expect(preferences.res.email_notifications_enabled).toBe(false)
  })

  it("before the @ gets the inbox, and its e-mail fails with the reason", async () => {
    await provision("প্রিয়া@acme.test")
    expect((await sendTo("প্রিয়া@ACME.test")).status).toBe(200)
    await drain()
    expect(await inboxOf(bob)).toHaveLength(1)
    expect(provider.mails).toEqual([])
    const { res } = await (await server.get("/api/notifications/deliveries")).json<any>()
    expect(res).toMatchObject([
      {
        reason:
          "no e-mail provider can send to letters with accents or of other alphabets before the @: use another address",
      },
    ])
  })
})

it("answers 400 for a text that is no address, as for one that nobody has", async () => {
  for (const text of ["bob", "Bob <bob@acme.test>", "bob@acme.test, alice@acme.test", "bob@аcme.test"]) {
    const answer = await sendTo(text)
    expect([answer.status, await answer.json()]).toEqual([400, { detail: "No users found for the given information" }])
  }
})
