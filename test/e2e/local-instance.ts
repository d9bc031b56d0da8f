import type { TestProject } from "vitest/node"
import { startTestInstance } from "../../scripts/local/test-instance.mjs"

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
  const { port, stateDir, printed, stop } = await startTestInstance({
    firstPort: Number(process.env.E2E_PORT ?? 18_400),
  })
  project.provide("printed", printed)
  project.provide("port", port)
  project.provide("stateDir", stateDir)
  return stop
}
