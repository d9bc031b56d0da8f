import { spawn } from "node:child_process"
import { stripVTControlCharacters } from "node:util"
import { DeployError } from "./deploy-error.mjs"

/** Runs a command to its end. Resolves to its exit code and its output without colours. */
export function capture(command, args, options) {
  const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] })
  const stdout = []
  const stderr = []
  child.stdout.on("data", (chunk) => stdout.push(chunk))
  child.stderr.on("data", (chunk) => stderr.push(chunk))
  const textOf = (chunks) => stripVTControlCharacters(Buffer.concat(chunks).toString())
  return new Promise((resolve, reject) => {
    child.once("error", reject)
    child.once("close", (code) => resolve({ code, stdout: textOf(stdout), stderr: textOf(stderr) }))
  })
}

/** Runs a shell command whose output is of interest only if it fails. */
export async function run(command, { cwd }) {
  const { code, stdout, stderr } = await capture(command, [], { cwd, shell: true })
  if (code !== 0) throw new DeployError(`This failed: ${command}\n\n${stdout}${stderr}`)
}
