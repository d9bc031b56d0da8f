// Runs before `npm start` and `npm test`, on a fresh clone under Node 20 and without node_modules: built-in modules only.
import { spawnSync } from "node:child_process"
import { existsSync, statSync } from "node:fs"
import { delimiter, join } from "node:path"
import { fileURLToPath } from "node:url"
import { ensureDevVars } from "./local/dev-vars.mjs"

const root = fileURLToPath(new URL("..", import.meta.url))
const path = [join(root, "node_modules", ".bin"), process.env.PATH].join(delimiter)

function isInstalled() {
  const installed = join(root, "node_modules", ".package-lock.json")
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(root, "package-lock.json")).mtimeMs
}

function step(command, args, { quiet }) {
  const done = spawnSync(command, args, {
    cwd: root,
    env: { ...process.env, PATH: path },
    stdio: ["ignore", quiet ? "pipe" : "inherit", quiet ? "pipe" : "inherit"],
    encoding: "utf8",
  })
  if (done.status === 0) return
  process.stderr.write(`${done.stdout ?? ""}${done.stderr ?? ""}`)
  const reason = done.error?.message ?? done.signal ?? `exit code ${done.status}`
  console.error(`Failed: ${[command, ...args].join(" ")} (${reason})`)
  process.exit(done.status || 1)
}

if (!isInstalled()) {
  console.log("Installing packages (npm ci)…")
  const npm = process.env.npm_execpath?.endsWith("npm-cli.js") ? process.env.npm_execpath : undefined
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"]
  // The node that runs npm, not the one on the path: that one may lie in the folder npm is about to replace.
  const node = process.env.npm_node_execpath ?? process.execPath
  if (npm) step(node, [npm, ...args], { quiet: false })
  else step("npm", args, { quiet: false })
}

if (ensureDevVars().length > 0) console.log("Wrote new development secrets to .dev.vars (ignored by git).")

for (const script of ["client.mjs", "web.mjs"])
  step(process.execPath, [join(root, "scripts", "build", script)], { quiet: true })
