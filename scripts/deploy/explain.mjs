/** The permission that a token needs for each command, named as in Cloudflare's dashboard. */
const PERMISSIONS = {
  whoami: "Account › Account Settings › Read",
  d1: "Account › D1 › Edit",
  queues: "Account › Queues › Edit",
  secret: "Account › Workers Scripts › Edit",
  deploy: "Account › Workers Scripts › Edit (and Zone › Workers Routes › Edit, if wrangler.toml has routes)",
}

export const SIGN_IN = `Sign in to Cloudflare first, by one of these:
  npx wrangler login
  CLOUDFLARE_API_TOKEN=… npm run deploy   (a token with the permissions that docs/operations.md lists)`

const AGAIN = "Run npm run deploy again: it goes on where it stopped."

/** The remedy for a failure of wrangler; `undefined` for an unknown failure. */
const CAUSES = [
  {
    pattern:
      /you are not (logged in|authenticated)|CLOUDFLARE_API_TOKEN environment variable|invalid api token|code: (1000|6003|6111|9106)\]/i,
    advice: () => SIGN_IN,
  },
  {
    pattern: /code: (10000|9109|10001|10023|7403)\]|\b403\b|authentication error|not authori[sz]ed|forbidden/i,
    advice: (command) =>
      `The token or person may not do this. It needs the permission ${PERMISSIONS[command]} on this account. ` +
      `Add it at https://dash.cloudflare.com/profile/api-tokens, or ask an administrator of the account. ${AGAIN}`,
  },
  {
    pattern: /code: 100328\]|limits? (is|are) not supported for the free/i,
    advice: () => `[limits] needs the plan Workers Paid. Choose it, or remove [limits] from wrangler.toml. ${AGAIN}`,
  },
  {
    pattern: /workers\.dev subdomain/i,
    advice: () =>
      `This account has no workers.dev address yet. Choose one at the link above, or set workers_dev = false and a ` +
      `route or custom domain in wrangler.toml. ${AGAIN}`,
  },
  {
    pattern: /paid plan|workers paid|upgrade (your|to)|not available on .*free|free plan/i,
    advice: () =>
      `The account's plan does not include this. Choose Workers Paid in the dashboard (Workers & Pages, Plans). ${AGAIN}`,
  },
  {
    pattern: /send_email|email (routing|sending|service)/i,
    advice: () =>
      `Email Service is not set up for this account. Set it up in the dashboard (Compute, Email Service), or send by ` +
      `Amazon SES: EMAIL_PROVIDER = "ses", and remove [[send_email]] from wrangler.toml. ${AGAIN}`,
  },
  {
    pattern: /already assigned to routes|code: 10020\]/i,
    advice: () => `Another worker has one of the routes of wrangler.toml. Remove the route there or here. ${AGAIN}`,
  },
  {
    pattern: /could not find zone|code: 10082\]/i,
    advice: () =>
      `A route of wrangler.toml is in a domain that is not on this account. Correct its zone_name. ${AGAIN}`,
  },
  {
    pattern:
      /fetch failed|ECONN|ETIMEDOUT|ENOTFOUND|\b(429|50\d)\b|internal server error|service unavailable|malformed response/i,
    advice: () => `Cloudflare did not answer as it should. See https://www.cloudflarestatus.com. ${AGAIN}`,
  },
]

/** Wrangler's own words without its decoration, and what to do. */
export function explain(args, output) {
  const at = output.lastIndexOf("[ERROR]")
  const said = (at === -1 ? output : output.slice(at))
    .split("\n")
    .map((line) => line.replace(/^\s*(✘\s*)?\[ERROR\]\s*/, "").trim())
    .filter(
      (line) =>
        line &&
        !/^(🪵|If you think this is a bug|▲|⛅|-+$|at |\w*Error: |\(error handler)|open an issue at/u.test(line),
    )
  const { advice } = CAUSES.find(({ pattern }) => pattern.test(said.join("\n"))) ?? { advice: () => AGAIN }
  return `wrangler ${args.slice(0, 3).join(" ")} failed:\n\n${said.map((line) => `  ${line}`).join("\n")}\n\n${advice(args[0])}`
}
