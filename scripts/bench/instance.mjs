import { readD1Migrations } from "@cloudflare/vitest-pool-workers"
import { mkdtemp, readdir, rm } from "node:fs/promises"
import { existsSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { sign } from "hono/jwt"
import { convertV4MiniflareOptions, Miniflare } from "miniflare"
import { unstable_getMiniflareWorkerOptions } from "wrangler"
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
  const stateDir = await mkdtemp(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "dalgo-bench-"))
  const options = {
    name: "bench",
    ...workerOptions(variables),
    ...(await builtModules()),
    host: HOST,
    port: 0,
    unsafeDirectSockets: [{ host: HOST, port: 0 }],
    d1Persist: join(stateDir, "d1"),
    durableObjectsPersist: join(stateDir, "do"),
    // The worker's log would stand between the rows of the table.
    handleStructuredLogs: () => {},
  }
  const miniflare = new Miniflare(convertV4MiniflareOptions(options))
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

/** The bindings of wrangler.toml, without Workers AI, which needs an account, and without the pages. */
function workerOptions(variables) {
  const {
    ai: _ai,
    assets: _assets,
    ...options
  } = unstable_getMiniflareWorkerOptions(join(root, "wrangler.toml")).workerOptions
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  return {
    ...Object.fromEntries(given),
    bindings: { ...options.bindings, ...SECRETS, ALLOWED_ORIGINS: ORIGIN, ...variables },
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
