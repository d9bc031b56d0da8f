import { type ChildProcess, spawn } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { TestProject } from "vitest/node"

const PORT = 18_400
const STARTS_WITHIN_MS = 180_000

declare module "vitest" {
  interface ProvidedContext {
    port: number
    /** What `npm start` printed. */
    printed: string
  }
}

/** Starts the local instance in an empty state, and ends it with Ctrl-C. */
export default async function setup(project: TestProject) {
  const state = await mkdtemp(join(tmpdir(), "dalgo-notifications-"))
  const instance = spawn("npm", ["start"], {
    env: { ...process.env, PORT: String(PORT), STATE_DIR: state },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  })
  const stop = async () => {
    if (instance.pid && instance.exitCode === null) process.kill(-instance.pid, "SIGINT")
    await new Promise((resolve) => (instance.exitCode === null ? instance.once("exit", resolve) : resolve(undefined)))
    await rm(state, { recursive: true, force: true })
  }
  try {
    project.provide("printed", await untilStarted(instance))
    project.provide("port", PORT)
  } catch (error) {
    await stop()
    throw error
  }
  return stop
}

function untilStarted(instance: ChildProcess): Promise<string> {
  let printed = ""
  return new Promise((resolve, reject) => {
    const give = (why: string) => reject(new Error(`npm start ${why}:\n${printed}`))
    const timer = setTimeout(() => give("took too long"), STARTS_WITHIN_MS)
    const listen = (chunk: Buffer) => {
      printed += chunk
      if (!printed.includes("Ctrl-C stops everything")) return
      clearTimeout(timer)
      resolve(printed)
    }
    instance.stdout?.on("data", listen)
    instance.stderr?.on("data", listen)
    instance.once("exit", (code) => give(`ended with ${code}`))
  })
}
