import { env } from "cloudflare:workers"
import { beforeEach, describe, expect, it, vi } from "vitest"
import { DAY, MINUTE, NOON } from "../support/clock"
import { metered } from "../support/d1-meter"
import { sequence } from "../support/inbox"
import { outside, ses } from "../support/outside"
import { ACME, alice, bob, charlie, cookieOf, dora, GLOBEX, server, type Speaker } from "../support/people"
import { cron, queues } from "../support/queues"
import { rows } from "../support/rows"
import { workerWith } from "../support/worker-with"

const DELIVERIES = "/api/notifications/deliveries"
const REFUSED = "SES answered 400 MessageRejected"
const RESENT = { status: 200, body: { success: true, message: "Delivery is being sent again" } }
const NOT_FOUND = { status: 404, body: { detail: "delivery not found" } }
const NOT_UNDELIVERED = { status: 400, body: { detail: "Only what failed can be sent again." } }

let drain: ReturnType<typeof queues>["drain"]
let lose: ReturnType<typeof queues>["lose"]

beforeEach(() => {
  vi.setSystemTime(NOON)
  ;({ drain, lose } = queues())
})

const rejectAll = () => {
  const headers = { "x-amzn-errortype": "MessageRejected" }
  outside(ses(() => new Response(null, { status: 400, headers })).handler)
}
const acceptAll = () => {
  const { mails, handler } = ses()
  outside(handler)
  return { to: () => mails.map((mail) => mail.to).sort() }
}

/** Publishes a notification, all of whose e-mails are rejected. */
async function publishRejected({ at = NOON, ...to }: { at?: number; [field: string]: unknown } = {}): Promise<void> {
  rejectAll()
  vi.setSystemTime(at)
  const news = { author: "Dalgo", message: "The warehouse is down", sent_to: "all_org_users", org_slug: "acme" }
  expect((await server.post("/api/notifications/", { ...news, ...to })).status).toBe(200)
  await vi.waitFor(async () => {
    await drain()
    expect(await rows("SELECT 1 FROM deliveries WHERE status IN ('pending', 'sending')")).toEqual([])
  })
}
const markDead = (id: number, to: { orgUserId: number }) =>
  rows("UPDATE deliveries SET status = 'dead' WHERE notification_id = ? AND recipient_id = ?", id, to.orgUserId)

const list = async (speaker: Speaker, query = "", headers = {}) =>
  (await speaker.get(`${DELIVERIES}?${query}`, headers)).json<any>()
const idsOf = async (speaker: Speaker, query = "", headers = {}) =>
  (await list(speaker, query, headers)).res.map(({ id }: { id: string }) => id)
const resend = async (speaker: Speaker, id: string, headers = {}) => {
  const answer = await speaker.post(`${DELIVERIES}/${id}/resend`, undefined, headers)
  return { status: answer.status, body: await answer.json() }
}
const stateOf = async (id: number, to: { orgUserId: number }) => {
  const where = "WHERE notification_id = ? AND recipient_id = ?"
  return (await rows(`SELECT status, attempts, reason, due_at FROM deliveries ${where}`, id, to.orgUserId))[0]
}

describe("the list of undelivered notifications", () => {
  it("has the notification, the recipient and the reason of each delivery", async () => {
    await publishRejected()
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

  it("has no delivery that is sent, pending or suppressed", async () => {
    acceptAll()
    const news = { author: "Dalgo", message: "All is well", sent_to: "all_org_users", org_slug: "acme" }
    await bob.put("/api/notifications/preferences", { system_notifications: false })
    for (let i = 0; i < 2; i += 1) await server.post("/api/notifications/", news)
    await rows("UPDATE deliveries SET status = 'sent' WHERE notification_id = 1 AND channel = 'email'")
    expect(await rows("SELECT DISTINCT status FROM deliveries ORDER BY status")).toEqual(
      ["pending", "sent", "suppressed"].map((status) => ({ status })),
    )
    expect(await idsOf(server)).toEqual([])
  })

  it("can be filtered by status", async () => {
    await publishRejected()
    await markDead(1, bob)
    expect(await idsOf(alice, "status=failed")).toEqual(["1-email-1"])
    expect(await idsOf(alice, "status=dead")).toEqual(["1-email-2"])
    expect(await idsOf(alice, "status=dead,failed")).toEqual(["1-email-2", "1-email-1"])
    expect(await idsOf(alice, "status=dead&status=failed")).toEqual(["1-email-2", "1-email-1"])
    expect((await alice.get(`${DELIVERIES}?status=sent`)).status).toBe(422)
  })

  it.each(["", "&status=failed", "&org_slug=acme", "&status=dead"])(
    "continues where a page ended, newest first: %s",
    async (filter) => {
      for (const at of [NOON, NOON + MINUTE, NOON + MINUTE]) await publishRejected({ at })
      for (const id of filter.includes("dead") ? [1, 2, 3] : [2]) await markDead(id, alice)
      if (filter.includes("dead")) for (const id of [1, 2, 3]) await markDead(id, bob)
      for (const speaker of [alice, server]) {
        const all = await idsOf(speaker, `limit=100${filter}`)
        expect(all).toEqual(
          ["3-email-2", "3-email-1", "2-email-2", "2-email-1", "1-email-2", "1-email-1"].filter(
            (id) => filter !== "&status=failed" || id !== "2-email-1",
          ),
        )
        const read: string[] = []
        for (let cursor: string | null = ""; cursor !== null; ) {
          const page: any = await list(speaker, `limit=1${filter}${cursor && `&cursor=${cursor}`}`)
          expect(page).toMatchObject({ res: [expect.anything()], limit: 1 })
          read.push(page.res[0].id)
          cursor = page.next_cursor
        }
        expect(read).toEqual(all)
      }
    },
  )

  it.each(["x", "mo.1", "mo.1-email-0", "mo.1-email-2.3", "MO.1-email-2", "1-email-2", ".1-email-2", "mo.1-fax-2"])(
    "rejects a cursor that it did not give: %s",
    async (cursor) => {
      expect((await alice.get(`${DELIVERIES}?cursor=${cursor}`)).status).toBe(422)
    },
  )

  it("shows an admin their own organisation, and a super-admin or a server all of them", async () => {
    await publishRejected()
    await publishRejected({ org_slug: "globex" })
    await publishRejected({ sent_to: "all_users", org_slug: undefined })
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

  it("is closed to admins of other organisations and to members", async () => {
    await publishRejected()
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
  it("a failed delivery sends the e-mail once", async () => {
    await publishRejected()
    const provider = acceptAll()
    expect(await resend(alice, "1-email-2")).toEqual(RESENT)
    expect(await stateOf(1, bob)).toEqual({ status: "pending", attempts: 0, reason: null, due_at: NOON })
    await drain()
    expect(provider.to()).toEqual([bob.email])
    expect(await stateOf(1, bob)).toEqual({ status: "sent", attempts: 1, reason: null, due_at: null })
    expect(await idsOf(alice)).toEqual(["1-email-1"])
    vi.setSystemTime(NOON + DAY)
    await cron()
    await drain()
    expect(provider.to()).toEqual([bob.email])
  })

  it("a dead delivery starts with all its attempts", async () => {
    await publishRejected()
    await rows("UPDATE deliveries SET status = 'dead', attempts = 7")
    outside(() => new Response(null, { status: 500 }))
    expect(await resend(alice, "1-email-2")).toEqual(RESENT)
    await drain()
    expect(await stateOf(1, bob)).toMatchObject({ status: "pending", attempts: 1, reason: "SES answered 500" })
  })

  it("lists a delivery again if it fails again", async () => {
    await publishRejected()
    await resend(alice, "1-email-1")
    await drain()
    expect(await idsOf(alice)).toEqual(["1-email-2", "1-email-1"])
    expect(await resend(alice, "1-email-1")).toEqual(RESENT)
  })

  it("several times at once sends one e-mail", async () => {
    await publishRejected()
    const provider = acceptAll()
    const answers = await Promise.all(Array.from({ length: 4 }, () => resend(alice, "1-email-2")))
    expect(answers.toSorted((a, b) => a.status - b.status)).toEqual([
      RESENT,
      NOT_UNDELIVERED,
      NOT_UNDELIVERED,
      NOT_UNDELIVERED,
    ])
    await drain()
    expect(provider.to()).toEqual([bob.email])
  })

  it("is left to the cron if the queue message is lost", async () => {
    await publishRejected()
    const provider = acceptAll()
    lose("dalgo-deliveries")
    expect(await resend(alice, "1-email-2")).toEqual(RESENT)
    await drain()
    expect(provider.to()).toEqual([])
    await cron()
    await drain()
    expect(provider.to()).toEqual([bob.email])
  })

  it("does not reach a former member", async () => {
    await publishRejected()
    const provider = acceptAll()
    await rows("UPDATE org_users SET removed_at = ? WHERE id = ?", NOON, bob.orgUserId)
    expect(await resend(alice, "1-email-2")).toEqual(RESENT)
    await drain()
    expect(provider.to()).toEqual([])
    expect(await stateOf(1, bob)).toMatchObject({ status: "suppressed", reason: "not_a_member" })
  })

  it.each(["pending", "sending", "sent", "suppressed"])("changes nothing if the delivery is %s", async (status) => {
    await publishRejected()
    await rows("UPDATE deliveries SET status = ?, attempts = 3, reason = 'x', due_at = 5", status)
    expect(await resend(alice, "1-email-2")).toEqual(NOT_UNDELIVERED)
    expect(await stateOf(1, bob)).toEqual({ status, attempts: 3, reason: "x", due_at: 5 })
  })

  it("answers 404 for an unknown delivery, and 422 for a malformed id", async () => {
    await publishRejected()
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

  it("gives Charlie the same answer for a delivery of Acme and for one that does not exist", async () => {
    await publishRejected()
    const before = await rows("SELECT * FROM deliveries")
    for (const headers of [{}, { "x-dalgo-org": "acme" }, { "x-dalgo-org": "globex" }]) {
      for (const id of ["1-email-2", "1-email-1", "987-email-2"]) {
        expect(await resend(charlie, id, headers)).toEqual(NOT_FOUND)
      }
    }
    expect((await resend(bob, "1-email-2")).status).toBe(403)
    expect(await rows("SELECT * FROM deliveries")).toEqual(before)
  })

  it("a delivery of a notification to all organisations needs a super-admin or a server", async () => {
    await publishRejected({ sent_to: "all_users", org_slug: undefined })
    const provider = acceptAll()
    expect(await resend(alice, "1-email-1")).toEqual(NOT_FOUND)
    expect(await resend(dora, "1-email-1")).toEqual(RESENT)
    expect(await resend(server, "1-email-2")).toEqual(RESENT)
    await drain()
    expect(provider.to()).toEqual([alice.email, bob.email])
  })
})

it("a page costs the same at any depth, however many deliveries other organisations have", async () => {
  const insertDeliveries = (id: number, status: string, orgId: number) =>
    rows(
      `INSERT INTO deliveries (notification_id, channel, recipient_id, status, created_at, updated_at, org_id)
       SELECT ?1 + value, 'email', 2, ?2, ?3, ?3 + value / 50, ?4 FROM json_each(?5)`,
      id,
      status,
      NOON,
      orgId,
      sequence(1, 2_000),
    )
  await insertDeliveries(10_000, "sent", ACME)
  for (const orgId of [ACME, GLOBEX]) {
    await insertDeliveries(orgId * 100_000, "failed", orgId)
    await insertDeliveries(orgId * 100_000 + 50_000, "dead", orgId)
  }
  const { db, spent } = metered(env.DB)
  const through = workerWith({ DB: db })
  const headers = { alice: await cookieOf("1"), server: { authorization: "Bearer service-key-new" } }
  await through(DELIVERIES, { headers: headers.alice })

  for (const credentials of [headers.alice, headers.server]) {
    const { next_cursor } = await (await through(`${DELIVERIES}?limit=100`, { headers: credentials })).json<any>()
    for (const query of ["limit=20", `limit=20&cursor=${next_cursor}`, "limit=20&status=dead"]) {
      const before = { ...spent }
      const page = await (await through(`${DELIVERIES}?${query}`, { headers: credentials })).json<any>()
      expect(page.res).toHaveLength(20)
      expect(spent.roundTrips - before.roundTrips).toBe(1)
      expect(spent.rowsRead - before.rowsRead, query).toBeLessThanOrEqual(3 * 20 + 10)
    }
  }
})
