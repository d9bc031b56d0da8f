import { DeployError } from "./deploy-error.mjs"
import { SIGN_IN } from "./explain.mjs"
import { parseJson, WranglerError } from "./wrangler.mjs"

/** The account to deploy to: the one that is named, or else the only one. Throws if nobody is signed in. */
export async function chooseAccount(wrangler, { config, env }) {
  const { loggedIn, accounts } = await whoami(wrangler)
  if (!loggedIn) throw new DeployError(SIGN_IN)
  // In this order, as wrangler does.
  const wanted = config.account_id || env.CLOUDFLARE_ACCOUNT_ID
  // A token without the right to list accounts has an empty list, and may be good for the account that is named.
  const known = accounts.find(({ id }) => id === wanted)
  if (wanted && (known || accounts.length === 0)) return { id: wanted, name: known?.name ?? "by its id" }
  const list = accounts.map(({ id, name }) => `  CLOUDFLARE_ACCOUNT_ID=${id} npm run deploy   # ${name}`).join("\n")
  if (wanted) throw new DeployError(`The account ${wanted} is not one of this sign-in. Choose one:\n${list}`)
  if (accounts.length > 1) throw new DeployError(`You have several accounts. Choose one:\n${list}`)
  if (accounts.length === 1) return accounts[0]
  throw new DeployError("The token does not show its account. Name it: CLOUDFLARE_ACCOUNT_ID=… npm run deploy")
}

/** `whoami --json` fails if nobody is signed in, and says so in JSON. */
async function whoami(wrangler) {
  try {
    return parseJson(await wrangler(["whoami", "--json"]))
  } catch (error) {
    if (error instanceof WranglerError && /"loggedIn":\s*false/.test(error.output))
      return { loggedIn: false, accounts: [] }
    throw error
  }
}
