import { execFile } from "node:child_process"
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { gzipSync } from "node:zlib"
import { afterAll, beforeAll, expect, it } from "vitest"

/** The worker as `npm run deploy` would upload it. */
let worker: string
let outdir: string

beforeAll(async () => {
  outdir = await mkdtemp(join(tmpdir(), "bundle-"))
  await promisify(execFile)("npx", ["wrangler", "deploy", "--dry-run", "--outdir", outdir])
  const scripts = (await readdir(outdir)).filter((name) => name.endsWith(".mjs"))
  worker = (await Promise.all(scripts.map((name) => readFile(join(outdir, name), "utf8")))).join("\n")
})
afterAll(async () => {
  await rm(outdir, { recursive: true, force: true })
})

const kilobytes = (content: string | Buffer) => gzipSync(content).length / 1000

it("is at most 90 kB gzip", () => {
  expect(worker).toContain("urgent_added")
  expect(kilobytes(worker)).toBeLessThanOrEqual(90)
})

it("holds nothing of the local instance", () => {
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
  const { info, paths, components } = JSON.parse(await readFile(join("dist", "web", "api", "openapi.json"), "utf8"))
  const operations = Object.values<object>(paths).flatMap((path) => Object.values(path))
  const words = [info.title, ...operations.map(({ summary }) => summary), ...Object.keys(components.schemas)]
  expect(words.length).toBeGreaterThan(20)
  for (const word of words.filter((each) => each.length > 12)) expect(worker).not.toContain(word)
})

it("comes with an urgent bar of at most 15 kB gzip", async () => {
  expect(kilobytes(await readFile(join("dist", "web", "ui", "bar.js")))).toBeLessThanOrEqual(15)
})
