import { existsSync } from "node:fs"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { showStep } from "./output.mjs"

/**
 * Uploads the worker together with its new secrets, so that it never runs without them, and returns the https addresses
 * at which it answers.
 */
export async function deployWorker(wrangler, { file }) {
  showStep(file ? "Deploying, with new secrets" : "Deploying")
  const dir = await mkdtemp(join(tmpdir(), "deploy-"))
  const output = join(dir, "output.ndjson")
  try {
    const args = ["deploy", ...(file ? ["--secrets-file", file] : [])]
    await wrangler(args, { WRANGLER_OUTPUT_FILE_PATH: output })
    const entries = existsSync(output) ? (await readFile(output, "utf8")).trim().split("\n") : []
    const { targets = [] } = entries.map((line) => JSON.parse(line)).find(({ type }) => type === "deploy") ?? {}
    const urls = targets.filter((target) => target.startsWith("https://"))
    showStep(`Deployed${urls.length > 0 ? ` to ${urls.join(", ")}` : ""}`)
    return urls
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
