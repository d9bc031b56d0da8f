import { spawn } from "node:child_process"
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, relative, resolve } from "node:path"
import { NO_DATABASE_ID } from "../../scripts/deploy/config.mjs"
import { BUILT } from "./build"
import { FakeCloudflare } from "./fake-cloudflare"

type Conditions = { fault?: FakeCloudflare["fault"]; killAt?: RegExp; env?: object }
export type Run = { code: number | null; output: string; requests: string[]; changes: string[] }

/** A checkout from which somebody deploys to a stand-in of Cloudflare, with a home of its own. */
export class Deployment {
  private constructor(
    readonly dir: string,
    readonly cloudflare: FakeCloudflare,
    readonly config: string,
  ) {}

  /** `vars`: lines of [vars]. The build is left out, since every run would take as long as it does. */
  static async create({ accounts, build = "node --version" }: { accounts?: string[]; build?: string } = {}) {
    const dir = await mkdtemp(join(tmpdir(), "deploy-test-"))
    const cloudflare = new FakeCloudflare(accounts)
    await cloudflare.listen()
    const deployment = new Deployment(dir, cloudflare, join(dir, "wrangler.toml"))
    await mkdir(join(dir, "home"))
    const toml = await readFile("wrangler.toml", "utf8")
    const here = (path: string) => JSON.stringify(relative(dir, resolve(path)))
    await writeFile(
      deployment.config,
      toml
        .replace('"dist/worker/index.mjs"', here(`${BUILT}/worker/index.mjs`))
        .replace('"dist/web"', here(`${BUILT}/web`))
        .replace('"npm run build"', JSON.stringify(build))
        .replace('migrations_dir = "migrations"', `migrations_dir = ${here("migrations")}`)
        .replace('"migrations/[0-9]*.sql"', here("migrations/[0-9]*.sql"))
        // Whoever runs these tests may have deployed.
        .replace(/^database_id = .*$/m, `database_id = "${NO_DATABASE_ID}"`)
        .replace(/^(FRONTEND_URL|PREFECT_API_URL|EMAIL_FROM|VAPID_SUBJECT) = .*$/gm, '$1 = ""')
        .replace(/^PUBLIC_URL = .*$/m, `PUBLIC_URL = "${cloudflare.origin}"`),
    )
    return deployment
  }

  /** Runs the command of `npm run deploy`. `fault`: which requests fail meanwhile. `killAt`: the request that ends it. */
  async run(args: string[] = [], { fault, killAt, env = {} }: Conditions = {}): Promise<Run> {
    const { cloudflare } = this
    const since = cloudflare.requests.length
    const home = join(this.dir, "home")
    const child = spawn(process.execPath, ["scripts/deploy.mjs", "--config", this.config, ...args], {
      env: {
        PATH: process.env.PATH,
        HOME: home,
        XDG_CONFIG_HOME: home,
        WRANGLER_CACHE_DIR: join(home, "cache"),
        CLOUDFLARE_API_BASE_URL: `${cloudflare.origin}/client/v4`,
        CLOUDFLARE_CF_FETCH_ENABLED: "false",
        CLOUDFLARE_API_TOKEN: cloudflare.token,
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own, to be ended together with wrangler.
      detached: true,
    })
    cloudflare.fault = (request) => {
      if (killAt?.test(request) && child.pid) process.kill(-child.pid, "SIGKILL")
      return fault?.(request)
    }
    let output = ""
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk))
    const code = await new Promise<number | null>((done) => child.once("close", done))
    cloudflare.fault = undefined
    return { code, output, requests: cloudflare.requests.slice(since), changes: cloudflare.changes(since) }
  }

  readConfig = () => readFile(this.config, "utf8")

  get secretsPath() {
    return join(this.dir, ".secrets", `dalgo-notifications.${this.cloudflare.account.id}.env`)
  }

  async remove() {
    await this.cloudflare.close()
    await rm(this.dir, { recursive: true, force: true })
  }
}
