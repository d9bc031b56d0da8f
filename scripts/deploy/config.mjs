import { existsSync } from "node:fs"
import { readFile, writeFile } from "node:fs/promises"
import { DeployError } from "./deploy-error.mjs"

/** In wrangler.toml until the first deployment. */
export const NO_DATABASE_ID = "00000000-0000-0000-0000-000000000000"

/** A configuration as wrangler understands it, with its `path`. */
export async function readConfig(path) {
  if (!existsSync(path)) throw new DeployError(`There is no ${path}.`)
  // Loaded here, since it takes as long as everything else, and `--help` does without.
  const { unstable_readConfig } = await import("wrangler")
  try {
    return { ...unstable_readConfig({ config: path }, { hideWarnings: true }), path }
  } catch (error) {
    throw new DeployError(`${path} cannot be read: ${error.message}`)
  }
}

export const databaseOf = (config) => {
  const database = config.d1_databases.find(({ binding }) => binding === "DB")
  if (!database?.database_name)
    throw new DeployError(`${config.path} has no [[d1_databases]] with the binding DB and a name.`)
  return database
}

/** Every queue that must exist: those to which the worker sends, those from which it receives, and for dead letters. */
export const queueNames = ({ queues }) => [
  ...new Set([
    ...queues.producers.map(({ queue }) => queue),
    ...queues.consumers.flatMap(({ queue, dead_letter_queue }) => [queue, dead_letter_queue ?? queue]),
  ]),
]

export const buildCommand = (config) => config.build?.command ?? "npm run build"

/** Replaces the id of the database DB, and leaves everything else as it stands, comments included. */
export function withDatabaseId(toml, id) {
  const tables = toml.split(/^(?=\s*\[)/m)
  const isDatabase = (table) => /^\s*\[\[d1_databases\]\]/.test(table) && /^\s*binding\s*=\s*["']DB["']/m.test(table)
  const at = tables.findIndex(isDatabase)
  const line = /^(\s*database_id\s*=\s*)(["'])[^"'\n]*\2/m
  if (at === -1 || !line.test(tables[at]))
    throw new DeployError(`Put this into [[d1_databases]]: database_id = "${id}"`)
  return tables.with(at, tables[at].replace(line, `$1"${id}"`)).join("")
}

export async function writeDatabaseId(config, id) {
  const changed = withDatabaseId(await readFile(config.path, "utf8"), id)
  await writeFile(config.path, changed)
}
