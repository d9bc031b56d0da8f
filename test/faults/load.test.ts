import { afterAll, expect, it } from "vitest"
import { DAY, MINUTE } from "../support/clock"
import { StatsTable } from "./stats"
import { addMembers, createOrg, membersOf, requestByServer } from "./test-org"
import { World } from "./world"

const EMAILS = 10_000

const stats = new StatsTable()
afterAll(() => stats.print("load", { hasTotal: false }))

it(
  "sends 10,000 emails once each through a provider that fails one time in five",
  async () => {
    const world = new World()
    const org = await createOrg(world, 900_000)
    // All members but Charlie get emails.
    await addMembers(world, org, EMAILS + 1 - membersOf(org).length)
    let requests = 0
    world.ses.respond = () => {
      requests += 1
      if (requests % 5 > 0) return undefined
      return requests % 10 === 0
        ? new Response(null, { status: 500 })
        : new Response(null, { status: 429, headers: { "retry-after": "90" } })
    }
    const start = { clock: Date.now(), time: performance.now() }
    const body = { author: "Dalgo", message: world.newMarker(), sent_to: "all_org_users", org_slug: org.slug }
    const answer = await world.request("/api/notifications/", await requestByServer("POST", body)())
    expect(answer?.status).toBe(200)
    await world.runUntilIdle({ withinMs: DAY })

    expect(await world.rows("SELECT status, count(*) AS n FROM deliveries GROUP BY status")).toEqual([
      { status: "sent", n: EMAILS },
    ])
    expect(world.ses.accepted).toHaveLength(EMAILS)
    expect(new Set(world.ses.accepted.map(({ key }) => key)).size).toBe(EMAILS)
    stats.add("10,000 emails", {
      members: EMAILS + 1,
      sent: world.ses.accepted.length,
      refused: requests - world.ses.accepted.length,
      "database calls": world.faults.steps.filter(({ port }) => port === "database").length,
      "simulated minutes": Math.round((Date.now() - start.clock) / MINUTE),
      "real seconds": Math.round((performance.now() - start.time) / 1_000),
    })
  },
  3 * MINUTE,
)
