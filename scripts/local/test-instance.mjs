import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { addressesFrom, requireFreePorts } from "./addresses.mjs"
import { root } from "./state-dir.mjs"

const START_TIMEOUT_MS = 180_000

/**
 * Starts the local instance with an empty state, on the first three free ports from `firstPort`.
 * @returns `{port, stateDir, printed, stop}`: what `npm start` printed, and a function that stops it as Ctrl-C does
 */
export async function startTestInstance({ firstPort }) {
  const stateDir = await mkdtemp(join(tmpdir(), "dalgo-notifications-"))
  const port = await findFreePorts(firstPort)
  const instance = spawn("npm", ["start"], {
    cwd: root,
    env: { ...process.env, PORT: String(port), STATE_DIR: stateDir },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  })
  const stop = async () => {
    if (instance.pid && instance.exitCode === null) process.kill(-instance.pid, "SIGINT")
    await new Promise((resolve) => (instance.exitCode === null ? instance.once("exit", resolve) : resolve(undefined)))
    await rm(stateDir, { recursive: true, force: true })
    const record = join(root, ".wrangler", "local-instances", `${port}.json`)
    if (existsSync(record)) throw new Error(`npm start did not remove ${record}.`)
  }
  try {
    return { port, stateDir, printed: await waitUntilStarted(instance), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The first of three free ports in a row. Another checkout may run its tests at the same time. */
async function findFreePorts(port) {
  const isFree = await requireFreePorts(addressesFrom(port)).then(
    () => true,
    () => false,
  )
  return isFree ? port : findFreePorts(port + 10)
}

function waitUntilStarted(instance) {
  let printed = ""
  return new Promise((resolve, reject) => {
    const fail = (reason) => reject(new Error(`npm start ${reason}:\n${printed}`))
    const timer = setTimeout(() => fail("took too long"), START_TIMEOUT_MS)
    const read = (chunk) => {
      printed += chunk
      if (!printed.includes("Ctrl-C stops everything")) return
      clearTimeout(timer)
      resolve(printed)
    }
    instance.stdout.on("data", read)
    instance.stderr.on("data", read)
    instance.once("exit", (code) => {
      clearTimeout(timer)
      fail(`ended with ${code}`)
    })
  })
}
