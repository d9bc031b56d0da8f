import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-pool-workers"
import { kCurrentWorker } from "miniflare"
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config"
import { vapidPair } from "./scripts/local/vapid-pair.mjs"

/** Every setting that tests rely on: nothing is taken from a developer's own .dev.vars. */
const bindings = {
  ALLOWED_ORIGINS: "https://app.dalgo.test",
  FRONTEND_URL: "https://app.dalgo.test",
  PLATFORM_ORIGIN: "",
  PUBLIC_URL: "https://notifications.dalgo.test",
  JWT_JWKS_URL: "",
  JWT_ISSUER: "",
  JWT_AUDIENCE: "",
  PREFECT_API_KEY: "",
  JWT_SECRET: "the-secret-of-the-tests-32-bytes!",
  SERVICE_KEYS: "service-key-new,service-key-old",
  UNSUBSCRIBE_SECRET: "another-secret-of-the-tests",
  SECRETS_KEYS: "new:bmV3LWtleS1vZi10aGUtdGVzdHMtMzItYnl0ZXMtISE,old:b2xkLWtleS1vZi10aGUtdGVzdHMtMzItYnl0ZXMtISE",
  PREFECT_NOTIFICATIONS_WEBHOOK_KEY: "webhook-key-new,webhook-key-old",
  PREFECT_API_URL: "https://prefect.dalgo.test/api",
  PREFECT_API_AUTH_STRING: "dalgo:example",
  EMAIL_PROVIDER: "ses",
  EMAIL_FROM: "notifications@dalgo.test",
  SES_ENDPOINT: "https://ses.dalgo.test",
  SES_CONFIGURATION_SET: "",
  SES_SNS_TOPIC_ARNS: "arn:aws:sns:ap-south-1:123456789012:dalgo-mail",
  SES_ACCESS_KEY_ID: "example",
  SES_SECRET_ACCESS_KEY: "example",
  ...vapidPair(),
  VAPID_SUBJECT: "mailto:notifications@dalgo.test",
  AUTO_GENERATE_LLM_FAILURE_SUMMARIES: "true",
  ADMIN_EMAIL: "ops@dalgo.test",
  ADMIN_DISCORD_WEBHOOK: "",
  NOTIFY_PLATFORM_ADMINS_OF_ERRORS: "",
}

declare module "vitest" {
  interface ProvidedContext {
    fuzz: { seed: number; runs: number }
    faults: { seeds: number[] }
    inboxSizes: number[]
  }
}

/** One of the commands: `npm test` is "quick", and each of the others has the name of its project. */
const project = (name: string, test: TestProjectInlineConfiguration["test"]) => ({
  extends: true as const,
  test: { ...test, name },
})

const { FUZZ_SEED = 20_261_125, FUZZ_RUNS = 100, FAULT_SEED, FAULT_RUNS = 200 } = process.env
const faultSeeds = FAULT_SEED ? [Number(FAULT_SEED)] : Array.from({ length: Number(FAULT_RUNS) }, (_, i) => i + 1)

/** As `migrations_pattern` in wrangler.toml: without schema.sql. */
const readMigrations = async () => (await readD1Migrations("migrations")).filter(({ name }) => /^\d/.test(name))

export default defineConfig({
  plugins: [
    cloudflareTest(async () => ({
      wrangler: { configPath: "./wrangler.toml" },
      main: "./src/index.ts",
      remoteBindings: false,
      miniflare: {
        bindings: { ...bindings, TEST_MIGRATIONS: await readMigrations() },
        // What another Worker on the account would have in its `services`.
        serviceBindings: { NOTIFICATIONS: { name: kCurrentWorker, entrypoint: "NotificationService" } },
        outboundService: (request: Request) => new Response(`blocked ${request.url}`, { status: 599 }),
      },
    })),
  ],
  test: {
    setupFiles: ["./test/support/setup.ts"],
    // For what hangs: on a machine that does other things too, a test may take twenty times as long.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A runtime takes one file after the other: loading the worker anew for each takes as long as most files.
    isolate: false,
    maxWorkers: 2,
    projects: [
      project("quick", {
        include: ["test/**/*.test.ts"],
        exclude: ["test/e2e/**", "test/deploy/**", "test/faults/**"],
        provide: { fuzz: { seed: Number(FUZZ_SEED), runs: 5 }, inboxSizes: [100] },
      }),
      project("rows", { include: ["test/notifications/budgets.test.ts"], provide: { inboxSizes: [100_000] } }),
      project("fuzz", {
        include: ["test/openapi/fuzz.test.ts"],
        provide: { fuzz: { seed: Number(FUZZ_SEED), runs: Number(FUZZ_RUNS) } },
      }),
      project("faults", { include: ["test/faults/**/*.test.ts"], provide: { faults: { seeds: faultSeeds } } }),
    ],
  },
})
