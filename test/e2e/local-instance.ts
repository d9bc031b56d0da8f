import { type ChildProcess, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { TestProject } from "vitest/node"
import { addressesFrom, requireFreePorts } from "../../scripts/local/addresses.mjs"

const FIRST_PORT = Number(process.env.E2E_PORT ?? 18_400)
const START_TIMEOUT_MS = 180_000

declare module "vitest" {
  interface ProvidedContext {
    port: number
    /** The folder that was given to the instance as `STATE_DIR`. */
    stateDir: string
    /** The output of `npm start`. */
    printed: string
  }
}

/** Starts the local instance with an empty state. The returned function stops it as Ctrl-C does. */
export default async function setup(project: TestProject) {
  const stateDir = await mkdtemp(join(tmpdir(), "dalgo-notifications-"))
  const port = await findFreePorts()
  const instance = spawn("npm", ["start"], {
    env: { ...process.env, PORT: String(port), STATE_DIR: stateDir },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  })
  const stop = async () => {
    if (instance.pid && instance.exitCode === null) process.kill(-instance.pid, "SIGINT")
    await new Promise((resolve) => (instance.exitCode === null ? instance.once("exit", resolve) : resolve(undefined)))
    await rm(stateDir, { recursive: true, force: true })
    const record = join(".wrangler", "local-instances", `${port}.json`)
    if (existsSync(record)) throw new Error(`npm start did not remove ${record}.`)
  }
  try {
    project.provide("printed", await waitUntilStarted(instance))
    project.provide("port", port)
    project.provide("stateDir", stateDir)
  } catch (error) {
    await stop()
    throw error
  }
  return stop
}

/** The first of three free ports in a row. Another checkout may run its tests at the same time. */
async function findFreePorts(port = FIRST_PORT): Promise<number> {
  const isFree = await requireFreePorts(addressesFrom(port)).then(
    () => true,
    () => false,
  )
  return isFree ? port : findFreePorts(port + 10)
}

function waitUntilStarted(instance: ChildProcess): Promise<string> {
  let printed = ""
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => reject(new Error(`npm start ${reason}:\n${printed}`))
    const timer = setTimeout(() => fail("took too long"), START_TIMEOUT_MS)
    const read = (chunk: Buffer) => {
      printed += chunk
      if (!printed.includes("Ctrl-C stops everything")) return
      clearTimeout(timer)
      resolve(printed)
    }
    instance.stdout?.on("data", read)
    instance.stderr?.on("data", read)
    instance.once("exit", (code) => fail(`ended with ${code}`))
  })
}
