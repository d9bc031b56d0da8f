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
const AGAIN = { status: 200, body: { success: true, message: "Delivery is being sent again" } }
const NOT_FOUND = { status: 404, body: { detail: "delivery not found" } }
const NOT_GIVEN_UP = { status: 400, body: { detail: "Only what failed can be sent again." } }

let drain: ReturnType<typeof queues>["drain"]
let lose: ReturnType<typeof queues>["lose"]

beforeEach(() => {
  vi.setSystemTime(NOON)
  ;({ drain, lose } = queues())
})

/** SES, refusing all; and then taking all. */
const refusing = () => {
  const headers = { "x-amzn-errortype": "MessageRejected" }
  outside(ses(() => new Response(null, { status: 400, headers })).handler)
}
const mailing = () => {
  const { mails, handler } = ses()
  outside(handler)
  return { to: () => mails.map((mail) => mail.to).sort() }
}

/** Tells an organisation something, or all of them, of which no mail can be delivered. */
async function failed({ at = NOON, ...to }: { at?: number; [field: string]: unknown } = {}): Promise<void> {
  refusing()
  vi.setSystemTime(at)
  const news = { author: "Dalgo", message: "The warehouse is down", sent_to: "all_org_users", org_slug: "acme" }
  expect((await server.post("/api/notifications/", { ...news, ...to })).status).toBe(200)
  await vi.waitFor(async () => {
    await drain()
    expect(await rows("SELECT 1 FROM deliveries WHERE status IN ('pending', 'sending')")).toEqual([])
  })
}
const died = (id: number, to: { orgUserId: number }) =>
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

describe("the list of what could not be delivered", () => {
  it("says of each what, to whom, and why", async () => {
    await failed()
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

  it("has nothing that was sent, waits, or was held back", async () => {
    mailing()
    const news = { author: "Dalgo", message: "All is well", sent_to: "all_org_users", org_slug: "acme" }
    await bob.put("/api/notifications/preferences", { system_notifications: false })
    for (let i = 0; i < 2; i += 1) await server.post("/api/notifications/", news)
    await rows("UPDATE deliveries SET status = 'sent' WHERE notification_id = 1 AND channel = 'email'")
    expect(await rows("SELECT DISTINCT status FROM deliveries ORDER BY status")).toEqual(
      ["pending", "sent", "suppressed"].map((status) => ({ status })),
    )
    expect(await idsOf(server)).toEqual([])
  })

  it("tells what was refused from what was tried in vain", async () => {
    await failed()
    await died(1, bob)
    expect(await idsOf(alice, "status=failed")).toEqual(["1-email-1"])
    expect(await idsOf(alice, "status=dead")).toEqual(["1-email-2"])
    expect(await idsOf(alice, "status=dead,failed")).toEqual(["1-email-2", "1-email-1"])
    expect(await idsOf(alice, "status=dead&status=failed")).toEqual(["1-email-2", "1-email-1"])
    expect((await alice.get(`${DELIVERIES}?status=sent`)).status).toBe(422)
  })

  it.each(["", "&status=failed", "&org_slug=acme", "&status=dead"])(
    "goes on where a page ended, newest first: %s",
    async (filter) => {
      for (const at of [NOON, NOON + MINUTE, NOON + MINUTE]) await failed({ at })
      for (const id of filter.includes("dead") ? [1, 2, 3] : [2]) await died(id, alice)
      if (filter.includes("dead")) for (const id of [1, 2, 3]) await died(id, bob)
      for (const speaker of [alice, server]) {
        const all = await idsOf(speaker, `limit=100${filter}`)
        expect(all).toEqual(
          ["3-email-2", "3-email-1", "2-email-2", "2-email-1", "1-email-2", "1-email-1"].filter(
            (id) => filter !== "&status=failed" || id !== "2-email-1",
          ),
        )
        const walked: string[] = []
        for (let cursor: string | null = ""; cursor !== null; ) {
          const page: any = await list(speaker, `limit=1${filter}${cursor && `&cursor=${cursor}`}`)
          expect(page).toMatchObject({ res: [expect.anything()], limit: 1 })
          walked.push(page.res[0].id)
          cursor = page.next_cursor
        }
        expect(walked).toEqual(all)
      }
    },
  )

  it.each(["x", "mo.1", "mo.1-email-0", "mo.1-email-2.3", "MO.1-email-2", "1-email-2", ".1-email-2", "mo.1-fax-2"])(
    "begins at no place that it did not name: %s",
    async (cursor) => {
      expect((await alice.get(`${DELIVERIES}?cursor=${cursor}`)).status).toBe(422)
    },
  )

  it("is of the organisation that an admin runs, and of all for who looks after all", async () => {
    await failed()
    await failed({ org_slug: "globex" })
    await failed({ sent_to: "all_users", org_slug: undefined })
    const [acmes, globexes] = [["1-email-2", "1-email-1"], ["2-email-3"]]
    const everybodys = ["3-email-4", "3-email-3", "3-email-2", "3-email-1"]
    expect(await idsOf(alice)).toEqual(acmes)
    expect(await idsOf(charlie)).toEqual(globexes)
    for (const speaker of [dora, server]) {
      expect(await idsOf(speaker)).toEqual([...everybodys, ...globexes, ...acmes])
      expect(await idsOf(speaker, "org_slug=acme")).toEqual(acmes)
      expect(await idsOf(speaker, "org_slug=globex")).toEqual(globexes)
      expect((await speaker.get(`${DELIVERIES}?org_slug=nowhere`)).status).toBe(404)
    }
  })

  it("is no stranger's, and no member's", async () => {
    await failed()
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

describe("sending again", () => {
  it("what was refused makes the mail go out, once", async () => {
    await failed()
    const post = mailing()
    expect(await resend(alice, "1-email-2")).toEqual(AGAIN)
    expect(await stateOf(1, bob)).toEqual({ status: "pending", attempts: 0, reason: null, due_at: NOON })
    await drain()
    expect(post.to()).toEqual([bob.email])
    expect(await stateOf(1, bob)).toEqual({ status: "sent", attempts: 1, reason: null, due_at: null })
    expect(await idsOf(alice)).toEqual(["1-email-1"])
    vi.setSystemTime(NOON + DAY)
    await cron()
    await drain()
    expect(post.to()).toEqual([bob.email])
  })

  it("what was tried in vain begins with all its tries", async () => {
    await failed()
    await rows("UPDATE deliveries SET status = 'dead', attempts = 7")
    outside(() => new Response(null, { status: 500 }))
    expect(await resend(alice, "1-email-2")).toEqual(AGAIN)
    await drain()
    expect(await stateOf(1, bob)).toMatchObject({ status: "pending", attempts: 1, reason: "SES answered 500" })
  })

  it("what is refused once more is listed once more", async () => {
    await failed()
    await resend(alice, "1-email-1")
    await drain()
    expect(await idsOf(alice)).toEqual(["1-email-2", "1-email-1"])
    expect(await resend(alice, "1-email-1")).toEqual(AGAIN)
  })

  it("twice at once sends one mail", async () => {
    await failed()
    const post = mailing()
    const answers = await Promise.all(Array.from({ length: 4 }, () => resend(alice, "1-email-2")))
    expect(answers.toSorted((a, b) => a.status - b.status)).toEqual([AGAIN, NOT_GIVEN_UP, NOT_GIVEN_UP, NOT_GIVEN_UP])
    await drain()
    expect(post.to()).toEqual([bob.email])
  })

  it("is made up for by the cron where its hint was lost", async () => {
    await failed()
    const post = mailing()
    lose("dalgo-deliveries")
    expect(await resend(alice, "1-email-2")).toEqual(AGAIN)
    await drain()
    expect(post.to()).toEqual([])
    await cron()
    await drain()
    expect(post.to()).toEqual([bob.email])
  })

  it("does not reach a former member", async () => {
    await failed()
    const post = mailing()
    await rows("UPDATE org_users SET removed_at = ? WHERE id = ?", NOON, bob.orgUserId)
    expect(await resend(alice, "1-email-2")).toEqual(AGAIN)
    await drain()
    expect(post.to()).toEqual([])
    expect(await stateOf(1, bob)).toMatchObject({ status: "suppressed", reason: "not_a_member" })
  })

  it.each(["pending", "sending", "sent", "suppressed"])("changes nothing of what is %s", async (status) => {
    await failed()
    await rows("UPDATE deliveries SET status = ?, attempts = 3, reason = 'x', due_at = 5", status)
    expect(await resend(alice, "1-email-2")).toEqual(NOT_GIVEN_UP)
    expect(await stateOf(1, bob)).toEqual({ status, attempts: 3, reason: "x", due_at: 5 })
  })

  it("finds only what is there", async () => {
    await failed()
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

  it("is the same to Charlie whether it is acme's or nobody's", async () => {
    await failed()
    const before = await rows("SELECT * FROM deliveries")
    for (const headers of [{}, { "x-dalgo-org": "acme" }, { "x-dalgo-org": "globex" }]) {
      for (const id of ["1-email-2", "1-email-1", "987-email-2"]) {
        expect(await resend(charlie, id, headers)).toEqual(NOT_FOUND)
      }
    }
    expect((await resend(bob, "1-email-2")).status).toBe(403)
    expect(await rows("SELECT * FROM deliveries")).toEqual(before)
  })

  it("of what spans organisations is for who looks after all", async () => {
    await failed({ sent_to: "all_users", org_slug: undefined })
    const post = mailing()
    expect(await resend(alice, "1-email-1")).toEqual(NOT_FOUND)
    expect(await resend(dora, "1-email-1")).toEqual(AGAIN)
    expect(await resend(server, "1-email-2")).toEqual(AGAIN)
    await drain()
    expect(post.to()).toEqual([alice.email, bob.email])
  })
})

it("reads no more than a page has, at any depth, however much others have", async () => {
  const given = (id: number, status: string, orgId: number) =>
    rows(
      `INSERT INTO deliveries (notification_id, channel, recipient_id, status, created_at, updated_at, org_id)
       SELECT ?1 + value, 'email', 2, ?2, ?3, ?3 + value / 50, ?4 FROM json_each(?5)`,
      id,
      status,
      NOON,
      orgId,
      sequence(1, 2_000),
    )
  await given(10_000, "sent", ACME)
  for (const orgId of [ACME, GLOBEX]) {
    await given(orgId * 100_000, "failed", orgId)
    await given(orgId * 100_000 + 50_000, "dead", orgId)
  }
  const { db, spent } = metered(env.DB)
  const through = workerWith({ DB: db })
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
