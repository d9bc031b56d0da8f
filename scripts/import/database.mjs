import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { root } from "../local/state-dir.mjs"

const PLACEHOLDER_ID = /^[0-]*$/

/** Fails unless every table and column that the import uses exists. */
const SCHEMA_CHECK = `SELECT orgs.slug, p.removed_at, s.enabled, u.trial_walkthrough, o.llm_optin, c.webhook, n.publication_id, d.publication_id, r.is_read, k.paused_until, e.done_at
  FROM orgs, org_users p, user_notification_preferences s, user_preferences u, org_preferences o, chat_webhooks c,
    notifications n, deleted_imports d, notification_recipients r, retention k, erasures e LIMIT 0`

/**
 * Opens the database of wrangler.toml, local or deployed.
 * @returns `{db, name, close}`
 */
export async function openDatabase({ isRemote, stateDir }) {
  if (Number.parseInt(process.versions.node, 10) < 22)
    throw new Error(`wrangler needs Node 22, and this is ${process.version}. Use npm run import, which brings its own.`)
  Object.assign(process.env, { WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true" })
  if (!isRemote) process.env.CLOUDFLARE_CF_FETCH_ENABLED = "false"
  // Imported late, because it takes a second: an error in the dump or the options comes first.
  const wrangler = await import("wrangler")

  const { database, config } = await configFor(wrangler, { isRemote })
  const { env, dispose } = await proxyFor(wrangler, { config, isRemote, stateDir })
  const db = env[database.binding]
  try {
    await requireTables(db, { name: database.database_name, isRemote, stateDir })
  } catch (error) {
    await dispose()
    throw error
  }
  const name = isRemote ? `the deployed database ${database.database_id}` : `the database in ${stateDir}`
  return { db, name, close: dispose }
}

async function proxyFor({ getPlatformProxy }, { config, isRemote, stateDir }) {
  const folder = await mkdtemp(join(tmpdir(), "dalgo-import-"))
  try {
    const configPath = join(folder, "wrangler.json")
    await writeFile(configPath, JSON.stringify(config))
    // wrangler --persist-to stores its data in the subfolder v3.
    const persist = { path: join(stateDir, "v3") }
    return await getPlatformProxy({ configPath, envFiles: [], persist, remoteBindings: isRemote })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** A configuration with the database only: other bindings would have to be started, or need a login. */
async function configFor({ unstable_readConfig: readConfig }, { isRemote }) {
  const {
    d1_databases: databases,
    compatibility_date,
    account_id,
  } = readConfig({ config: join(root, "wrangler.toml") })
  const { binding, database_name, database_id } = databases.find((each) => each.binding === "DB")
  if (isRemote && PLACEHOLDER_ID.test(database_id))
    throw new Error("wrangler.toml has no database_id. Create the database: npx wrangler d1 create dalgo-notifications")
  const database = { binding, database_name, database_id, ...(isRemote && { remote: true }) }
  const config = {
    name: database_name,
    compatibility_date,
    ...(account_id && { account_id }),
    d1_databases: [database],
  }
  return { database, config }
}

async function requireTables(db, { name, isRemote, stateDir }) {
  try {
    await db.prepare(SCHEMA_CHECK).run()
  } catch (error) {
    if (!/no such (table|column)/.test(error.message)) throw error
    const where = isRemote ? "--remote" : `--local --persist-to ${stateDir}`
    throw new Error(
      `Tables are missing. Apply the migrations first: npx wrangler d1 migrations apply ${name} ${where}`,
      {
        cause: error,
      },
    )
  }
}
