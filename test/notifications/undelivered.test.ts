import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it, vi } from "vitest"
import { DAY, MINUTE, NOON } from "../support/clock"
import { metered } from "../support/d1-meter"
import { jsonRange } from "../support/inbox"
import { fakeFetch } from "../support/fake-fetch"
import { fakeSes } from "../support/fake-ses"
import {
  ACME,
  alice,
  type ApiClient,
  bob,
  charlie,
  cookieOf,
  dora,
  GLOBEX,
  server,
  waitForBackgroundWork,
} from "../support/people"
import { captureQueues, runCron } from "../support/queues"
import { selectRows } from "../support/select-rows"
import { workerWithEnv } from "../support/worker-with-env"

const DELIVERIES = "/api/notifications/deliveries"
const REFUSED = "SES answered 400 MessageRejected"
const RESENT = { status: 200, body: { success: true, message: "Delivery is being sent again" } }
const NOT_FOUND = { status: 404, body: { detail: "delivery not found" } }
const NOT_FAILED = { status: 400, body: { detail: "Only a failed delivery can be sent again." } }

let drain: ReturnType<typeof captureQueues>["drain"]
let lose: ReturnType<typeof captureQueues>["lose"]

beforeEach(() => {
  vi.setSystemTime(NOON)
  ;({ drain, lose } = captureQueues())
})

/** SES refuses every e-mail. */
const refuseAll = () => {
  const headers = { "x-amzn-errortype": "MessageRejected" }
  fakeFetch(fakeSes(() => new Response(null, { status: 400, headers })).handler)
}
/** SES accepts every e-mail. */
const acceptAll = () => {
  const { mails, handler } = fakeSes()
  fakeFetch(handler)
  return { to: () => mails.map((mail) => mail.to).sort() }
}

/** Sends a notification to an organisation, or to all, whose e-mails are all refused. */
async function sendRefused({ at = NOON, ...to }: { at?: number; [field: string]: unknown } = {}): Promise<void> {
  refuseAll()
  vi.setSystemTime(at)
  const news = { author: "Dalgo", message: "The warehouse is down", sent_to: "all_org_users", org_slug: "acme" }
  expect((await server.post("/api/notifications/", { ...news, ...to })).status).toBe(200)
  await waitForBackgroundWork()
  await drain()
  expect(await selectRows("SELECT 1 FROM deliveries WHERE status IN ('pending', 'sending')")).toEqual([])
}
const markDead = (id: number, to: { orgUserId: number }) =>
  selectRows("UPDATE deliveries SET status = 'dead' WHERE notification_id = ? AND recipient_id = ?", id, to.orgUserId)

const list = async (speaker: ApiClient, query = "", headers = {}) =>
  (await speaker.get(`${DELIVERIES}?${query}`, headers)).json<any>()
const idsOf = async (speaker: ApiClient, query = "", headers = {}) =>
  (await list(speaker, query, headers)).res.map(({ id }: { id: string }) => id)
const resend = async (speaker: ApiClient, id: string, headers = {}) => {
  const answer = await speaker.post(`${DELIVERIES}/${id}/resend`, undefined, headers)
  return { status: answer.status, body: await answer.json() }
}
const stateOf = async (id: number, to: { orgUserId: number }) => {
  const where = "WHERE notification_id = ? AND recipient_id = ?"
  return (await selectRows(`SELECT status, attempts, reason, due_at FROM deliveries ${where}`, id, to.orgUserId))[0]
}

describe("the list of undelivered messages", () => {
  it("says for each the notification, the recipient and the reason", async () => {
    await sendRefused()
    const delivery = { notification_id: 1, channel: "email", status: "failed", attempts: 1, reason: REFUSED }
    expect(await list(alice)).toEqual({
      success: true,
      res: [
        { id: "1-email-2", recipient: bob.email, ...delivery, updated_at: new Date(NOON).toISOString() },
        { id: "1-email-1", recipient: alice.email, ...delivery, updated_at: new Date(NOON).toISOString() },
      ],
      limit: 10,
      next_cursor: null,
    })
  })

  it("has no messages that were sent, are pending or were suppressed", async () => {
    acceptAll()
    const news = { author: "Dalgo", message: "All is well", sent_to: "all_org_users", org_slug: "acme" }
    await bob.put("/api/notifications/preferences", { system_notifications: false })
    for (let i = 0; i < 2; i += 1) await server.post("/api/notifications/", news)
    await selectRows("UPDATE deliveries SET status = 'sent' WHERE notification_id = 1 AND channel = 'email'")
    expect(await selectRows("SELECT DISTINCT status FROM deliveries ORDER BY status")).toEqual(
      ["pending", "sent", "suppressed"].map((status) => ({ status })),
    )
    expect(await idsOf(server)).toEqual([])
  })

  it("filters by failed and dead", async () => {
    await sendRefused()
    await markDead(1, bob)
    expect(await idsOf(alice, "status=failed")).toEqual(["1-email-1"])
    expect(await idsOf(alice, "status=dead")).toEqual(["1-email-2"])
    expect(await idsOf(alice, "status=dead,failed")).toEqual(["1-email-2", "1-email-1"])
    expect(await idsOf(alice, "status=dead&status=failed")).toEqual(["1-email-2", "1-email-1"])
    expect((await alice.get(`${DELIVERIES}?status=sent`)).status).toBe(422)
  })

  it.each(["", "&status=failed", "&org_slug=acme", "&status=dead"])(
    "continues by cursor, newest first: %s",
    async (filter) => {
      for (const at of [NOON, NOON + MINUTE, NOON + MINUTE]) await sendRefused({ at })
      for (const id of filter.includes("dead") ? [1, 2, 3] : [2]) await markDead(id, alice)
      if (filter.includes("dead")) for (const id of [1, 2, 3]) await markDead(id, bob)
      for (const speaker of [alice, server]) {
        const all = await idsOf(speaker, `limit=100${filter}`)
        expect(all).toEqual(
          ["3-email-2", "3-email-1", "2-email-2", "2-email-1", "1-email-2", "1-email-1"].filter(
            (id) => filter !== "&status=failed" || id !== "2-email-1",
          ),
        )
        const seen: string[] = []
        for (let cursor: string | null = ""; cursor !== null; ) {
          const page: any = await list(speaker, `limit=1${filter}${cursor && `&cursor=${cursor}`}`)
          expect(page).toMatchObject({ res: [expect.anything()], limit: 1 })
          seen.push(page.res[0].id)
          cursor = page.next_cursor
        }
        expect(seen).toEqual(all)
      }
    },
  )

  it.each(["x", "mo.1", "mo.1-email-0", "mo.1-email-2.3", "MO.1-email-2", "1-email-2", ".1-email-2", "mo.1-fax-2"])(
    "refuses a cursor that it did not make: %s",
    async (cursor) => {
      expect((await alice.get(`${DELIVERIES}?cursor=${cursor}`)).status).toBe(422)
    },
  )

  it("is of the admin's organisation, and of all for a super-admin and a service key", async () => {
    await sendRefused()
    await sendRefused({ org_slug: "globex" })
    await sendRefused({ sent_to: "all_users", org_slug: undefined })
    const [ofAcme, ofGlobex] = [["1-email-2", "1-email-1"], ["2-email-3"]]
    const ofAll = ["3-email-4", "3-email-3", "3-email-2", "3-email-1"]
    expect(await idsOf(alice)).toEqual(ofAcme)
    expect(await idsOf(charlie)).toEqual(ofGlobex)
    for (const speaker of [dora, server]) {
      expect(await idsOf(speaker)).toEqual([...ofAll, ...ofGlobex, ...ofAcme])
      expect(await idsOf(speaker, "org_slug=acme")).toEqual(ofAcme)
      expect(await idsOf(speaker, "org_slug=globex")).toEqual(ofGlobex)
      expect((await speaker.get(`${DELIVERIES}?org_slug=nowhere`)).status).toBe(404)
    }
  })

  it("is hidden from admins of other organisations and from members", async () => {
    await sendRefused()
    for (const [query, headers] of [
      ["org_slug=acme", {}],
      ["", { "x-dalgo-org": "acme" }],
    ] as const) {
      const answer = await charlie.get(`${DELIVERIES}?${query}`, headers)
      expect([answer.status, await answer.json()]).toEqual([404, { detail: "organisation not found" }])
    }
    expect((await bob.get(DELIVERIES)).status).toBe(403)
  })
})

describe("resending", () => {
  it("sends a refused e-mail once", async () => {
    await sendRefused()
    const accepted = acceptAll()
    expect(await resend(alice, "1-email-2")).toEqual(RESENT)
    expect(await stateOf(1, bob)).toEqual({ status: "pending", attempts: 0, reason: null, due_at: NOON })
    await drain()
    expect(accepted.to()).toEqual([bob.email])
    expect(await stateOf(1, bob)).toEqual({ status: "sent", attempts: 1, reason: null, due_at: null })
    expect(await idsOf(alice)).toEqual(["1-email-1"])
    vi.setSystemTime(NOON + DAY)
    await runCron()
    await drain()
    expect(accepted.to()).toEqual([bob.email])
  })

  it("gives a dead e-mail the full number of attempts", async () => {
    await sendRefused()
    await selectRows("UPDATE deliveries SET status = 'dead', attempts = 7")
    fakeFetch(() => new Response(null, { status: 500 }))
    expect(await resend(alice, "1-email-2")).toEqual(RESENT)
    await drain()
    expect(await stateOf(1, bob)).toMatchObject({ status: "pending", attempts: 1, reason: "SES answered 500" })
  })

  it("lists an e-mail again that is refused again", async () => {
    await sendRefused()
    await resend(alice, "1-email-1")
    await drain()
    expect(await idsOf(alice)).toEqual(["1-email-2", "1-email-1"])
    expect(await resend(alice, "1-email-1")).toEqual(RESENT)
  })

  it("sends one e-mail for concurrent requests", async () => {
    await sendRefused()
    const accepted = acceptAll()
    const answers = await Promise.all(Array.from({ length: 4 }, () => resend(alice, "1-email-2")))
    expect(answers.toSorted((a, b) => a.status - b.status)).toEqual([RESENT, NOT_FAILED, NOT_FAILED, NOT_FAILED])
    await drain()
    expect(accepted.to()).toEqual([bob.email])
  })

  it("is completed by the cron if the queue message is lost", async () => {
    await sendRefused()
    const accepted = acceptAll()
    lose("dalgo-deliveries")
    expect(await resend(alice, "1-email-2")).toEqual(RESENT)
    await drain()
    expect(accepted.to()).toEqual([])
    await runCron()
    await drain()
    expect(accepted.to()).toEqual([bob.email])
  })

  it("counts against the limit of the sender", async () => {
    await sendRefused()
    const accepted = acceptAll()
    vi.spyOn(env.SEND_LIMIT, "limit").mockResolvedValue({ success: false })
    expect((await alice.post("/api/notifications/deliveries/1-email-2/resend")).status).toBe(429)
    expect(vi.spyOn(env.SEND_LIMIT, "limit")).toHaveBeenCalledWith({ key: "person:1" })
    await drain()
    expect(accepted.to()).toEqual([])
  })

  it("sends nothing to a former member", async () => {
    await sendRefused()
    const accepted = acceptAll()
    await selectRows("UPDATE org_users SET removed_at = ? WHERE id = ?", NOON, bob.orgUserId)
    expect(await resend(alice, "1-email-2")).toEqual(RESENT)
    await drain()
    expect(accepted.to()).toEqual([])
    expect(await stateOf(1, bob)).toMatchObject({ status: "suppressed", reason: "not_a_member" })
  })

  it.each(["pending", "sending", "sent", "suppressed"])("does not change a delivery that is %s", async (status) => {
    await sendRefused()
    await selectRows("UPDATE deliveries SET status = ?, attempts = 3, reason = 'x', due_at = 5", status)
    expect(await resend(alice, "1-email-2")).toEqual(NOT_FAILED)
    expect(await stateOf(1, bob)).toEqual({ status, attempts: 3, reason: "x", due_at: 5 })
  })

  it("refuses unknown and invalid ids", async () => {
    await sendRefused()
    for (const id of ["1-email-3", "2-email-2", "1-inbox-2", "1-push-2"]) {
      expect(await resend(alice, id)).toEqual(NOT_FOUND)
    }
    for (const id of [
      "1",
      "email-2",
      "1-fax-2",
      "0-email-2",
      "01-email-2",
      "1-email-2-3",
      "1-email-2%20",
      "-1-email-2",
    ]) {
      expect((await resend(alice, id)).status).toBe(422)
    }
  })

  it("answers Charlie the same for a delivery of acme and for none", async () => {
    await sendRefused()
    const before = await selectRows("SELECT * FROM deliveries")
    for (const headers of [{}, { "x-dalgo-org": "acme" }, { "x-dalgo-org": "globex" }]) {
      for (const id of ["1-email-2", "1-email-1", "987-email-2"]) {
        expect(await resend(charlie, id, headers)).toEqual(NOT_FOUND)
      }
    }
    expect((await resend(bob, "1-email-2")).status).toBe(403)
    expect(await selectRows("SELECT * FROM deliveries")).toEqual(before)
  })

  it("needs a super-admin or a service key for a notification across organisations", async () => {
    await sendRefused({ sent_to: "all_users", org_slug: undefined })
    const accepted = acceptAll()
    expect(await resend(alice, "1-email-1")).toEqual(NOT_FOUND)
    expect(await resend(dora, "1-email-1")).toEqual(RESENT)
    expect(await resend(server, "1-email-2")).toEqual(RESENT)
    await drain()
    expect(accepted.to()).toEqual([alice.email, bob.email])
  })
})

it("reads about as many rows as a page shows, at any depth", async () => {
  const addDeliveries = (id: number, status: string, orgId: number) =>
    selectRows(
      `INSERT INTO deliveries (notification_id, channel, recipient_id, status, created_at, updated_at, org_id)
       SELECT ?1 + value, 'email', 2, ?2, ?3, ?3 + value / 50, ?4 FROM json_each(?5)`,
      id,
      status,
      NOON,
      orgId,
      jsonRange(1, 2_000),
    )
  await addDeliveries(10_000, "sent", ACME)
  for (const orgId of [ACME, GLOBEX]) {
    await addDeliveries(orgId * 100_000, "failed", orgId)
    await addDeliveries(orgId * 100_000 + 50_000, "dead", orgId)
  }
  const { db, spent } = metered(env.DB)
  const through = workerWithEnv({ DB: db })
  const headers = { alice: await cookieOf("1"), server: { authorization: "Bearer service-key-new" } }
  await through(DELIVERIES, { headers: headers.alice })

  for (const who of [headers.alice, headers.server]) {
    const { next_cursor } = await (await through(`${DELIVERIES}?limit=100`, { headers: who })).json<any>()
    for (const query of ["limit=20", `limit=20&cursor=${next_cursor}`, "limit=20&status=dead"]) {
      const before = { ...spent }
      const page = await (await through(`${DELIVERIES}?${query}`, { headers: who })).json<any>()
      expect(page.res).toHaveLength(20)
      expect(spent.roundTrips - before.roundTrips).toBe(1)
      expect(spent.rowsRead - before.rowsRead, query).toBeLessThanOrEqual(3 * 20 + 10)
    }
  }
})
