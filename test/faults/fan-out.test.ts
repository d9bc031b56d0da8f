import { afterAll, expect, it } from "vitest"
import { CHUNK_SIZE } from "../../src/notifications/audience"
import { MINUTE } from "../support/clock"
import { FAULT_KINDS, type FaultKind, isPause } from "./fault-injector"
import { type Expectation, INVARIANTS, violations } from "./invariants"
import { StatsTable } from "./stats"
import { addMembers, barReadersOf, createOrg, membersOf, requestBy, requestByServer, type TestOrg } from "./test-org"
import { World } from "./world"

const OPERATION = "fan out to more members than one batch reaches"
const MEMBERS = CHUNK_SIZE + 50

const stats = new StatsTable()
afterAll(() => stats.print("one fault at each step of", { hasTotal: false }))

/** Publishes to all members, and injects the fault while the queue reaches those after the first batch. */
async function fanOut(
  world: World,
  org: TestOrg,
  expectations: Expectation[],
  fault?: { at: number; kind: FaultKind },
) {
  const marker = world.newMarker()
  const body = { author: "Dalgo", message: marker, sent_to: "all_org_users", org_slug: org.slug, urgent: true }
  await world.requestUntilAnswered("/api/notifications/", requestByServer("POST", body))
  expectations.push({ marker, isAccepted: true, inbox: membersOf(org), emails: [] })
  world.begin(fault && ((step) => (step.at === fault.at ? fault.kind : undefined)))
  await world.deliverQueues()
  const steps = [...world.faults.steps]
  await world.runUntilIdle()
  return { steps, found: [...(await violations(world, org, expectations)), ...(await memberViolations(world))] }
}

/** Each notification is in each member's inbox once, and each counter counts it. */
async function memberViolations(world: World): Promise<string[]> {
  const [rows = [], counters = []] = await world.tables(
    [
      `SELECT n.id, count(r.org_user_id) AS n, count(DISTINCT r.org_user_id) AS people FROM notifications n
       LEFT JOIN notification_recipients r ON r.notification_id = n.id GROUP BY n.id
       HAVING n <> ? OR people <> ?`,
      MEMBERS,
      MEMBERS,
    ],
    ["SELECT count(*) AS n FROM inbox_counters WHERE unread <> (SELECT count(*) FROM notifications)"],
  )
  return [
    ...rows.map(({ id, n, people }) => `${id} is in ${n} inboxes of ${people} people`),
    ...(counters[0].n > 0 ? [`${counters[0].n} counters are wrong`] : []),
  ]
}

it(
  "reaches each of 10,050 members once, with any fault at any one step",
  async () => {
    const world = new World()
    const org = await createOrg(world, 800_000)
    await addMembers(world, org, MEMBERS - membersOf(org).length)
    await world.rows("INSERT INTO org_notification_policies VALUES (?, 'all', 'email', 'off')", org.id)
    for (const person of barReadersOf(org)) {
      await world.requestUntilAnswered("/api/notifications/urgent-bar", requestBy(person, "GET"))
    }
    const expectations: Expectation[] = []
    const { steps, found } = await fanOut(world, org, expectations)
    expect(found).toEqual([])
    stats.add(OPERATION, { steps: steps.length, ...Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 0])) })
    for (const { at, name, port } of steps) {
      for (const kind of FAULT_KINDS) {
        if (isPause(kind) && port === "urgent bar's database") continue
        const after = await fanOut(world, org, expectations, { at, kind })
        expect(after.found, `${kind} at step ${at} of ${steps.length}: ${name}`).toEqual([])
        stats.add(OPERATION, { [kind]: 1, "invariants held": INVARIANTS.length + 2 })
      }
    }
  },
  5 * MINUTE,
)
