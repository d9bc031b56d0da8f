import { execFile } from "node:child_process"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { beforeAll, expect, it } from "vitest"
import { unstable_readConfig } from "wrangler"
import { buildWorker } from "./built-worker"

/**
 * The worker's CPU time at start-up, as a multiple of a yardstick's in the same run, so that neither a slow nor a busy
 * machine matters. Measured in November 2026: 1.36 to 1.43. One import of all of zod adds about 0.5.
 */
const MAX_RATIO = 1.55

/** workerd starts this many isolates per run, because the times of a shell are exact to a few milliseconds only. */
const ISOLATES = 10
const RUNS = 7
const TIMEOUT_MS = 240_000

let dir: string

beforeAll(async () => {
  const worker = await buildWorker()
  dir = worker.dir
  await writeFile(join(dir, "yardstick.mjs"), yardstick(1_500))
  await writeFile(join(dir, "empty.capnp"), workerdConfig("", []))
  await writeFile(join(dir, "yardstick.capnp"), workerdConfig('import "./yardstick.mjs"', ["yardstick.mjs"]))
  await writeFile(join(dir, "worker.capnp"), workerdConfig('import "./index.mjs"', [...worker.modules.keys()]))
  return worker.remove
}, TIMEOUT_MS)

/** A module of about 400 kB: classes, closures and objects, which are what a start evaluates in any worker. */
function yardstick(classes: number): string {
  const classOf = (i: number) => `
class C${i} {
  constructor(a) { this.a = a; this.b = [a, ${i}] }
  get x() { return this.a + ${i} }
  f(n) { return n > 0 ? this.f(n - 1) + ${i} : this.b.map((v) => v * 2).join("-") }
}
export const c${i} = new C${i}("k${i}")
c${i}.m = { k: (v) => v + ${i}, r: /a${i}/ }`
  return Array.from({ length: classes }, (_, i) => classOf(i)).join("")
}

/** Isolates that evaluate the modules and do nothing. */
function workerdConfig(entry: string, modules: string[]): string {
  const { compatibility_date, compatibility_flags } = unstable_readConfig({ config: "wrangler.toml" })
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [
  ${Array.from({ length: ISOLATES }, (_, i) => `(name = "isolate-${i}", worker = .worker)`).join(",\n  ")}
]);
const worker :Workerd.Worker = (
  compatibilityDate = ${JSON.stringify(compatibility_date)},
  compatibilityFlags = ${JSON.stringify(compatibility_flags)},
  modules = [
    (name = "entry.mjs", esModule = ${JSON.stringify(`${entry}\nexport default { test() {} }`)}),
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

/** A busy machine can only add to a time. */
const least = (values: number[]) => Math.min(...values)

it(
  `starts with at most ${MAX_RATIO} times the CPU time of a yardstick`,
  async () => {
    const times = { empty: [] as number[], yardstick: [] as number[], worker: [] as number[] }
    for (let run = 0; run < RUNS; run++)
      for (const [name, measured] of Object.entries(times)) measured.push(await cpuTime(`${name}.capnp`))

    const empty = least(times.empty)
    const worker = (least(times.worker) - empty) / ISOLATES
    const ratio = worker / ((least(times.yardstick) - empty) / ISOLATES)
    console.log(
      `start-up: ${worker.toFixed(0)} ms of CPU time more than an empty worker, ` +
        `${ratio.toFixed(2)} times the yardstick, at most ${MAX_RATIO}`,
    )
    expect(ratio).toBeLessThanOrEqual(MAX_RATIO)
  },
  TIMEOUT_MS,
)
