import * as fc from "fast-check"
import { afterAll, expect, inject, it, vi } from "vitest"
import { SECOND } from "../support/clock"
import { mailFigures, Tally } from "./stats"
import { by, found, lookers, type Organisation } from "./test-org"
import { Play } from "./run-scenario"
import { type Scenario, scenario } from "./scenario"
import { type Said, TRUTHS, untruths } from "./invariants"
import { World } from "./world"

// People, machines and the world outside as they please, with faults anywhere. Each seed is a story of its own, and
// the same each time: FAULT_RUNS says how many, and FAULT_SEED tells one of them alone.

const { seeds } = inject("faults")
const SHRINKS_WITHIN_MS = 60 * SECOND

let lastOrgId = 500_000
const tally = new Tally()
afterAll(() => tally.print(`${seeds.length} seeds`, { isSum: false }))

type Told = { world: World; play: Play; said: Said[]; org: Organisation }

/** Everything that is wrong when the story has come to its end. */
async function told({ acts, luck }: Scenario): Promise<string[]> {
  vi.restoreAllMocks()
  const world = new World()
  const org = await found(world, (lastOrgId += 1))
  for (const who of lookers(org)) await world.insist("/api/notifications/urgent-bar", by(who, "GET"))
  const play = new Play(world, org, luck)
  for (const act of acts) await play.act(act)
  const said = await play.end()
  const wrong = [...(await untruths(world, org, said)), ...(await play.unread())]
  if (wrong.length === 0) await add({ world, play, said, org })
  return wrong
}

it(
  "holds whatever happens",
  async () => {
    for (const seed of seeds) {
      const property = fc.asyncProperty(scenario, async (story) => {
        expect(await told(story)).toEqual([])
      })
      try {
        await fc.assert(property, {
          seed,
          numRuns: 1,
          unbiased: true,
          interruptAfterTimeLimit: SHRINKS_WITHIN_MS,
          includeErrorInReport: true,
        })
      } catch (error) {
        const again = `FAULT_SEED=${seed} npm run test:faults -- -t "whatever happens"`
        throw new Error(`this tells it again: ${again}\n${String(error)}`, { cause: error })
      }
    }
  },
  SHRINKS_WITHIN_MS + seeds.length * 10 * SECOND,
)

async function add({ world, play, said, org }: Told): Promise<void> {
  const count = (what: string, times: number) => tally.add(what, { times })
  for (const [what, times] of play.counts) count(what, times)
  for (const { kind } of world.steps.struck) count(`a step ${kind}`, 1)
  const { mails, doubled } = mailFigures(world)
  count("mails: wanted", said.flatMap((each) => each.mails).length)
  count("mails: sent", mails)
  count("mails: sent once more", doubled)
  count("truths held", TRUTHS.length)
  const ends = await world.rows<{ status: string; n: number }>(
    "SELECT status, count(*) AS n FROM deliveries WHERE org_id = ? AND channel = 'email' GROUP BY status",
    org.id,
  )
  for (const { status, n } of ends) count(`deliveries: ${status}`, n)
}
