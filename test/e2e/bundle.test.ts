import { execFile } from "node:child_process"
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { gzipSync } from "node:zlib"
import type { Metafile } from "esbuild"
import { beforeAll, expect, it } from "vitest"

/** What a cold start for a request evaluates before it answers: the entry, and all that it imports. */
const MOST_FOR_A_REQUEST = 90
/** All modules. The runtime fetches and parses them at each cold start, even those that no request needs. */
const MOST_IN_ALL = 120

const BUILT = "dist/worker"

/** The worker as `npm run deploy` would upload it: each module by its name. */
const modules = new Map<string, string>()
let outputs: Metafile["outputs"]

beforeAll(async () => {
  const outdir = await mkdtemp(join(tmpdir(), "bundle-"))
  await promisify(execFile)("npx", ["wrangler", "deploy", "--dry-run", "--outdir", outdir])
  for (const name of await readdir(outdir))
    if (name !== "README.md") modules.set(name, await readFile(join(outdir, name), "utf8"))
  outputs = JSON.parse(await readFile(`${BUILT}.meta.json`, "utf8")).outputs
  return () => rm(outdir, { recursive: true, force: true })
})

const outputOf = (name: string) => {
  const output = outputs[`${BUILT}/${name}`]
  if (!output) throw new Error(`no such module: ${name}`)
  return output
}

/** The module and all that is loaded with it. */
function loadedWith(name: string, loaded = new Set<string>()): Set<string> {
  if (loaded.has(name)) return loaded
  loaded.add(name)
  for (const { path, kind, external } of outputOf(name).imports)
    if (kind === "import-statement" && !external) loadedWith(path.slice(BUILT.length + 1), loaded)
  return loaded
}

const textOf = (names: Iterable<string>) => Array.from(names, (name) => modules.get(name)).join("\n")
const kilobytes = (content: string | Buffer) => gzipSync(content).length / 1000

it("is what was built, and nothing else", () => {
  expect([...modules.keys()].map((name) => `${BUILT}/${name}`).toSorted()).toEqual(Object.keys(outputs).toSorted())
})

it("exports its doors", () => {
  expect(outputOf("index.mjs").exports.toSorted()).toEqual(["NotificationService", "UrgentBar", "default"])
})

it(`begins a request with at most ${MOST_FOR_A_REQUEST} kB gzip`, () => {
  const worker = textOf(loadedWith("index.mjs"))
  expect(worker).toContain("urgent_added")
  expect(worker).not.toContain("List-Unsubscribe")
  expect(kilobytes(worker)).toBeLessThanOrEqual(MOST_FOR_A_REQUEST)
})

it(`is at most ${MOST_IN_ALL} kB gzip in all`, () => {
  const worker = textOf(modules.keys())
  expect(worker).toContain("List-Unsubscribe")
  expect(kilobytes(worker)).toBeLessThanOrEqual(MOST_IN_ALL)
})

it("holds nothing of the local instance", () => {
  const worker = textOf(modules.keys())
  for (const word of [
    "local/sign-in",
    "local/people",
    "acme.test",
    "MAIL_CATCHER_URL",
    "Preview of mails",
    "nightly-survey",
  ])
    expect(worker).not.toContain(word)
})

it("holds no word of the description", async () => {
  const worker = textOf(modules.keys())
  const { info, paths, components } = JSON.parse(await readFile(join("dist", "web", "api", "openapi.json"), "utf8"))
  const operations = Object.values<object>(paths).flatMap((path) => Object.values(path))
  const words = [info.title, ...operations.map(({ summary }) => summary), ...Object.keys(components.schemas)]
  expect(words.length).toBeGreaterThan(20)
  for (const word of words.filter((each) => each.length > 12)) expect(worker).not.toContain(word)
})

it("comes with an urgent bar of at most 15 kB gzip", async () => {
  expect(kilobytes(await readFile(join("dist", "web", "ui", "bar.js")))).toBeLessThanOrEqual(15)
})
