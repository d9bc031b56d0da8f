import { existsSync } from "node:fs"
import { readdir, readFile, stat } from "node:fs/promises"
import { join } from "node:path"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import { Deployment, type Run } from "./deployment"
import type { FakeCloudflare } from "./fake-cloudflare"

const QUEUES = [
  "dalgo-deliveries",
  "dalgo-deliveries-bulk",
  "dalgo-deliveries-dead",
  "dalgo-email-events",
  "dalgo-signals",
  "dalgo-signals-bulk",
  "dalgo-signals-dead",
]
const SECRETS = [
  "PREFECT_NOTIFICATIONS_WEBHOOK_KEY",
  "SECRETS_KEYS",
  "SERVICE_KEYS",
  "UNSUBSCRIBE_SECRET",
  "VAPID_PRIVATE_KEY",
  "VAPID_PUBLIC_KEY",
]

const migrationFiles = async () => (await readdir("migrations")).filter((name) => /^\d/.test(name))
const valuesIn = (env: string) =>
  Object.fromEntries(Array.from(env.matchAll(/^(\w+)=(.+)$/gm), ([, name, value]) => [name, value]))

/** What is on the account when everything is done. Each thing is there once, since the stand-in refuses a second one. */
async function expectDeployed({ cloudflare, readConfig, secretsPath }: Deployment) {
  const { account, script } = cloudflare
  expect(account.databases).toHaveLength(1)
  expect(await readConfig()).toContain(`\ndatabase_id = "${account.databases[0]?.uuid}"\n`)
  const applied = account.databases[0]?.sql.prepare("SELECT name FROM d1_migrations ORDER BY name").all()
  expect(applied?.map(({ name }) => name)).toEqual(await migrationFiles())
  expect(account.queues.map(({ name }) => name).toSorted()).toEqual(QUEUES)
  for (const { consumers } of account.queues)
    expect(consumers).toEqual([expect.objectContaining({ script: "dalgo-notifications" })])
  expect(Object.fromEntries(script?.secrets ?? [])).toEqual(valuesIn(await readFile(secretsPath, "utf8")))
  expect([...(script?.secrets.keys() ?? [])].toSorted()).toEqual(SECRETS)
  expect(script).toMatchObject({ migrationTag: "v1", workersDev: true, schedules: ["* * * * *"] })
}

/** What wrangler kept of its runs. */
async function logsOf({ dir }: Deployment): Promise<string> {
  const names = await readdir(join(dir, "home"), { recursive: true })
  const texts = await Promise.all(
    names.filter((name) => name.endsWith(".log")).map((name) => readFile(join(dir, "home", name), "utf8")),
  )
  return texts.join("\n")
}

describe("on a new account", () => {
  let deployment: Deployment
  let before: string
  let dry: Run
  let first: Run
  let second: Run
  let secrets: Record<string, string>
  let publicKeys: string[]

  beforeAll(async () => {
    deployment = await Deployment.create()
    before = await deployment.readConfig()
    dry = await deployment.run(["--dry-run"])
    expect(await deployment.readConfig()).toBe(before)
    expect(existsSync(deployment.secretsPath)).toBe(false)
    first = await deployment.run()
    await expectDeployed(deployment)
    secrets = valuesIn(await readFile(deployment.secretsPath, "utf8"))
    second = await deployment.run()
    publicKeys = [secrets.VAPID_PUBLIC_KEY as string]
  })
  afterAll(() => deployment.remove())

  it("changes nothing in a dry run, and shows everything that it would do", () => {
    expect(dry).toMatchObject({ code: 0, changes: [] })
    expect(dry.requests.length).toBeGreaterThan(3)
    for (const name of [...QUEUES.map((each) => `queue ${each}`), ...SECRETS.map((each) => `secret ${each}`)])
      expect(dry.output).toContain(`${name}\n`)
    for (const words of [
      "create the database dalgo-notifications",
      "write its id into wrangler.toml",
      "apply the migrations",
    ])
      expect(dry.output).toContain(`would ${words}`)
  })

  it("makes everything, and says what only a person can set", () => {
    expect(first.code).toBe(0)
    expect(first.output).toMatch(/Applied the migrations 0001_dalgo\.sql to \d{4}_\w+\.sql\n/)
    expect(first.output).not.toContain("time-travel")
    expect(first.output).toContain("https://dalgo-notifications.example-1.workers.dev")
    expect(first.output).toContain(`${deployment.cloudflare.origin}/webhooks/v1/notification/`)
    expect(first.output).toMatch(/npx wrangler secret put JWT_SECRET/)
    for (const name of ["FRONTEND_URL", "PREFECT_API_URL", "EMAIL_FROM", "VAPID_SUBJECT"])
      expect(first.output).toContain(`[vars]: ${name} = "`)
    expect(first.output).not.toContain("PUBLIC_URL is missing")
  })

  it("changes one line of wrangler.toml", async () => {
    const after = (await deployment.readConfig()).split("\n")
    const changed = before.split("\n").flatMap((line, i) => (line === after[i] ? [] : [line]))
    expect(changed).toEqual(['database_id = "00000000-0000-0000-0000-000000000000"'])
  })

  it("applies the migrations before it uploads the worker, with the secrets", () => {
    const indexOf = (pattern: RegExp) => first.requests.findLastIndex((request) => pattern.test(request))
    expect(indexOf(/\/query$/)).toBeLessThan(indexOf(/^PUT .*\/scripts\/dalgo-notifications$/))
    expect(first.changes.filter((request) => /secret/.test(request))).toEqual([])
  })

  it("keeps the secrets in a file for the owner, and shows them nowhere", async () => {
    expect((await stat(deployment.secretsPath)).mode & 0o777).toBe(0o600)
    expect((await readdir(join(deployment.dir, ".secrets"))).filter((name) => !name.endsWith(".env"))).toEqual([])
    const shown = `${first.output}\n${second.output}\n${await logsOf(deployment)}`
    expect(shown.length).toBeGreaterThan(1_000)
    for (const value of Object.values(secrets).filter((each) => !publicKeys.includes(each)))
      expect(shown).not.toContain(value)
    expect(shown).not.toContain(deployment.cloudflare.token)
  })

  it("has secrets that the worker can use", () => {
    expect(secrets.SECRETS_KEYS).toMatch(/^\d{4}:[\w-]{43}$/)
    expect(secrets.VAPID_PUBLIC_KEY).toMatch(/^B[\w-]{86}$/)
    for (const name of ["SERVICE_KEYS", "UNSUBSCRIBE_SECRET", "PREFECT_NOTIFICATIONS_WEBHOOK_KEY", "VAPID_PRIVATE_KEY"])
      expect(secrets[name], name).toMatch(/^[\w-]{43}$/)
    expect(new Set(Object.values(secrets)).size).toBe(6)
  })

  it("publishes the pages without source maps", () => {
    const { assets = [], modules = [] } = deployment.cloudflare.script ?? {}
    expect(assets).toContain("/page.js")
    expect(assets.filter((path) => path.endsWith(".map"))).toEqual([])
    expect(modules).toContain("index.mjs")
  })

  it("only deploys when it runs again", async () => {
    expect(second.code).toBe(0)
    expect(second.output).toContain("nothing to do but deploy")
    expect(second.output).toContain("The database has every migration")
    expect(second.output).not.toMatch(/Creating|secrets\n/)
    expect(second.changes.filter((request) => /^POST .*\/(database|queues)$/.test(request))).toEqual([])
    expect(deployment.cloudflare.script?.versions).toHaveLength(2)
    await expectDeployed(deployment)
    expect(Object.fromEntries(deployment.cloudflare.script?.secrets ?? [])).toEqual(secrets)
  })

  it("replaces no secret that somebody has set, and makes no half of a pair", async () => {
    const { cloudflare } = deployment
    const older = ["SERVICE_KEYS", "UNSUBSCRIBE_SECRET", "VAPID_PRIVATE_KEY", "JWT_SECRET"].map(
      (name) => [name, `an older ${name}`] as const,
    )
    cloudflare.script?.secrets.clear()
    for (const [name, value] of older) cloudflare.script?.secrets.set(name, value)
    const { code, output } = await deployment.run()
    expect(code).toBe(0)
    const { SECRETS_KEYS, PREFECT_NOTIFICATIONS_WEBHOOK_KEY } = secrets
    expect(Object.fromEntries(cloudflare.script?.secrets ?? [])).toEqual({
      ...Object.fromEntries(older),
      SECRETS_KEYS,
      PREFECT_NOTIFICATIONS_WEBHOOK_KEY,
    })
    expect(output).toContain("VAPID_PUBLIC_KEY is missing")
    expect(output).not.toContain("JWT_SECRET")
  })
})

describe("stopped halfway and run again", () => {
  let deployment: Deployment
  afterEach(() => deployment.remove())

  const failing =
    (pattern: RegExp, fault: ReturnType<NonNullable<FakeCloudflare["fault"]>>, from = 1) =>
    (request: string) =>
      pattern.test(request) && --from <= 0 ? fault : undefined

  it("makes what is missing, and nothing twice", async () => {
    deployment = await Deployment.create()
    const { cloudflare, secretsPath } = deployment
    const missing = ["dalgo-signals-dead", "dalgo-email-events"]
    for (const name of QUEUES.filter((each) => !missing.includes(each))) cloudflare.addQueue(name)
    const unavailable = { status: 503, code: 0, message: "service unavailable" }

    // The database is created, and the answer is lost.
    const created = await deployment.run([], { fault: failing(/^POST .*\/d1\/database$/, "drop") })
    expect(created).toMatchObject({ code: 1, output: expect.stringContaining("Run npm run deploy again") })
    expect(cloudflare.account.databases).toHaveLength(1)
    expect(await deployment.readConfig()).toContain("00000000-0000-0000-0000-000000000000")

    // Its id is written, one queue is made, and Cloudflare fails at the other.
    const posts: string[] = []
    const queues = await deployment.run([], {
      fault: (request) => (/^POST .*\/queues$/.test(request) && posts.push(request) === 2 ? unavailable : undefined),
    })
    expect(queues).toMatchObject({ code: 1, output: expect.stringContaining("cloudflarestatus.com") })
    expect(cloudflare.account.queues).toHaveLength(QUEUES.length - 1)

    // A migration fails, after others were applied.
    const migration = await deployment.run([], { fault: failing(/\/query$/, unavailable, 8) })
    expect(migration.code).toBe(1)
    expect(cloudflare.script).toBeUndefined()
    expect(Object.keys(valuesIn(await readFile(secretsPath, "utf8"))).toSorted()).toEqual(SECRETS)
  })

  it("deploys with the secrets of the first attempt", async () => {
    deployment = await Deployment.create()
    const { cloudflare, secretsPath } = deployment
    cloudflare.addDatabase("dalgo-notifications")
    for (const name of QUEUES) cloudflare.addQueue(name)

    // The process is killed while it uploads.
    const killed = await deployment.run([], { killAt: /^PUT .*\/scripts\/dalgo-notifications$/ })
    expect(killed.code).toBeNull()
    // It could not clean up.
    expect(await readdir(join(deployment.dir, ".secrets"))).toHaveLength(2)
    const made = await readFile(secretsPath, "utf8")

    // The upload succeeds, and the cron is refused.
    const halfDeployed = await deployment.run([], {
      fault: failing(/\/schedules$/, { status: 400, code: 10100, message: "no" }),
    })
    expect(halfDeployed.code).toBe(1)
    expect(Object.fromEntries(cloudflare.script?.secrets ?? [])).toEqual(valuesIn(made))

    const last = await deployment.run()
    expect(last).toMatchObject({ code: 0, output: expect.stringContaining("nothing to do but deploy") })
    await expectDeployed(deployment)
    expect(await readFile(secretsPath, "utf8")).toBe(made)
    expect(await readdir(join(deployment.dir, ".secrets"))).toHaveLength(1)
  })
})

describe("stops before it changes anything", () => {
  let deployment: Deployment
  afterEach(async () => {
    expect(deployment.cloudflare.changes()).toEqual([])
    await deployment.remove()
  })

  it("without a sign-in", async () => {
    deployment = await Deployment.create()
    const { code, output } = await deployment.run([], { env: { CLOUDFLARE_API_TOKEN: "" } })
    expect([code, output]).toEqual([1, expect.stringContaining("npx wrangler login")])
  })

  it("with a token that is not known", async () => {
    deployment = await Deployment.create()
    const { code, output } = await deployment.run([], { env: { CLOUDFLARE_API_TOKEN: "another-token" } })
    expect([code, output]).toEqual([1, expect.stringContaining("Sign in to Cloudflare first")])
    expect(output).not.toContain("another-token")
  })

  it("with a token that may do less", async () => {
    deployment = await Deployment.create()
    const refused = { status: 403, code: 10000, message: "Authentication error" }
    const { code, output } = await deployment.run([], {
      fault: (request) => (request.endsWith("/queues") ? refused : undefined),
    })
    expect([code, output]).toEqual([1, expect.stringContaining("needs the permission Account › Queues › Edit")])
  })

  it("with several accounts, until one is named", async () => {
    deployment = await Deployment.create({ accounts: ["Example NGO", "Its partner"] })
    const asked = await deployment.run(["--dry-run"])
    const [one, two] = deployment.cloudflare.accounts.map(({ id }) => id)
    expect(asked).toMatchObject({ code: 1, output: expect.stringContaining("You have several accounts") })
    expect(asked.output).toContain(`CLOUDFLARE_ACCOUNT_ID=${two} npm run deploy   # Its partner`)

    const named = await deployment.run(["--dry-run"], { env: { CLOUDFLARE_ACCOUNT_ID: two } })
    expect(named).toMatchObject({ code: 0, output: expect.stringContaining(`account Its partner (${two})`) })
    expect(named.requests.filter((request) => request.includes(String(one)))).toEqual([])
  })

  it("with a build that fails", async () => {
    deployment = await Deployment.create({ build: "node --no-such-option" })
    const { code, output } = await deployment.run()
    expect([code, output]).toEqual([1, expect.stringContaining("no-such-option")])
  })
})
