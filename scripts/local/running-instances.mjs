import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { addressesFrom } from "./addresses.mjs"
import { isDefaultStateDir, root, stateDirFrom } from "./state-dir.mjs"

// One JSON file per running `npm start`, named by its port. All state folders of this checkout share the folder of records.
const FOLDER = join(root, ".wrangler", "local-instances")

/**
 * Records that this process serves the local instance, so that `npm run fail` finds it without PORT.
 * @returns `{close}`, which removes the record
 */
export function recordInstance({ port, stateDir }, { folder = FOLDER, pid = process.pid } = {}) {
  // In a container, a new process may have the pid of the killed one before it.
  for (const { path } of readRecords(folder).filter((each) => each.pid === pid || !isAlive(each.pid))) remove(path)
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `${port}.json`)
  writeFileSync(path, `${JSON.stringify({ pid, port, stateDir })}\n`)
  return { close: () => remove(path) }
}

/** The instances whose process is alive: `{pid, port, stateDir}` each. */
export const runningInstances = ({ folder = FOLDER } = {}) => readRecords(folder).filter(({ pid }) => isAlive(pid))

/**
 * The addresses of the instance to talk to. `PORT` wins, then `STATE_DIR`; then the only running instance, or the one
 * with the default state folder. Throws an Error that says how to start or choose one.
 */
export function findInstance({ env = process.env, folder = FOLDER } = {}) {
  if (env.PORT) return addressesFrom(env.PORT)
  const running = runningInstances({ folder })
  if (env.STATE_DIR) {
    const stateDir = stateDirFrom(env)
    const instance = running.find((each) => each.stateDir === stateDir)
    if (instance) return addressesFrom(instance.port)
    throw new Error(
      `No local instance is running with its state in ${stateDir}. Start it with: STATE_DIR=${env.STATE_DIR} npm start`,
    )
  }
  if (running.length === 0) throw new Error("No local instance is running. Start it with: npm start")
  const instance = running.length === 1 ? running[0] : running.find(({ stateDir }) => isDefaultStateDir(stateDir))
  if (instance) return addressesFrom(instance.port)
  const choices = running.map(({ port, stateDir }) => `\n  PORT=${port}   state in ${stateDir}`)
  throw new Error(`Several local instances are running. Choose one by its port:${choices.join("")}`)
}

function readRecords(folder) {
  return listFolder(folder).flatMap((name) => {
    const path = join(folder, name)
    const record = parseRecord(path)
    return record ? [{ ...record, path }] : []
  })
}

function listFolder(folder) {
  try {
    return readdirSync(folder).filter((name) => name.endsWith(".json"))
  } catch (error) {
    if (error.code === "ENOENT") return []
    throw error
  }
}

/** Undefined where the record was removed meanwhile, or is only half written. */
function parseRecord(path) {
  try {
    const { pid, port, stateDir } = JSON.parse(readFileSync(path, "utf8"))
    return Number.isInteger(pid) && Number.isInteger(port) ? { pid, port, stateDir } : undefined
  } catch {
    return undefined
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === "EPERM"
  }
}

const remove = (path) => rmSync(path, { force: true })
