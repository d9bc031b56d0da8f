import { execFile } from "node:child_process"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { beforeAll, expect, it } from "vitest"
import { unstable_readConfig } from "wrangler"
import { buildWorker } from "./built-worker"

/**
 * The worker's CPU time at start-up, as a multiple of an empty worker's in the same run, so that neither a slow nor a
 * busy machine matters. Measured in November 2026: 4.0 to 4.3, and 6.6 with one import of all of zod.
 */
const MAX_RATIO = 5.5

/** workerd starts this many isolates per run, so that the start of the process itself weighs less. */
const ISOLATES = 20
const RUNS = 5

let dir: string

beforeAll(async () => {
  const worker = await buildWorker()
  dir = worker.dir
  await writeFile(join(dir, "empty.capnp"), workerdConfig([]))
  await writeFile(join(dir, "worker.capnp"), workerdConfig([...worker.modules.keys()]))
  return worker.remove
})

/** Isolates that evaluate the modules and do nothing. */
function workerdConfig(modules: string[]): string {
  const { compatibility_date, compatibility_flags } = unstable_readConfig({ config: "wrangler.toml" })
  const entry = `${modules.length > 0 ? 'import "./index.mjs"; ' : ""}export default { test() {} }`
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [
  ${Array.from({ length: ISOLATES }, (_, i) => `(name = "isolate-${i}", worker = .worker)`).join(",\n  ")}
]);
const worker :Workerd.Worker = (
  compatibilityDate = ${JSON.stringify(compatibility_date)},
  compatibilityFlags = ${JSON.stringify(compatibility_flags)},
  modules = [
    (name = "entry.mjs", esModule = ${JSON.stringify(entry)}),
    ${modules.map((name) => `(name = "${name}", esModule = embed "${name}"),`).join("\n    ")}
  ]
);
`
}

/** User and system time of one run of workerd, in milliseconds. Waiting for a processor does not count. */
async function cpuTime(config: string): Promise<number> {
  const timed = 'TIMEFORMAT="cpu %U %S"; time workerd test "$0"'
  const { stderr } = await promisify(execFile)("bash", ["-c", timed, config], {
    cwd: dir,
    env: { ...process.env, LC_ALL: "C" },
  })
  const [, user, system] = /^cpu ([\d.]+) ([\d.]+)$/m.exec(stderr) ?? []
  if (!user || !system) throw new Error(`no times in: ${stderr}`)
  return (Number(user) + Number(system)) * 1000
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number

it(`starts with at most ${MAX_RATIO} times the CPU time of an empty worker`, async () => {
  const empty: number[] = []
  const worker: number[] = []
  for (let run = 0; run < RUNS; run++) {
    empty.push(await cpuTime("empty.capnp"))
    worker.push(await cpuTime("worker.capnp"))
  }
  const ratio = median(worker) / median(empty)
  const each = (median(worker) - median(empty)) / ISOLATES
  console.log(
    `start-up: ${each.toFixed(0)} ms of CPU time more than an empty worker; ` +
      `${ratio.toFixed(2)} times an empty worker's, at most ${MAX_RATIO}`,
  )
  expect(ratio).toBeLessThanOrEqual(MAX_RATIO)
})
