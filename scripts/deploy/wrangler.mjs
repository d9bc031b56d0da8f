import { join } from "node:path"
import { explain } from "./explain.mjs"
import { DeployError } from "./deploy-error.mjs"
import { capture } from "./run.mjs"

/** A command of wrangler that failed. `output` is what wrangler wrote. */
export class WranglerError extends DeployError {
  constructor(args, output) {
    super(explain(args, output))
    this.output = output
  }
}

/**
 * Calls wrangler for one configuration and account. It asks nothing and takes the default of every question; no argument
 * may be a secret, since other users of the machine see arguments.
 */
export function wranglerFor({ root, config, account }) {
  const script = join(root, "node_modules", "wrangler", "bin", "wrangler.js")
  const env = {
    ...process.env,
    CI: "1",
    NO_COLOR: "1",
    WRANGLER_HIDE_BANNER: "true",
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_SEND_ERROR_REPORTS: "false",
    ...(account && { CLOUDFLARE_ACCOUNT_ID: account.id }),
  }
  return async (args, extra = {}) => {
    const all = [script, ...args, "--config", config.path]
    const { code, stdout, stderr } = await capture(process.execPath, all, { cwd: root, env: { ...env, ...extra } })
    if (code !== 0) throw new WranglerError(args, `${stdout}\n${stderr}`)
    return stdout
  }
}

/** The JSON in the output of a command with `--json`. */
export function parseJson(output) {
  const start = output.search(/^[[{]/m)
  return JSON.parse(output.slice(start))
}
