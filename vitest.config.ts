import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-pool-workers"
import { kCurrentWorker } from "miniflare"
import { defineConfig } from "vitest/config"
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
  ADMIN_EMAIL: "",
  ADMIN_DISCORD_WEBHOOK: "",
  NOTIFY_PLATFORM_ADMINS_OF_ERRORS: "",
}

declare module "vitest" {
  interface ProvidedContext {
    fuzz: { seed: number; runs: number }
    faults: { seeds: number[] }
  }
}

/** The one that FAULT_SEED names, or as many as FAULT_RUNS says: a few among all tests, and more where they are asked for. */
function seedsOf({ FAULT_SEED: only, FAULT_RUNS: runs, npm_lifecycle_event: script }: NodeJS.ProcessEnv): number[] {
  const length = Number(runs ?? (script === "test:faults" ? 200 : 20))
  return only ? [Number(only)] : Array.from({ length }, (_, i) => i + 1)
}

export default defineConfig({
  plugins: [
    cloudflareTest(async () => ({
      wrangler: { configPath: "./wrangler.toml" },
      main: "./src/index.ts",
      remoteBindings: false,
      miniflare: {
        bindings: { ...bindings, TEST_MIGRATIONS: await readD1Migrations("migrations") },
        // What another Worker on the account would have in its `services`.
        serviceBindings: { NOTIFICATIONS: { name: kCurrentWorker, entrypoint: "NotificationService" } },
        outboundService: (request: Request) => new Response(`blocked ${request.url}`, { status: 599 }),
      },
    })),
  ],
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/e2e/**"],
    setupFiles: ["./test/support/setup.ts"],
    testTimeout: 20_000,
    provide: {
      fuzz: { seed: Number(process.env.FUZZ_SEED ?? 20_261_125), runs: Number(process.env.FUZZ_RUNS ?? 50) },
      faults: { seeds: seedsOf(process.env) },
    },
    isolate: false,
    maxWorkers: 2,
  },
})
