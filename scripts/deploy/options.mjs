import { parseArgs } from "node:util"
import { DeployError } from "./deploy-error.mjs"

export const HELP = `npm run deploy [-- options]

  --dry-run         show what would be made and what is left to set; change nothing
  --config <file>   another configuration than wrangler.toml, such as wrangler.staging.toml

CLOUDFLARE_API_TOKEN     a token, where nobody can sign in with npx wrangler login
CLOUDFLARE_ACCOUNT_ID    the account, if you have several`

/** npm takes options for itself that are written without `--` before them, and tells them in the environment only. */
const withoutDashes = (env) => ["dry_run", "config"].find((name) => env[`npm_config_${name}`])?.replace("_", "-")

export function parseOptions(args, env = {}) {
  const taken = withoutDashes(env)
  if (taken)
    throw new DeployError(`Write -- before the options, or npm keeps them: npm run deploy -- --${taken}\n\n${HELP}`)
  const options = {
    "dry-run": { type: "boolean", default: false },
    config: { type: "string", default: "wrangler.toml" },
    help: { type: "boolean", short: "h", default: false },
  }
  try {
    const { values } = parseArgs({ args, options })
    return { dryRun: values["dry-run"], config: values.config, help: values.help }
  } catch (error) {
    throw new DeployError(`${error.message}\n\n${HELP}`)
  }
}
