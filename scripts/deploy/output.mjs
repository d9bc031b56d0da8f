import { basename } from "node:path"
import { queueNames } from "./config.mjs"

export const showStep = (text) => console.log(`• ${text}`)

const would = (text) => console.log(`  would ${text}`)

/** Everything that a deployment would do, in its order. */
export function showDryRun({ config, database, queues, secrets }) {
  const file = basename(config.path)
  console.log("\nDry run: nothing is changed.")
  if (database.isInConfig) console.log(`  has the database ${database.name}`)
  if (!database.isInConfig && !database.id) would(`create the database ${database.name}`)
  if (!database.isInConfig) would(`write its id into ${file}`)
  const present = queueNames(config).length - queues.length
  if (present > 0) console.log(`  has ${present} of ${queueNames(config).length} queues`)
  for (const name of queues) would(`create the queue ${name}`)
  for (const name of secrets.names) would(`make the secret ${name}`)
  would("build the worker")
  would("apply the migrations that the database lacks")
  would(`deploy the worker ${config.name}, and ask its /healthz`)
}

/** The variables and secrets that a person must set, each with the line or the command for it. */
export function showLeftToSet(settings, { config, dryRun }) {
  if (settings.length === 0) return console.log("\nEvery variable that is needed is set.")
  const option = config === "wrangler.toml" ? "" : ` --config ${config}`
  // A secret that is put before the worker exists makes an empty worker.
  console.log(dryRun ? "\nLeft to set after it is deployed:" : "\nLeft to set:")
  for (const { name, problem, affects, form, isSecret, example } of settings) {
    const value = example ?? "…"
    console.log(`\n  ${name} ${problem === "missing" ? "is missing" : "is not usable"}: ${affects}`)
    console.log(`    It must be ${form}.`)
    console.log(
      isSecret ? `    npx wrangler secret put ${name}${option}` : `    ${config}, [vars]: ${name} = "${value}"`,
    )
  }
  console.log("\nThen run npm run deploy again. docs/operations.md, Variables, lists them all.")
}

/** The address of Prefect's webhook, and the file with the new secrets. The values are never printed. */
export function showWebhook({ url, kept, path }) {
  const address = `${url || "https://<address of the worker>"}/webhooks/v1/notification/`
  const key = "PREFECT_NOTIFICATIONS_WEBHOOK_KEY"
  console.log(`\nWebhook for Prefect (docs/operations.md, Prefect): ${address}`)
  console.log(`  Its header X-Notification-Key has the value of ${key}${key in kept ? ` in ${path}` : ""}.`)
  if (Object.keys(kept).length === 0) return
  console.log(`\nMade here, and stored in ${path}: ${Object.keys(kept).join(", ")}.`)
  console.log("  Keep a copy in a password manager, and remove the file.")
}
