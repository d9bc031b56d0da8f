import { afterAll, describe, expect, it } from "vitest"
import { MINUTE } from "../support/clock"
import { FAULT_KINDS, type FaultKind, isPause } from "./fault-injector"
import { INVARIANTS, violations } from "./invariants"
import { type Context, type Operation, OPERATIONS } from "./operations"
import { emailStats, StatsTable } from "./stats"
import { barReadersOf, createOrg, requestBy } from "./test-org"
import { World } from "./world"

let lastOrgId = 1_000
const stats = new StatsTable()
afterAll(() => stats.print("one fault at each step of"))

/** A new organisation whose members have opened their urgent bars. */
async function newContext(world: World): Promise<Context> {
  const org = await createOrg(world, (lastOrgId += 1))
  for (const person of barReadersOf(org)) {
    await world.requestUntilAnswered("/api/notifications/urgent-bar", requestBy(person, "GET"))
  }
  return { world, org, expectations: [] }
}

/** Runs the operation with at most one fault, then everything that is due, and returns all violations. */
async function runOperation(context: Context, operation: Operation, fault?: { at: number; kind: FaultKind }) {
  const { world, org, expectations } = context
  await operation.setUp?.(context)
  world.begin(fault && ((step) => (step.at === fault.at ? fault.kind : undefined)))
  await operation.run(context)
  const steps = [...world.faults.steps]
  await world.runUntilIdle()
  const found = (await operation.check?.(context)) ?? []
  return { steps, found: [...found, ...(await violations(world, org, expectations))] }
}

describe.each(OPERATIONS)("$name", (operation) => {
  it("keeps all invariants without faults", async () => {
    const { steps, found } = await runOperation(await newContext(new World()), operation)
    expect(found).toEqual([])
    expect(steps).not.toEqual([])
    const kinds = Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 0]))
    stats.add(operation.name, { steps: steps.length, ...kinds, "invariants held": INVARIANTS.length })
  })

  it.each(FAULT_KINDS)(
    "keeps all invariants with this fault at any one step: %s",
    async (kind) => {
      const world = new World()
      const { steps } = await runOperation(await newContext(world), operation)
      let context = await newContext(world)
      for (const { at, name, port } of steps) {
        if (isPause(kind) && port === "urgent bar's database") continue
        const { found } = await runOperation(context, operation, { at, kind })
        expect(found, `${kind} at step ${at} of ${steps.length}: ${name}`).toEqual([])
        stats.add(operation.name, { [kind]: 1, "invariants held": INVARIANTS.length })
        if (operation.needsNewOrg) context = await newContext(world)
      }
      stats.add(operation.name, emailStats(world))
    },
    5 * MINUTE,
  )
})
