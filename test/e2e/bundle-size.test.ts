import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import type { Metafile } from "esbuild"
import { beforeAll, expect, it } from "vitest"
import { buildWorker } from "./built-worker"

/** A tripwire for a package that slips in. What a user feels is measured by `startup-time.test.ts`. */
const MAX_WORKER_KB = 250
const MAX_URGENT_BAR_KB = 20

const BUILT = "dist/worker"

let modules: Map<string, string>
let outputs: Metafile["outputs"]

beforeAll(async () => {
  const worker = await buildWorker()
  modules = worker.modules
  outputs = JSON.parse(await readFile(`${BUILT}.meta.json`, "utf8")).outputs
  return worker.remove
})

const outputOf = (name: string) => {
  const output = outputs[`${BUILT}/${name}`]
  if (!output) throw new Error(`no such module: ${name}`)
  return output
}

/** The module and its static imports, theirs included. */
function evaluatedWith(name: string, evaluated = new Set<string>()): Set<string> {
  if (evaluated.has(name)) return evaluated
  evaluated.add(name)
  for (const { path, kind, external } of outputOf(name).imports)
    if (kind === "import-statement" && !external) evaluatedWith(path.slice(BUILT.length + 1), evaluated)
  return evaluated
}

const textOf = (names: Iterable<string>) => Array.from(names, (name) => modules.get(name)).join("\n")
const kilobytes = (content: string | Buffer) => gzipSync(content).length / 1000

it("uploads the modules of the build and no others", () => {
  expect([...modules.keys()].map((name) => `${BUILT}/${name}`).toSorted()).toEqual(Object.keys(outputs).toSorted())
})

it("exports the fetch, queue and cron handlers, the Durable Object and the RPC entry point", () => {
  expect(outputOf("index.mjs").exports.toSorted()).toEqual(["NotificationService", "UrgentBar", "default"])
})

it("evaluates the live bar but no e-mail code at start-up", () => {
  const evaluated = textOf(evaluatedWith("index.mjs"))
  expect(evaluated).toContain("urgent_added")
  expect(evaluated).not.toContain("List-Unsubscribe")
})

it(`has modules of at most ${MAX_WORKER_KB} kB gzip in all`, () => {
  const worker = textOf(modules.keys())
  expect(worker).toContain("List-Unsubscribe")
  const size = kilobytes(worker)
  console.log(`worker: ${size.toFixed(1)} kB gzip in ${modules.size} modules, at most ${MAX_WORKER_KB}`)
  expect(size).toBeLessThanOrEqual(MAX_WORKER_KB)
})

it("contains nothing of the local instance", () => {
  const worker = textOf(modules.keys())
  for (const word of [
    "local/sign-in",
    "local/people",
    "acme.test",
    "MAIL_CATCHER_URL",
    "Preview of e-mails",
    "nightly-survey",
  ])
    expect(worker).not.toContain(word)
})

it("contains no text of the API description", async () => {
  const worker = textOf(modules.keys())
  const { info, paths, components } = JSON.parse(await readFile(join("dist", "web", "api", "openapi.json"), "utf8"))
  const operations = Object.values<object>(paths).flatMap((path) => Object.values(path))
  const words = [info.title, ...operations.map(({ summary }) => summary), ...Object.keys(components.schemas)]
  expect(words.length).toBeGreaterThan(20)
  for (const word of words.filter((each) => each.length > 12)) expect(worker).not.toContain(word)
})

it(`has an urgent bar (ui/bar.js) of at most ${MAX_URGENT_BAR_KB} kB gzip`, async () => {
  const size = kilobytes(await readFile(join("dist", "web", "ui", "bar.js")))
  console.log(`ui/bar.js: ${size.toFixed(1)} kB gzip, at most ${MAX_URGENT_BAR_KB}`)
  expect(size).toBeLessThanOrEqual(MAX_URGENT_BAR_KB)
})
