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
/** A whole number of days, at most as many as milliseconds are counted for. */
const days = (otherwise: number) =>
  z.pipe(
    z._default(z.string().check(z.trim(), z.regex(/^\d{0,5}$/)), ""),
    z.transform((value: string) => (value === "" ? otherwise : Number(value))),
  )
const origin = z.pipe(
  withDefault(""),
  z.transform((value: string) => withoutSlash(value) || undefined),
)
const origins = z.pipe(
  list,
  z.transform((items: string[]) => items.map(withoutSlash)),
)

/** The worker's variables and secrets, by the names under which they are set. */
const Config = z.object({
  /** Exact origins that may call with credentials and open sockets. */
  ALLOWED_ORIGINS: origins,
  /** Where people use Dalgo: links in messages lead there. */
  FRONTEND_URL: origin,
  /** Where Dalgo's own backend is, where it keeps what the web app asks of a person. */
  PLATFORM_ORIGIN: origin,
  /** Where this worker is reached from outside: unsubscribe links lead there. */
  PUBLIC_URL: origin,

  JWT_SECRET: optional,
  JWT_JWKS_URL: optional,
  JWT_ISSUER: optional,
  JWT_AUDIENCE: optional,
  /** Up to two, so that one can be replaced without a gap. */
  SERVICE_KEYS: list,
  UNSUBSCRIBE_SECRET: optional,
  /** What seals secrets in the database, as `secrets.ts` reads it. */
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
  /** Whose events SES publishes, where it is to tell what became of mails. */
  SES_CONFIGURATION_SET: optional,
  /** The topics of SNS by which SES tells that. */
  SES_SNS_TOPIC_ARNS: list,
  SES_ACCESS_KEY_ID: optional,
  SES_SECRET_ACCESS_KEY: optional,

  /** All three, or nobody is offered push messages. */
  VAPID_PUBLIC_KEY: optional,
  VAPID_PRIVATE_KEY: optional,
  /** Where push services reach whoever runs this: `mailto:` or `https:`. */
  VAPID_SUBJECT: optional,

  /** Those who run the platform. */
  ADMIN_EMAIL: optional,
  ADMIN_DISCORD_WEBHOOK: optional,
  NOTIFY_PLATFORM_ADMINS_OF_ERRORS: flag,

  AUTO_GENERATE_LLM_FAILURE_SUMMARIES: flag,
  AI_MODEL: withDefault("@cf/zai-org/glm-4.7-flash"),

  /** How long after it was sent something stays that was read; 0 for ever. */
  RETENTION_DAYS: days(180),
})
export type Config = z.infer<typeof Config>

const parsedConfigs = new WeakMap<object, Config>()

/** The settings of this worker, parsed once per isolate. Throws `MisconfiguredError` for what cannot be used. */
export function configFrom(env: Env): Config {
  const known = parsedConfigs.get(env)
  if (known) return known
  const result = Config.safeParse(env)
  if (!result.success) {
    const names = result.error.issues.map((issue) => issue.path.join("."))
    throw new MisconfiguredError(`cannot be used: ${names.join(", ")}`)
  }
  parsedConfigs.set(env, result.data)
  return result.data
}
