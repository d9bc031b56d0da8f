import { describe, expect, it, vi } from "vitest"
import { explain, SIGN_IN } from "../../scripts/deploy/explain.mjs"
import { withDatabaseId } from "../../scripts/deploy/config.mjs"
import { showLeftToSet } from "../../scripts/deploy/output.mjs"
import { parseOptions } from "../../scripts/deploy/options.mjs"

const error = (text: string) =>
  `\n✘ [ERROR] ${text}\n\n  If you think this is a bug, please open an issue at: https://github.com/…\n🪵  Logs were written to "/x"`

describe("a failure of wrangler", () => {
  it.each([
    [
      ["d1", "list"],
      "A request to the Cloudflare API (/x) failed.\n\n  Authentication error [code: 10000]",
      "D1 › Edit",
    ],
    [["queues", "list"], "A request failed.\n\n  Unauthorized [code: 10023]", "Queues › Edit"],
    [["secret", "list"], "Authentication error [code: 10000]", "Workers Scripts › Edit"],
    [["deploy"], "Authentication error [code: 10000]", "Workers Routes › Edit"],
    [
      ["whoami"],
      "In a non-interactive environment, it's necessary to set a CLOUDFLARE_API_TOKEN environment variable",
      "wrangler login",
    ],
    [["whoami"], "A request failed.\n\n  Invalid API Token [code: 1000]", "wrangler login"],
    [
      ["deploy"],
      "CPU limits are not supported for the Free plan. [code: 100328]",
      "remove [limits] from wrangler.toml",
    ],
    [
      ["deploy"],
      "You can either deploy your worker to one or more routes, or register a workers.dev subdomain here:",
      "workers_dev = false",
    ],
    [["queues", "create"], "Queues is not available on the Workers Free plan", "Choose Workers Paid"],
    [["deploy"], "send_email binding: Email Routing is not enabled", 'EMAIL_PROVIDER = "ses"'],
    [
      ["deploy"],
      'Can\'t deploy routes that are assigned to another worker.\n"x" is already assigned to routes:',
      "Remove the route",
    ],
    [["deploy"], "Could not find zone for `api.example.org`. Make sure the domain is set up", "zone_name"],
    [["d1", "list"], "fetch failed", "cloudflarestatus.com"],
    [["d1", "create"], "A maximum of 10 databases is allowed [code: 7406]", "goes on where it stopped"],
  ])("wrangler %j: %s", (args, text, advice) => {
    const words = explain(args, error(text))
    expect(words).toContain(advice)
    expect(words).toContain(text.split("\n")[0])
    expect(words).not.toMatch(/ERROR|bug|Logs were written/)
  })
})

it("shows no stack of wrangler", () => {
  const stack =
    "APIError: A request failed.\n    at async main (/x/cli.js:1:2)\n  (error handler also failed: APIError: no"
  expect(explain(["whoami"], error(`A request failed.\n\n  Authentication failed [code: 9106]\n${stack}`))).toBe(
    `wrangler whoami failed:\n\n  A request failed.\n  Authentication failed [code: 9106]\n\n${SIGN_IN}`,
  )
})

describe("the id of the database", () => {
  const toml = `# one
[vars]
database_id = "mine"

[[d1_databases]]
binding = "OTHER"
database_id = "other"

[[d1_databases]]
binding = "DB" # two
  database_id = 'old' # three
migrations_dir = "migrations"

[[queues.producers]]
`
  it("is written into its table, and nothing else changes", () => {
    expect(withDatabaseId(toml, "new")).toBe(toml.replace("'old'", '"new"'))
  })

  it.each([toml.replace("  database_id = 'old'", ""), "[vars]\n"])("is told if there is no place for it", (text) => {
    expect(() => withDatabaseId(text, "new")).toThrow('Put this into [[d1_databases]]: database_id = "new"')
  })
})

it("refuses an option that it does not know, and shows those it knows", () => {
  expect(() => parseOptions(["--dry"])).toThrow(/Unknown option '--dry'.*\n\n?.*npm run deploy/s)
  expect(parseOptions(["--dry-run"])).toEqual({ dryRun: true, config: "wrangler.toml", help: false })
})

it.each([
  ["--dry-run", { npm_config_dry_run: "true" }],
  ["--config", { npm_config_config: "wrangler.staging.toml" }],
])("deploys nothing if npm has kept %s for itself", (option, env) => {
  expect(() => parseOptions([], env)).toThrow(`npm run deploy -- ${option}`)
})

it("tells after a dry run that secrets are put after the deployment, since earlier they make an empty worker", () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined)
  const setting = {
    name: "JWT_SECRET",
    problem: "missing",
    affects: "Nobody can sign in.",
    form: "a secret",
    isSecret: true,
  }
  const shown = (dryRun: boolean) => {
    log.mockClear()
    showLeftToSet([setting], { config: "wrangler.toml", dryRun })
    return log.mock.calls[0]
  }
  expect([shown(true), shown(false)]).toEqual([["\nLeft to set after it is deployed:"], ["\nLeft to set:"]])
  log.mockRestore()
})
