import { describe, expect, it } from "vitest"
import { chooseAccount } from "../../scripts/deploy/account.mjs"
import { NO_DATABASE_ID, queueNames } from "../../scripts/deploy/config.mjs"
import { findDatabase } from "../../scripts/deploy/database.mjs"
import { missingQueues } from "../../scripts/deploy/queues.mjs"
import { missingSecrets, refuseDoubleNames } from "../../scripts/deploy/secrets.mjs"
import { leftToSet } from "../../scripts/deploy/settings.mjs"
import { WranglerError } from "../../scripts/deploy/wrangler.mjs"

/** What wrangler prints. */
const printing =
  (...outputs: string[]) =>
  async () =>
    outputs.shift() ?? ""
const printingJson = (value: unknown) => printing(`\n${JSON.stringify(value)}\n`)

describe("the account", () => {
  const ngo = { id: "1", name: "Example NGO" }
  const partner = { id: "2", name: "Its partner" }
  const choose = (accounts: object[], env = {}, config = {}) =>
    chooseAccount(printingJson({ loggedIn: true, accounts }), { config, env })

  it.each([
    ["the only one", [ngo], {}, {}, ngo],
    ["the one of the environment", [ngo, partner], { CLOUDFLARE_ACCOUNT_ID: "2" }, {}, partner],
    ["the one of the configuration", [ngo, partner], { CLOUDFLARE_ACCOUNT_ID: "2" }, { account_id: "1" }, ngo],
    ["one that the token does not list", [], { CLOUDFLARE_ACCOUNT_ID: "3" }, {}, { id: "3", name: "by its id" }],
  ])("is %s", async (_, accounts, env, config, account) => {
    expect(await choose(accounts, env, config)).toEqual(account)
  })

  it.each([
    ["of several none is named", [ngo, partner], {}, "CLOUDFLARE_ACCOUNT_ID=2 npm run deploy   # Its partner"],
    ["the named one is another's", [ngo], { CLOUDFLARE_ACCOUNT_ID: "3" }, "The account 3 is not one of this sign-in"],
    ["the token lists none", [], {}, "The token does not show its account"],
  ])("is asked for if %s", async (_, accounts, env, words) => {
    await expect(choose(accounts, env)).rejects.toThrow(words)
  })

  it("needs a sign-in", async () => {
    const wrangler = async () => {
      throw new WranglerError(["whoami"], '{"loggedIn": false}')
    }
    await expect(chooseAccount(wrangler, { config: {}, env: {} })).rejects.toThrow("npx wrangler login")
  })
})

describe("the database", () => {
  const config = (database_id?: string) => ({
    path: "/x/wrangler.toml",
    d1_databases: [{ binding: "DB", database_name: "dalgo-notifications", database_id }],
  })
  const list = printingJson.bind(undefined, [
    { uuid: "one", name: "dalgo-notifications" },
    { uuid: "two", name: "renamed" },
  ])

  it.each([
    [undefined, { id: "one", isInConfig: false }],
    [NO_DATABASE_ID, { id: "one", isInConfig: false }],
    ["one", { id: "one", isInConfig: true }],
    ["two", { id: "two", isInConfig: true }],
  ])("of the configured id %s", async (id, found) => {
    expect(await findDatabase(list(), config(id))).toEqual({ name: "dalgo-notifications", ...found })
  })

  it("of another account is not replaced in silence", async () => {
    await expect(findDatabase(list(), config("three"))).rejects.toThrow("which this account does not have")
  })
})

describe("the queues", () => {
  const queues = {
    producers: [{ queue: "a" }, { queue: "b" }],
    consumers: [
      { queue: "a", dead_letter_queue: "dead" },
      { queue: "dead" },
      { queue: "events", dead_letter_queue: "dead" },
    ],
  }
  const page = (...names: string[]) =>
    ["│ id │ name │ created_on │", "├──┼──┤", ...names.map((name) => `│ f00 │ ${name} │ today │`)].join("\n")

  it("are those of producers, consumers and dead letters, each once", () => {
    expect(queueNames({ queues })).toEqual(["a", "b", "dead", "events"])
  })

  it.each([
    [["x", "a"], ["events"], ["b", "dead"]],
    [["a", "b", "dead", "events"], [], []],
    [[], [], ["a", "b", "dead", "events"]],
  ])("that are missing from the pages %j and %j", async (first, second, missing) => {
    expect(await missingQueues(printing(page(...first), page(...second)), { queues })).toEqual(missing)
  })
})

describe("the secrets", () => {
  const account = { id: "1" }
  const config = (vars = {}) => ({ path: "/x/wrangler.toml", name: "worker", vars })
  const missing = (present: string[], vars = {}, isCi = false) =>
    missingSecrets({ config: config(vars), present, account, isCi }).names
  const own = ["UNSUBSCRIBE_SECRET", "SECRETS_KEYS", "VAPID_PUBLIC_KEY", "VAPID_PRIVATE_KEY"]
  const shared = ["SERVICE_KEYS", "PREFECT_NOTIFICATIONS_WEBHOOK_KEY"]

  it.each([
    ["nothing is there", [], {}, false, [...own, ...shared]],
    ["it is a build server, whose output is no place for a key", [], {}, true, own],
    ["everything is there", [...own, ...shared], {}, false, []],
    ["half of the pair is there", ["VAPID_PRIVATE_KEY", "SECRETS_KEYS", ...shared], {}, false, ["UNSUBSCRIBE_SECRET"]],
    [
      "the public key is a variable",
      ["SECRETS_KEYS", ...shared],
      { VAPID_PUBLIC_KEY: "B" },
      false,
      ["UNSUBSCRIBE_SECRET"],
    ],
  ])("to make if %s", (_, present, vars, isCi, names) => {
    expect(missing(present, vars, isCi)).toEqual(names)
  })

  it("of two accounts have two files", () => {
    const path = (id: string) => missingSecrets({ config: config(), present: [], account: { id }, isCi: false }).path
    expect([path("1"), path("2")]).toEqual(["/x/.secrets/worker.1.env", "/x/.secrets/worker.2.env"])
  })

  it("may not be variables too, not even empty ones, which would replace them", () => {
    const refuse = () => refuseDoubleNames(config({ EMAIL_FROM: "", JWT_SECRET: "x" }), ["EMAIL_FROM"])
    expect(refuse).toThrow("EMAIL_FROM: set as a secret of the worker, and also in [vars] of wrangler.toml")
    expect(() => refuseDoubleNames(config({ EMAIL_FROM: "" }), ["JWT_SECRET"])).not.toThrow()
  })
})

it("tells what is left to set as the worker would find it", async () => {
  const vars = { FRONTEND_URL: "app.example.org", PUBLIC_URL: "", EMAIL_FROM: "a@example.org", EMAIL_PROVIDER: "ses" }
  const secrets = ["JWT_SECRET", "UNSUBSCRIBE_SECRET", "PREFECT_NOTIFICATIONS_WEBHOOK_KEY", "SES_ACCESS_KEY_ID"]
  const left = await leftToSet({ config: { vars, ratelimits: [] }, secrets, url: "https://worker.test" })
  const shown = left.map((each: Record<string, unknown>) => [each.name, each.problem, each.isSecret, each.example])
  expect(shown).toEqual([
    ["FRONTEND_URL", "invalid", false, undefined],
    ["PUBLIC_URL", "missing", false, "https://worker.test"],
    ["PREFECT_API_URL", "missing", false, undefined],
    ["SES_SECRET_ACCESS_KEY", "missing", true, undefined],
  ])
})
