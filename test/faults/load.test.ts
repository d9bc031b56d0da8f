import { afterAll, expect, it } from "vitest"
import { DAY, MINUTE } from "../support/clock"
import { Tally } from "./stats"
import { byServer, crowd, everybody, found } from "./test-org"
import { World } from "./world"

const MAILS = 10_000

const tally = new Tally()
afterAll(() => tally.print("load", { isSum: false }))

it(
  "sends ten thousand mails, each of them once, by a provider that fails one time in five",
  async () => {
    const world = new World()
    const org = await found(world, 900_000)
    // All but Cas want mails: there is one member more than one batch reaches.
    await crowd(world, org, MAILS + 1 - everybody(org).length)
    let asked = 0
    world.post.refuse = () => {
      asked += 1
      if (asked % 5 > 0) return undefined
      return asked % 10 === 0
        ? new Response(null, { status: 500 })
        : new Response(null, { status: 429, headers: { "retry-after": "90" } })
    }
    const from = { clock: Date.now(), time: performance.now() }
    const body = { author: "Dalgo", message: world.newMark(), sent_to: "all_org_users", org_slug: org.slug }
    const answer = await world.ask("/api/notifications/", await byServer("POST", body)())
    expect(answer?.status).toBe(200)
    await world.rest({ withinMs: DAY })

    expect(await world.rows("SELECT status, count(*) AS n FROM deliveries GROUP BY status")).toEqual([
      { status: "sent", n: MAILS },
    ])
    expect(world.post.taken).toHaveLength(MAILS)
    expect(new Set(world.post.taken.map(({ key }) => key)).size).toBe(MAILS)
    tally.add("ten thousand mails", {
      members: MAILS + 1,
      sent: world.post.taken.length,
      refused: asked - world.post.taken.length,
      "calls of the database": world.steps.taken.filter(({ port }) => port === "database").length,
      "minutes of the clock": Math.round((Date.now() - from.clock) / MINUTE),
      "seconds here": Math.round((performance.now() - from.time) / 1_000),
    })
  },
  3 * MINUTE,
)
