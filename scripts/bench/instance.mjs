import { readD1Migrations } from "@cloudflare/vitest-pool-workers"
import { mkdtemp, readdir, rm } from "node:fs/promises"
import { existsSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { sign } from "hono/jwt"
import { convertV4MiniflareOptions, Miniflare } from "miniflare"
import { unstable_getMiniflareWorkerOptions, unstable_readConfig } from "wrangler"
import { HOST } from "../local/addresses.mjs"
import { accessTokenClaims } from "../local/demo-users.mjs"
import { root } from "../local/state-dir.mjs"

const SECRETS = {
  JWT_SECRET: "the-secret-of-the-bench-32-bytes!",
  SERVICE_KEYS: "the-service-key-of-the-bench",
  PREFECT_NOTIFICATIONS_WEBHOOK_KEY: "the-webhook-key-of-the-bench",
  UNSUBSCRIBE_SECRET: "another-secret-of-the-bench",
}
export const ORIGIN = "https://app.dalgo.test"

/**
 * Starts the built worker in workerd with direct sockets. Its state is in a temporary directory, in memory where the
 * machine has one. Nothing outside is asked: there is no Prefect and no mail provider.
 */
export async function startInstance(variables = {}) {
  // Else wrangler prints into the table that it read .dev.vars.
  process.env.WRANGLER_LOG = "error"
  const stateDir = await mkdtemp(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "dalgo-bench-"))
  // However the process ends: Miniflare ends it on a signal before `stop` has finished.
  process.once("exit", () => rmSync(stateDir, { recursive: true, force: true }))
  const options = {
    name: "bench",
    ...workerOptions(variables),
    ...(await builtModules()),
    host: HOST,
    port: 0,
    unsafeDirectSockets: [{ host: HOST, port: 0 }],
  }
  const miniflare = new Miniflare({
    ...convertV4MiniflareOptions(options),
    resourcePersistencePath: stateDir,
    handleStructuredLogs: dropLog,
  })
  await miniflare.ready
  const url = (await miniflare.unsafeGetDirectURL("bench")).origin
  const db = await miniflare.getD1Database("DB")
  await migrate(db)
  return {
    url,
    db,
    webhookKey: SECRETS.PREFECT_NOTIFICATIONS_WEBHOOK_KEY,
    serviceKey: SECRETS.SERVICE_KEYS,
    /** An access token of the person with this `user_id`. */
    tokenOf: (userId) => sign(accessTokenClaims({ userId: String(userId) }), SECRETS.JWT_SECRET, "HS256"),
    runCron: async () => (await miniflare.getWorker()).scheduled({ cron: "* * * * *" }),
    async stop() {
      await miniflare.dispose()
      await rm(stateDir, { recursive: true, force: true })
    },
  }
}

/** The log of the worker would come between the rows of the table. */
const dropLog = () => {}

const ABSENT = ["ai", "assets"]

/** The bindings of wrangler.toml, without Workers AI, which needs an account, and without the pages. */
function workerOptions(variables) {
  const configPath = join(root, "wrangler.toml")
  const options = unstable_getMiniflareWorkerOptions(configPath).workerOptions
  // Without a developer's own settings in .dev.vars.
  const { vars } = unstable_readConfig({ config: configPath })
  const given = Object.entries(options).filter(([name, value]) => value !== undefined && !ABSENT.includes(name))
  return {
    ...Object.fromEntries(given),
    bindings: { ...vars, ...SECRETS, ALLOWED_ORIGINS: ORIGIN, ...variables },
  }
}

async function builtModules() {
  const dir = join(root, "dist/worker")
  const names = (await readdir(dir)).filter((name) => name.endsWith(".mjs"))
  // Miniflare takes the first module as the entry.
  const paths = ["index.mjs", ...names.filter((name) => name !== "index.mjs")].map((name) => join(dir, name))
  return { modulesRoot: dir, modules: paths.map((path) => ({ type: "ESModule", path })) }
}

/** Migrations in order, without `schema.sql`. */
async function migrate(db) {
  const migrations = (await readD1Migrations(join(root, "migrations"))).filter(({ name }) => /^\d/.test(name))
  for (const { queries } of migrations) await db.batch(queries.map((query) => db.prepare(query)))
}
