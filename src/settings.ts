import * as z from "zod"
import { MisconfiguredError } from "./errors"

const text = z.string().trim()
const optional = text.optional().transform((value) => value || undefined)
const list = text
  .default("")
  .transform((value) => value.split(",").map((item) => item.trim()))
  .transform((items) => items.filter((item) => item !== ""))
const isOn = text.default("").transform((value) => ["true", "1", "yes"].includes(value.toLowerCase()))
const origin = optional.transform((value) => value?.replace(/\/+$/, ""))

/** The worker's variables and secrets, by the names under which they are set. */
const Settings = z.object({
  /** Exact origins that may call with credentials and open sockets. */
  ALLOWED_ORIGINS: list.transform((origins) => origins.map((one) => one.replace(/\/+$/, ""))),
  /** Where people use Dalgo: links in messages lead there. */
  FRONTEND_URL: origin,
  /** Where this worker is reached from outside: unsubscribe links lead there. */
  PUBLIC_URL: origin,

  JWT_SECRET: optional,
  JWT_JWKS_URL: optional,
  JWT_ISSUER: optional,
  JWT_AUDIENCE: optional,
  /** Up to two, so that one can be replaced without a gap. */
  SERVICE_KEYS: list,
  UNSUBSCRIBE_SECRET: optional,

  PREFECT_NOTIFICATIONS_WEBHOOK_KEY: list,
  PREFECT_API_URL: origin,
  PREFECT_API_AUTH_STRING: optional,
  PREFECT_API_KEY: optional,

  EMAIL_PROVIDER: z.enum(["cloudflare", "ses"]).default("cloudflare"),
  EMAIL_FROM: optional,
  EMAIL_FROM_NAME: text.default("Dalgo"),
  SES_REGION: text.default("ap-south-1"),
  SES_ENDPOINT: origin,
  SES_ACCESS_KEY_ID: optional,
  SES_SECRET_ACCESS_KEY: optional,

  AUTO_GENERATE_LLM_FAILURE_SUMMARIES: isOn,
  AI_MODEL: text.default("@cf/zai-org/glm-4.7-flash"),
})
export type Settings = z.infer<typeof Settings>

const parsed = new WeakMap<object, Settings>()

/** The settings of this worker, parsed once per isolate. Throws `MisconfiguredError` for what cannot be used. */
export function settingsFrom(env: Env): Settings {
  const known = parsed.get(env)
  if (known) return known
  const result = Settings.safeParse(env)
  if (!result.success) {
    const names = result.error.issues.map((issue) => issue.path.join("."))
    throw new MisconfiguredError(`cannot be used: ${names.join(", ")}`)
  }
  parsed.set(env, result.data)
  return result.data
}
