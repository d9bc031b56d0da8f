import { execFile } from "node:child_process"
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"

export type BuiltWorker = {
  /** The folder that holds the modules, and `README.md` by wrangler. */
  dir: string
  /** The text of each module by its file name. The entry is `index.mjs`. */
  modules: Map<string, string>
  remove: () => Promise<void>
}

/** Builds the worker and returns the modules that `npm run deploy` would upload. */
export async function buildWorker(): Promise<BuiltWorker> {
  const dir = await mkdtemp(join(tmpdir(), "built-worker-"))
  await promisify(execFile)("npx", ["wrangler", "deploy", "--dry-run", "--outdir", dir])
  const names = (await readdir(dir)).filter((name) => name !== "README.md")
  const texts = await Promise.all(names.map((name) => readFile(join(dir, name), "utf8")))
  return {
    dir,
    modules: new Map(names.map((name, i) => [name, texts[i] as string])),
    remove: () => rm(dir, { recursive: true, force: true }),
  }
}
