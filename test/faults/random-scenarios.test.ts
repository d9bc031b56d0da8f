import * as fc from "fast-check"
import { afterAll, expect, inject, it, vi } from "vitest"
import { SECOND } from "../support/clock"
import { renewBars } from "../support/reset-database"
import { INVARIANTS, violations } from "./invariants"
import { runScenario, type ScenarioResult } from "./run-scenario"
import { type Scenario, scenario } from "./scenario"
import { emailStats, StatsTable } from "./stats"
import { barReadersOf, createOrg, requestBy, type TestOrg } from "./test-org"
import { World } from "./world"

const { seeds } = inject("faults")
const SHRINK_LIMIT_MS = 60 * SECOND

let lastOrgId = 500_000
const stats = new StatsTable()
afterAll(() => stats.print(`${seeds.length} seeds`, { hasTotal: false }))

async function violationsOf(input: Scenario): Promise<string[]> {
  vi.restoreAllMocks()
  // Renewing hundreds of bars at the end would exceed the time-out of a hook.
  await renewBars()
  const world = new World()
  const org = await createOrg(world, (lastOrgId += 1))
  for (const person of barReadersOf(org)) {
    await world.requestUntilAnswered("/api/notifications/urgent-bar", requestBy(person, "GET"))
  }
  const result = await runScenario(world, org, input)
  const found = [...(await violations(world, org, result.expectations)), ...result.readViolations]
  if (found.length === 0) await addStats(world, org, result)
  return found
}

it(
  "keeps all invariants in random scenarios",
  async () => {
    for (const seed of seeds) {
      const property = fc.asyncProperty(scenario, async (input) => {
        expect(await violationsOf(input)).toEqual([])
      })
      try {
        await fc.assert(property, {
          seed,
          numRuns: 1,
          unbiased: true,
          interruptAfterTimeLimit: SHRINK_LIMIT_MS,
          includeErrorInReport: true,
        })
      } catch (error) {
        const command = `FAULT_SEED=${seed} npm run test:faults -- -t "random scenarios"`
        throw new Error(`repeat it with: ${command}\n${String(error)}`, { cause: error })
      }
    }
  },
  SHRINK_LIMIT_MS + seeds.length * 10 * SECOND,
)

async function addStats(world: World, org: TestOrg, { counts, expectations }: ScenarioResult): Promise<void> {
  const count = (subject: string, times: number) => stats.add(subject, { times })
  for (const [subject, times] of counts) count(subject, times)
  for (const { kind } of world.faults.injected) count(`fault: ${kind}`, 1)
  const { emails, repeated } = emailStats(world)
  count("emails: expected", expectations.flatMap((expectation) => expectation.emails).length)
  count("emails: sent", emails)
  count("emails: repeated", repeated)
  count("invariants held", INVARIANTS.length)
  const outcomes = await world.rows<{ status: string; n: number }>(
    "SELECT status, count(*) AS n FROM deliveries WHERE org_id = ? AND channel = 'email' GROUP BY status",
    org.id,
  )
  for (const { status, n } of outcomes) count(`deliveries: ${status}`, n)
}
