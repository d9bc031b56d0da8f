import { afterAll, describe, expect, it } from "vitest"
import { MINUTE } from "../support/clock"
import { mailFigures, Tally } from "./stats"
import { OPERATIONS, type Operation, type Scene } from "./operations"
import { by, found, lookers } from "./test-org"
import { isPause, type Kind, KINDS } from "./fault-injector"
import { TRUTHS, untruths } from "./invariants"
import { World } from "./world"

// Whatever is done, a fault strikes once at each of its steps, in each way in which a call can go wrong; then time
// passes, and all must be as if nothing had happened.

let lastOrgId = 1_000
const tally = new Tally()
afterAll(() => tally.print("one fault at each step of"))

/** An organisation whose members have looked at their bars. */
async function opened(world: World): Promise<Scene> {
  const org = await found(world, (lastOrgId += 1))
  for (const who of lookers(org)) await world.insist("/api/notifications/urgent-bar", by(who, "GET"))
  return { world, org, said: [] }
}

/** Does it with one fault, or none; answers what is wrong when all has come to rest. */
async function played(scene: Scene, operation: Operation, fault?: { at: number; kind: Kind }) {
  const { world, org, said } = scene
  await operation.before?.(scene)
  world.begin(fault && ((step) => (step.at === fault.at ? fault.kind : undefined)))
  await operation.act(scene)
  const taken = [...world.steps.taken]
  await world.rest()
  const wrong = (await operation.after?.(scene)) ?? []
  return { taken, wrong: [...wrong, ...(await untruths(world, org, said))] }
}

describe.each(OPERATIONS)("$name", (operation) => {
  it("holds where all goes well", async () => {
    const { taken, wrong } = await played(await opened(new World()), operation)
    expect(wrong).toEqual([])
    expect(taken).not.toEqual([])
    const kinds = Object.fromEntries(KINDS.map((kind) => [kind, 0]))
    tally.add(operation.name, { steps: taken.length, ...kinds, "truths held": TRUTHS.length })
  })

  it.each(KINDS)(
    "holds where one step %s",
    async (kind) => {
      const world = new World()
      const { taken } = await played(await opened(world), operation)
      let there = await opened(world)
      for (const { at, name, port } of taken) {
        if (isPause(kind) && port === "bar's database") continue
        const { wrong } = await played(there, operation, { at, kind })
        expect(wrong, `${kind} at step ${at} of ${taken.length}: ${name}`).toEqual([])
        tally.add(operation.name, { [kind]: 1, "truths held": TRUTHS.length })
        if (operation.isLasting) there = await opened(world)
      }
      tally.add(operation.name, mailFigures(world))
    },
    5 * MINUTE,
  )
})
