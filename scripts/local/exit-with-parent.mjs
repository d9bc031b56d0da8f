// Usage: `node exit-with-parent.mjs <script> <arguments…>`, as the leader of a process group. Runs the script, and ends the
// whole group when stdin closes. Stdin also closes when the parent process is killed and cannot clean up.
import { spawn } from "node:child_process"

const isWindows = process.platform === "win32"
const child = spawn(process.execPath, process.argv.slice(2), { stdio: ["ignore", "inherit", "inherit"] })
const signal = (name) => (isWindows ? child.kill(name) : process.kill(-process.pid, name))
let isParentGone = false

process.on("SIGTERM", () => {})
process.stdin.resume().once("close", () => {
  isParentGone = true
  signal("SIGTERM")
  setTimeout(() => {
    signal("SIGKILL")
    process.exit(1)
  }, 3_000)
})
child.once("close", (code) => isParentGone || process.exit(code ?? 1))
