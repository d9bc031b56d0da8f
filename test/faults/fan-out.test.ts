import { afterAll, expect, it } from "vitest"
import { CHUNK_SIZE } from "../../src/notifications/audience"
import { MINUTE } from "../support/clock"
import { Tally } from "./stats"
import { by, byServer, crowd, everybody, found, lookers, type Organisation } from "./test-org"
import { isPause, type Kind, KINDS } from "./fault-injector"
import { type Said, TRUTHS, untruths } from "./invariants"
import { World } from "./world"

// More members than one batch reaches: the rest are for the queue, and whatever strikes there must neither leave
// anybody out nor tell anybody twice.

const OPERATION = "tell those whom one batch does not reach"
const MEMBERS = CHUNK_SIZE + 50

const tally = new Tally()
afterAll(() => tally.print("one fault at each step of", { isSum: false }))

/** All are told, and a fault strikes when the first ten thousand have been. */
async function told(world: World, org: Organisation, said: Said[], fault?: { at: number; kind: Kind }) {
  const { ann, ben, cas, dot } = org
  const mark = world.newMark()
  const body = { author: "Dalgo", message: mark, sent_to: "all_org_users", org_slug: org.slug, urgent: true }
  await world.insist("/api/notifications/", byServer("POST", body))
  said.push({ mark, isAccepted: true, inbox: [ann, ben, cas, dot], mails: [] })
  world.begin(fault && ((step) => (step.at === fault.at ? fault.kind : undefined)))
  await world.deliver()
  const taken = [...world.steps.taken]
  await world.rest()
  return { taken, wrong: [...(await untruths(world, org, said)), ...(await outsiders(world))] }
}

/** Who of all is left out of what, or has it twice; and whose counter does not know it. */
async function outsiders(world: World): Promise<string[]> {
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
  "tells ten thousand and fifty people once, wherever a fault strikes",
  async () => {
    const world = new World()
    const org = await found(world, 800_000)
    await crowd(world, org, MEMBERS - everybody(org).length)
    await world.rows("INSERT INTO org_notification_policies VALUES (?, 'all', 'email', 'off')", org.id)
    for (const who of lookers(org)) await world.insist("/api/notifications/urgent-bar", by(who, "GET"))
    const said: Said[] = []
    const { taken, wrong } = await told(world, org, said)
    expect(wrong).toEqual([])
    tally.add(OPERATION, { steps: taken.length, ...Object.fromEntries(KINDS.map((kind) => [kind, 0])) })
    for (const { at, name, port } of taken) {
      for (const kind of KINDS) {
        if (isPause(kind) && port === "bar's database") continue
        const after = await told(world, org, said, { at, kind })
        expect(after.wrong, `${kind} at step ${at} of ${taken.length}: ${name}`).toEqual([])
        tally.add(OPERATION, { [kind]: 1, "truths held": TRUTHS.length + 2 })
      }
    }
  },
  5 * MINUTE,
)
