// Deploys to Cloudflare. Every step looks first whether it was done before, so that a run that was stopped is repeated.
import { relative, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { chooseAccount } from "./deploy/account.mjs"
import { buildCommand, readConfig } from "./deploy/config.mjs"
import { applyMigrations, ensureDatabase, findDatabase } from "./deploy/database.mjs"
import { DeployError } from "./deploy/deploy-error.mjs"
import { checkHealth } from "./deploy/health.mjs"
import { HELP, parseOptions } from "./deploy/options.mjs"
import { showDryRun, showLeftToSet, showStep, showWebhook } from "./deploy/output.mjs"
import { createQueues, missingQueues } from "./deploy/queues.mjs"
import { run } from "./deploy/run.mjs"
import {
  keptSecrets,
  listSecrets,
  missingSecrets,
  prepareSecrets,
  refuseDoubleNames,
  withUploadFile,
} from "./deploy/secrets.mjs"
import { leftToSet } from "./deploy/settings.mjs"
import { deployWorker } from "./deploy/worker.mjs"
import { wranglerFor } from "./deploy/wrangler.mjs"

const root = fileURLToPath(new URL("..", import.meta.url))

async function main() {
  const options = parseOptions(process.argv.slice(2), process.env)
  if (options.help) return console.log(HELP)
  if (Number.parseInt(process.versions.node, 10) < 22)
    throw new DeployError(
      `wrangler needs Node 22, and this is ${process.version}. Use npm run deploy, which brings its own.`,
    )

  // 1. Who deploys what, and where. Nothing is changed before the build has succeeded.
  const config = await readConfig(resolve(root, options.config))
  const isCi = Boolean(process.env.CI || process.env.WORKERS_CI)
  const account = await chooseAccount(wranglerFor({ root, config }), { config, env: process.env })
  const wrangler = wranglerFor({ root, config, account })
  console.log(`Worker ${config.name}, account ${account.name} (${account.id})`)

  // 2. What is there already.
  const [database, queues, present] = await Promise.all([
    findDatabase(wrangler, config),
    missingQueues(wrangler, config),
    listSecrets(wrangler),
  ])
  refuseDoubleNames(config, present)
  const secrets = missingSecrets({ config, present, account, isCi })

  if (options.dryRun) {
    showDryRun({ config, database, queues, secrets })
    return showLeftToSet(await leftToSet({ config, secrets: [...present, ...secrets.names] }), options)
  }
  const isComplete = database.isInConfig && queues.length === 0 && secrets.names.length === 0
  if (isComplete) showStep("Database, queues and secrets are there: nothing to do but deploy.")

  // 3. What is missing.
  showStep("Building")
  await run(buildCommand(config), { cwd: root })
  await ensureDatabase(wrangler, { config, database })
  await createQueues(wrangler, queues)
  const keys = await prepareSecrets(secrets)

  // 4. The migrations come first: the worker that runs now works with the new schema, but not the new one with the old.
  await applyMigrations(wrangler, { config, database })
  const targets = await withUploadFile(secrets, keys, (file) => deployWorker(wrangler, { file }))

  // 5. Whether it works, and what only people can do.
  const url = String(config.vars.PUBLIC_URL || targets[0] || "").replace(/\/+$/, "")
  const isHealthy = await checkHealth(url)
  showLeftToSet(await leftToSet({ config, secrets: [...present, ...secrets.names], url }), options)
  showWebhook({ url, kept: keptSecrets(secrets), path: relative(root, secrets.path) })
  if (!isHealthy) process.exitCode = 1
}

try {
  await main()
} catch (error) {
  if (!(error instanceof DeployError)) throw error
  console.error(`\nStopped: ${error.message}`)
  process.exitCode = 1
}
