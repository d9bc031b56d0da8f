// `node leash.mjs <script> <arguments…>`, as the leader of a process group: runs the script, and ends it with all that it
// started once the other end of stdin is gone. That also holds where the process there was killed and could not clean up.
import { spawn } from "node:child_process"

const isWindows = process.platform === "win32"
const child = spawn(process.execPath, process.argv.slice(2), { stdio: ["ignore", "inherit", "inherit"] })
const signal = (name) => (isWindows ? child.kill(name) : process.kill(-process.pid, name))
let isAlone = false

process.on("SIGTERM", () => {})
process.stdin.resume().once("close", () => {
  isAlone = true
  signal("SIGTERM")
  setTimeout(() => {
    signal("SIGKILL")
    process.exit(1)
  }, 3_000)
})
child.once("close", (code) => isAlone || process.exit(code ?? 1))
