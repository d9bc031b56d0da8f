import { basename } from "node:path"
import { databaseOf, NO_DATABASE_ID, writeDatabaseId } from "./config.mjs"
import { DeployError } from "./deploy-error.mjs"
import { showStep } from "./output.mjs"
import { parseJson } from "./wrangler.mjs"

/** The database of the account with the configured name: `id` if it exists, and whether the configuration has that id. */
export async function findDatabase(wrangler, config) {
  const { database_name: name, database_id: configured } = databaseOf(config)
  const databases = await listDatabases(wrangler)
  const isNamed = configured && configured !== NO_DATABASE_ID
  if (!isNamed) return { name, id: databases.find((each) => each.name === name)?.uuid, isInConfig: false }
  if (databases.some(({ uuid }) => uuid === configured)) return { name, id: configured, isInConfig: true }
  throw new DeployError(
    `${basename(config.path)} names the database ${configured}, which this account does not have. If the account is the ` +
      `right one and the database is gone for good, set database_id = "${NO_DATABASE_ID}" and deploy again: that makes a ` +
      "new, empty one.",
  )
}

const listDatabases = async (wrangler) => parseJson(await wrangler(["d1", "list", "--json"]))

/** Creates the database unless it exists, and writes its id into the configuration, from where all commands take it. */
export async function ensureDatabase(wrangler, { config, database }) {
  const { name, isInConfig } = database
  if (isInConfig) return
  if (!database.id) {
    showStep(`Creating the database ${name}`)
    await wrangler(["d1", "create", name, "--update-config=false"])
  }
  // `create` has no JSON output.
  const id = database.id ?? (await listDatabases(wrangler)).find((each) => each.name === name)?.uuid
  if (!id) throw new DeployError(`The database ${name} was created, but is not listed yet. Run npm run deploy again.`)
  await writeDatabaseId(config, id)
  showStep(`Wrote its id into ${basename(config.path)}`)
}

/** Applies the migrations that the database lacks, and says how to go back behind them where it has data. */
export async function applyMigrations(wrangler, { config, database }) {
  const { bookmark } = parseJson(await wrangler(["d1", "time-travel", "info", "DB", "--json"]))
  const output = await wrangler(["d1", "migrations", "apply", "DB", "--remote"])
  if (/No migrations to apply/.test(output)) return showStep("The database has every migration")
  const applied = [...new Set(output.match(/\b\d{4}_\w+\.sql(?=\s*│\s*✅)/g) ?? [])]
  showStep(`Applied the migrations ${applied.at(0)} to ${applied.at(-1)}`)
  if (!database.isInConfig) return
  const option = basename(config.path) === "wrangler.toml" ? "" : ` --config ${basename(config.path)}`
  const command = `npx wrangler d1 time-travel restore DB --bookmark=${bookmark}${option}`
  console.log(`  To restore the database as it was before: ${command}`)
}
