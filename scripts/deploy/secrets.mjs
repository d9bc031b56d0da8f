import { randomBytes } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { appendFile, mkdir, rm, writeFile } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import { parseDevVars } from "../local/dev-vars.mjs"
import { vapidPair } from "../local/vapid-pair.mjs"
import { DeployError } from "./deploy-error.mjs"
import { parseJson, WranglerError } from "./wrangler.mjs"

const random = () => randomBytes(32).toString("base64url")

/** Secrets that nobody but the worker needs to know. The two VAPID keys are one pair. */
const OWN = [
  { names: ["UNSUBSCRIBE_SECRET"], generate: () => ({ UNSUBSCRIBE_SECRET: random() }) },
  { names: ["SECRETS_KEYS"], generate: () => ({ SECRETS_KEYS: `${new Date().getFullYear()}:${random()}` }) },
  { names: ["VAPID_PUBLIC_KEY", "VAPID_PRIVATE_KEY"], generate: vapidPair },
]

/** Secrets that other programs must be given: whoever deploys has to see them, so a build server does not make them. */
const SHARED = [
  { names: ["SERVICE_KEYS"], generate: () => ({ SERVICE_KEYS: random() }) },
  { names: ["PREFECT_NOTIFICATIONS_WEBHOOK_KEY"], generate: () => ({ PREFECT_NOTIFICATIONS_WEBHOOK_KEY: random() }) },
]

/** The names of the worker's secrets: none if there is no worker yet. */
export async function listSecrets(wrangler) {
  try {
    return parseJson(await wrangler(["secret", "list", "--format", "json"])).map(({ name }) => name)
  } catch (error) {
    if (error instanceof WranglerError && /Worker ".*" .*not found|code: 10007\]/s.test(error.output)) return []
    throw error
  }
}

/** A variable in the configuration replaces the secret of the same name, even an empty one: the secret would be lost. */
export function refuseDoubleNames(config, present) {
  const double = present.filter((name) => name in config.vars)
  if (double.length === 0) return
  throw new DeployError(
    `${double.join(", ")}: set as a secret of the worker, and also in [vars] of ${basename(config.path)}, which would ` +
      "replace it. Remove the line from [vars], or the secret with npx wrangler secret delete NAME.",
  )
}

/**
 * The secrets to make: those that neither the worker nor `[vars]` has. A secret that exists is never replaced. Of a pair
 * with one half, nothing is made.
 */
export function missingSecrets({ config, present, account, isCi }) {
  const isThere = (name) => present.includes(name) || Boolean(config.vars[name])
  const wanted = [...OWN, ...(isCi ? [] : SHARED)].filter(({ names }) => !names.some(isThere))
  const path = join(dirname(config.path), ".secrets", `${config.name}.${account.id}.env`)
  return { names: wanted.flatMap(({ names }) => names), wanted, path, isCi }
}

/** The secrets that this command made on this computer, as long as nobody has removed their file. */
export const keptSecrets = ({ path }) => (existsSync(path) ? parseDevVars(readFileSync(path, "utf8")) : {})

/**
 * Makes the values, and stores them before they are used: if the deployment stops, the next one takes the same values.
 * On a build server, where no file stays and nobody needs the values, they are not stored.
 */
export async function prepareSecrets(secrets) {
  const { wanted, path, isCi } = secrets
  const kept = keptSecrets(secrets)
  const values = {}
  for (const { names, generate } of wanted) {
    const isKept = names.every((name) => kept[name])
    Object.assign(values, isKept ? Object.fromEntries(names.map((name) => [name, kept[name]])) : generate())
  }
  const fresh = Object.keys(values).filter((name) => values[name] !== kept[name])
  if (isCi || fresh.length === 0) return values
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const intro = existsSync(path)
    ? ""
    : "# Made by npm run deploy. The worker has them; a lost SECRETS_KEYS cannot be replaced.\n"
  await appendFile(path, intro + fresh.map((name) => `${name}=${values[name]}\n`).join(""), { mode: 0o600 })
  return values
}

/**
 * Calls `use` with a file of the values for wrangler, which nobody else can read; without values, with `undefined`. The
 * file is removed in any case, also one that an earlier run left because it was killed.
 */
export async function withUploadFile({ path }, values, use) {
  const file = `${path}.upload.json`
  try {
    if (Object.keys(values).length === 0) return await use()
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await rm(file, { force: true })
    await writeFile(file, JSON.stringify(values), { mode: 0o600, flag: "wx" })
    return await use(file)
  } finally {
    await rm(file, { force: true })
  }
}
