// Runs the tests of clients/python against a local instance of its own. Writes vitest's counts where
// `--outputFile.json=<path>` says, as the other test commands do.
import { spawn } from "node:child_process"
import { join } from "node:path"
import { addressesFrom } from "./local/addresses.mjs"
import { requireDevVar } from "./local/dev-vars.mjs"
import { root } from "./local/state-dir.mjs"
import { startTestInstance } from "./local/test-instance.mjs"

const TESTS_TIMEOUT_MS = 300_000
const python = process.env.PYTHON ?? "python3"
const outputFile = process.argv.find((each) => each.startsWith("--outputFile.json="))?.split("=")[1]

function runTests({ port, stateDir }) {
  const { worker, mail } = addressesFrom(port)
  const tests = spawn(python, ["-B", "-m", "tests.run", ...(outputFile ? [outputFile] : [])], {
    cwd: join(root, "clients", "python"),
    stdio: ["ignore", "inherit", "inherit"],
    timeout: TESTS_TIMEOUT_MS,
    env: {
      ...process.env,
      PORT: String(port),
      STATE_DIR: stateDir,
      DALGO_NOTIFICATIONS_URL: worker.url,
      DALGO_NOTIFICATIONS_KEY: requireDevVar("SERVICE_KEYS").split(",")[0],
      MAIL_CATCHER_URL: mail.url,
    },
  })
  return new Promise((resolve, reject) => {
    tests.once("error", (error) => reject(new Error(`${python} cannot be started: ${error.message}`)))
    tests.once("close", (code, signal) => resolve(signal ? 1 : code))
  })
}

let instance
for (const [signal, exitCode] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
])
  process.on(signal, () => void Promise.resolve(instance?.stop()).finally(() => process.exit(exitCode)))

try {
  instance = await startTestInstance({ firstPort: Number(process.env.PYTHON_TESTS_PORT ?? 18_500) })
  process.exitCode = await runTests(instance)
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
} finally {
  await instance?.stop()
}
