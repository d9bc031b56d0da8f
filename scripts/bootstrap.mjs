// Runs before `npm start` and `npm test`, also in a fresh clone with Node 20 and no node_modules. Import built-in modules only.
// With `--packages`, before `npm run deploy`: it installs, and does no more.
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

function run(command, args, { quiet }) {
  const result = spawnSync(command, args, {
    cwd: root,
    env: { ...process.env, PATH: path },
    stdio: ["ignore", quiet ? "pipe" : "inherit", quiet ? "pipe" : "inherit"],
    encoding: "utf8",
  })
  if (result.status === 0) return
  process.stderr.write(`${result.stdout ?? ""}${result.stderr ?? ""}`)
  const reason = result.error?.message ?? result.signal ?? `exit code ${result.status}`
  console.error(`Failed: ${[command, ...args].join(" ")} (${reason})`)
  process.exit(result.status || 1)
}

if (!isInstalled()) {
  console.log("Installing packages (npm ci)…")
  const npm = process.env.npm_execpath?.endsWith("npm-cli.js") ? process.env.npm_execpath : undefined
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"]
  // Use the node that runs npm: the one on the path may be in the node_modules that npm is about to replace.
  const node = process.env.npm_node_execpath ?? process.execPath
  if (npm) run(node, [npm, ...args], { quiet: false })
  else run("npm", args, { quiet: false })
}

if (process.argv.includes("--packages")) process.exit()

if (ensureDevVars().length > 0) console.log("Generated development secrets in .dev.vars (ignored by git).")

for (const script of ["client.mjs", "web.mjs"])
  run(process.execPath, [join(root, "scripts", "build", script)], { quiet: true })
