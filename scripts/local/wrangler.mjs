import { spawn } from "node:child_process"
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs"
import { delimiter, dirname, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { root } from "./state-dir.mjs"

const wrangler = join(root, "node_modules", "wrangler", "bin", "wrangler.js")
const exitWithParent = join(root, "scripts", "local", "exit-with-parent.mjs")
const isWindows = process.platform === "win32"

const env = {
  ...process.env,
  PATH: [join(root, "node_modules", ".bin"), process.env.PATH].join(delimiter),
  // No questions, no telemetry, no requests to Cloudflare.
  CI: "1",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  WRANGLER_HIDE_BANNER: "true",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  SOURCE_MAPS: "true",
}

const running = new Set()
let isStopping = false

// Each child leads its own process group. Ctrl-C in the terminal therefore reaches this process only, which then ends
// wrangler together with the workerd that wrangler started.
function start(scriptAndArgs, stdio) {
  if (isStopping) throw new Error("The local instance is being stopped.")
  const child = spawn(process.execPath, scriptAndArgs, { cwd: root, env, stdio, detached: !isWindows })
  running.add(child)
  const ended = new Promise((resolve, reject) => {
    child.once("error", reject)
    child.once("close", (code, endedBy) => resolve(code ?? endedBy))
  })
  return { child, ended }
}

function signal(child, name) {
  try {
    return isWindows ? child.kill(name) : process.kill(-child.pid, name)
  } catch {
    return false
  }
}

async function end(child) {
  signal(child, "SIGTERM")
  const deadline = Date.now() + 5_000
  while (signal(child, 0) && Date.now() < deadline) await sleep(50)
  signal(child, "SIGKILL")
}

/** Ends every wrangler that was started here. Later starts throw. */
export async function stopWrangler() {
  isStopping = true
  await Promise.all(Array.from(running, end))
}

/** Runs wrangler to its end. Its output is shown only if it fails. */
export async function runWrangler(...args) {
  const { child, ended } = start([wrangler, ...args], ["ignore", "pipe", "pipe"])
  const output = []
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => output.push(chunk))
  const code = await ended
  running.delete(child)
  if (code !== 0)
    throw new Error(`${Buffer.concat(output).toString()}\nFailed: wrangler ${args.slice(0, 3).join(" ")} (${code})`)
}

/** Starts `wrangler dev` with its output in the log. `ended` resolves to the exit code, or to the signal that ended it. */
export function startWranglerDev({ args, logPath }) {
  mkdirSync(dirname(logPath), { recursive: true })
  const log = openSync(logPath, "w")
  const { ended } = start([exitWithParent, wrangler, "dev", ...args], ["pipe", log, log])
  closeSync(log)
  return { ended, tail: () => readFileSync(logPath, "utf8").trimEnd().split("\n").slice(-30).join("\n") }
}
