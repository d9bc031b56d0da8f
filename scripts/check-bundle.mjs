// Builds the worker as it would be deployed, and fails if it grew beyond its budget or holds what is only local.
import { readdirSync, readFileSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { spawnSync } from "node:child_process"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"

const BUDGET_KB = 90
/** Words of the local instance's own entry. */
const LOCAL_ONLY = ["local/sign-in", "acme.test", "MAIL_CATCHER_URL"]

const outdir = await mkdtemp(join(tmpdir(), "bundle-"))
try {
  const built = spawnSync("wrangler", ["deploy", "--dry-run", "--minify", "--outdir", outdir], { encoding: "utf8" })
  if (built.status !== 0) throw new Error(`${built.stdout}${built.stderr}`)
  const code = readdirSync(outdir)
    .filter((name) => name.endsWith(".js"))
    .map((name) => readFileSync(join(outdir, name), "utf8"))
    .join("\n")
  const kb = gzipSync(code).length / 1000
  console.log(`worker: ${kb.toFixed(1)} kB gzip (budget ${BUDGET_KB})`)
  const found = LOCAL_ONLY.filter((word) => code.includes(word))
  if (found.length > 0) throw new Error(`the worker holds what is only local: ${found.join(", ")}`)
  if (kb > BUDGET_KB) throw new Error("the worker is over its budget")
} finally {
  await rm(outdir, { recursive: true, force: true })
}
