import * as z from "zod/mini"
import { MisconfiguredError } from "./errors"

const text = z.string().check(z.trim())
const withDefault = (value: string) => z._default(text, value)
const withoutSlash = (url: string) => url.replace(/\/+$/, "")
const optional = z.pipe(
  withDefault(""),
  z.transform((value: string) => value || undefined),
)
const list = z.pipe(
  withDefault(""),
  z.transform((value: string) => value.split(",").flatMap((item) => item.trim() || [])),
)
const flag = z.pipe(
  withDefault(""),
  z.transform((value: string) => ["true", "1", "yes"].includes(value.toLowerCase())),
)
/** A whole number of days, of at most five digits. */
const days = (defaultDays: number) =>
  z.pipe(
    z._default(z.string().check(z.trim(), z.regex(/^\d{0,5}$/)), ""),
    z.transform((value: string) => (value === "" ? defaultDays : Number(value))),
  )
const origin = z.pipe(
  withDefault(""),
  z.transform((value: string) => withoutSlash(value) || undefined),
)
const origins = z.pipe(
  list,
  z.transform((items: string[]) => items.map(withoutSlash)),
)

/** The worker's variables and secrets. Lists are separated by commas. */
const Config = z.object({
  /** Exact origins whose pages may send cookies and open WebSockets. */
  ALLOWED_ORIGINS: origins,
  /** The origin of Dalgo's web app, to which links in messages point. */
  FRONTEND_URL: origin,
  /** The origin of Dalgo's backend, which stores the web app's user preferences. */
  PLATFORM_ORIGIN: origin,
  /** The public origin of this worker, to which unsubscribe links point. */
  PUBLIC_URL: origin,

  JWT_SECRET: optional,
  JWT_JWKS_URL: optional,
  JWT_ISSUER: optional,
  JWT_AUDIENCE: optional,
  /** Two at a time allow rotation without an outage. */
  SERVICE_KEYS: list,
  UNSUBSCRIBE_SECRET: optional,
  /** Keys that encrypt webhook URLs in the database, as `id:base64url`. The first encrypts; all decrypt. */
  SECRETS_KEYS: list,

  PREFECT_NOTIFICATIONS_WEBHOOK_KEY: list,
  PREFECT_API_URL: origin,
  PREFECT_API_AUTH_STRING: optional,
  PREFECT_API_KEY: optional,
  PREFECT_UI_URL: origin,
  AIRBYTE_URL: origin,

  EMAIL_PROVIDER: z._default(z.enum(["cloudflare", "ses"]), "cloudflare"),
  EMAIL_FROM: optional,
  EMAIL_FROM_NAME: withDefault("Dalgo"),
  SES_REGION: withDefault("ap-south-1"),
  SES_ENDPOINT: origin,
  /** The configuration set that makes SES publish bounces and complaints. */
  SES_CONFIGURATION_SET: optional,
  /** The SNS topics to which SES publishes them. */
  SES_SNS_TOPIC_ARNS: list,
  SES_ACCESS_KEY_ID: optional,
  SES_SECRET_ACCESS_KEY: optional,

  /** Web push is offered only if all three are set. */
  VAPID_PUBLIC_KEY: optional,
  VAPID_PRIVATE_KEY: optional,
  /** The contact for push services: a `mailto:` or `https:` URL. */
  VAPID_SUBJECT: optional,

  /** The platform admins are notified here. */
  ADMIN_EMAIL: optional,
  ADMIN_DISCORD_WEBHOOK: optional,
  NOTIFY_PLATFORM_ADMINS_OF_ERRORS: flag,

  AUTO_GENERATE_LLM_FAILURE_SUMMARIES: flag,
  AI_MODEL: withDefault("@cf/zai-org/glm-4.7-flash"),

  /** Read notifications are deleted this long after they were sent; 0 keeps them forever. */
  RETENTION_DAYS: days(180),
})
export type Config = z.infer<typeof Config>

const parsedConfigs = new WeakMap<object, Config>()

/** The validated settings, parsed once per isolate. Throws `MisconfiguredError` with the names of invalid variables. */
export function configFrom(env: Env): Config {
  const parsed = parsedConfigs.get(env)
  if (parsed) return parsed
  const result = Config.safeParse(env)
  if (!result.success) {
    const names = result.error.issues.map((issue) => issue.path.join("."))
    throw new MisconfiguredError(`cannot be used: ${names.join(", ")}`)
  }
  parsedConfigs.set(env, result.data)
  return result.data
}
