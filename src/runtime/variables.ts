import { deliverableAddress } from "../domain/email-address"
import { MisconfiguredError } from "./errors"

/** A variable or secret of the worker. Each is read by itself, so that one that is wrong stops only what needs it. */
export type Variable<T> = {
  /** The value while it is not set, or empty. */
  unset: T
  /** Reads a text that is trimmed and not empty; `undefined` if it is not usable. */
  parse: (text: string) => { value: T } | undefined
  /** Reads a text that is not usable as far as others can go on with it. Without a result, reading the variable throws. */
  salvage?: (text: string) => { value: T } | undefined
  /** What it must be, after "it must be". */
  form: string
  /** What does not work while it is missing or not usable, for the people who run the service. */
  affects: string
  /** Whether something is missing while it is not set. `text` is another variable, `""` if that is not set. */
  isNeeded?: (text: (name: string) => string) => boolean
}

type About = Pick<Variable<unknown>, "affects" | "isNeeded">
type Form<T> = { parse: (text: string) => T | undefined; form: string }
type Salvage = "unset" | "as it stands"

const always = () => true
const withSes = (text: (name: string) => string) => text("EMAIL_PROVIDER").toLowerCase() === "ses"
const ifAnySet =
  (...names: string[]) =>
  (text: (name: string) => string) =>
    names.some((name) => text(name) !== "")

// Forms --------------------------------------------------------------------------------------------------

const matching = (pattern: RegExp, form: string): Form<string> => ({
  parse: (text) => (pattern.test(text) ? text : undefined),
  form,
})

const ANY_TEXT = matching(/^/, "a text")
const VISIBLE_ASCII = matching(/^[!-~]+$/, "a text of visible ASCII characters without blanks")
/** Tokens signed with it are public, so that a short one can be guessed offline. */
const SIGNING_SECRET = matching(/^.{16,}$/s, "a secret of at least 16 characters")
const ADDRESS: Form<string> = {
  parse: deliverableAddress,
  form: "one e-mail address and nothing else, in ASCII before the @",
}
const CONTACT: Form<string> = {
  parse(text) {
    if (/^https:\/\/\S+$/.test(text)) return text
    const address = text.startsWith("mailto:") ? deliverableAddress(text.slice("mailto:".length)) : undefined
    return address && `mailto:${address}`
  },
  form: "mailto:<address> or a https:// URL",
}
const JWKS_URL: Form<string> = {
  parse: (text) => (/^https?:\/\/[^\s@\\]+$/i.test(text) && URL.canParse(text) ? text : undefined),
  form: "a URL that begins with https://",
}
/** Without the slash at its end. `fetch` refuses a URL with a user name or a password. */
const URL_PREFIX: Form<string> = {
  parse: (text) =>
    /^https?:\/\/[^\s@\\?#]+$/i.test(text) && URL.canParse(text) ? text.replace(/\/+$/, "") : undefined,
  form: "a URL that begins with https://, without user name, ? or #",
}
/** In the form in which browsers send it. */
const ORIGIN: Form<string> = {
  parse: (text) => {
    const origin = text.replace(/\/+$/, "")
    if (!/^[a-z][a-z\d+.-]*:\/\/[^\s@\\/?#*]+$/i.test(origin)) return undefined
    if (!/^https?:/i.test(origin)) return origin
    return URL.parse(origin)?.origin
  },
  form: "origins such as https://app.example.org, separated by commas",
}
const SERVICE_KEY = matching(/^[!-~]{8,}$/, "keys of at least 8 visible ASCII characters, separated by commas")
const WEBHOOK_KEY = matching(/^[ -~]+$/, "keys of ASCII characters, separated by commas")
const SECRETS_KEY = matching(
  /^[\w-]{1,32}:[\w-]{43}=?$/,
  "keys such as <name>:<32 bytes in base64url>, separated by commas",
)
const TOPIC_ARN = matching(
  /^arn:(aws|aws-cn|aws-us-gov):sns:[a-z0-9-]+:\d{12}:[\w.-]+$/,
  "topics such as arn:aws:sns:<region>:<account>:<name>, separated by commas",
)
const DISCORD_WEBHOOK = matching(
  /^https:\/\/((ptb|canary)\.)?discord(app)?\.com\/api\/webhooks\/\d+\/[\w-]+\/?([?#].*)?$/i,
  "a webhook such as https://discord.com/api/webhooks/<id>/<token>",
)
const DAYS: Form<number> = {
  parse: (text) => (/^\d{1,5}$/.test(text) ? Number(text) : undefined),
  form: "a whole number of days, such as 180",
}
const FLAG: Form<boolean> = {
  parse(text) {
    const word = text.toLowerCase()
    if (["true", "1", "yes", "on"].includes(word)) return true
    return ["false", "0", "no", "off"].includes(word) ? false : undefined
  },
  form: "true or false",
}
const EMAIL_PROVIDERS = ["cloudflare", "ses"] as const
const EMAIL_PROVIDER: Form<(typeof EMAIL_PROVIDERS)[number]> = {
  parse: (text) => EMAIL_PROVIDERS.find((name) => name === text.toLowerCase()),
  form: EMAIL_PROVIDERS.join(" or "),
}

// Kinds of variables -------------------------------------------------------------------------------------

function variable<T>(
  { parse, form }: Form<T>,
  { unset, salvage, ...about }: About & { unset: NoInfer<T>; salvage?: Variable<NoInfer<T>>["salvage"] },
): Variable<T> {
  const wrap = (text: string) => {
    const value = parse(text)
    return value === undefined ? undefined : { value }
  }
  return { unset, parse: wrap, form, ...about, ...(salvage && { salvage }) }
}

function optional(form: Form<string>, about: About & { salvage?: Salvage }): Variable<string | undefined> {
  const { salvage, ...rest } = about
  return variable<string | undefined>(form, {
    ...rest,
    unset: undefined,
    ...(salvage && { salvage: (text) => ({ value: salvage === "unset" ? undefined : text }) }),
  })
}

const flag = (about: About): Variable<boolean> =>
  variable(FLAG, { ...about, unset: false, salvage: () => ({ value: false }) })

const itemsOf = (text: string) => text.split(",").flatMap((item) => item.trim() || [])

/** The items that are not usable are left out. If none is left, `ifNoneIsUsable` says whether reading the list throws. */
function list(
  { parse, form }: Form<string>,
  { ifNoneIsUsable, ...about }: About & { ifNoneIsUsable: "throw" | "empty" },
): Variable<string[]> {
  const usable = (text: string) => itemsOf(text).flatMap((item) => parse(item) ?? [])
  return {
    unset: [],
    parse: (text) => (itemsOf(text).every((item) => parse(item) !== undefined) ? { value: usable(text) } : undefined),
    salvage: (text) => (usable(text).length > 0 || ifNoneIsUsable === "empty" ? { value: usable(text) } : undefined),
    form,
    ...about,
  }
}

// The variables ------------------------------------------------------------------------------------------

/** Every variable and secret of the worker. docs/operations.md has the same list; a test compares the two. */
export const VARIABLES = {
  /** Exact origins whose pages may send cookies and open WebSockets. */
  ALLOWED_ORIGINS: list(ORIGIN, {
    affects: "Pages of an origin that is not usable cannot call this service.",
    ifNoneIsUsable: "empty",
  }),
  /** The web app, to which links in messages point. */
  FRONTEND_URL: optional(URL_PREFIX, {
    affects: "Messages have no links to the web app.",
    salvage: "unset",
    isNeeded: always,
  }),
  /** Dalgo's backend, which knows all people and stores most of the web app's preferences. */
  PLATFORM_ORIGIN: optional(URL_PREFIX, {
    affects:
      "The web app's preferences (/api/userpreferences, and the paths below it and below /api/orgpreferences) answer 503, " +
      "and so do requests of people who are unknown here.",
  }),
  /** This worker, to which unsubscribe links point. */
  PUBLIC_URL: optional(URL_PREFIX, {
    affects: "E-mails to people have no unsubscribe link while it is missing, and wait while it is not usable.",
    isNeeded: always,
  }),

  JWT_SECRET: optional(SIGNING_SECRET, {
    affects: "Nobody can sign in: people get 503. Servers with a service key are not affected.",
    isNeeded: (text) => text("JWT_JWKS_URL") === "",
  }),
  JWT_JWKS_URL: optional(JWKS_URL, {
    affects: "Nobody can sign in: people get 503. Servers with a service key are not affected.",
  }),
  JWT_ISSUER: optional(ANY_TEXT, { affects: "Tokens of another issuer are refused." }),
  JWT_AUDIENCE: optional(ANY_TEXT, { affects: "Tokens for another audience are refused." }),
  /** Two at a time allow rotation without an outage. */
  SERVICE_KEYS: list(SERVICE_KEY, {
    affects: "Servers whose key is not usable get 401.",
    ifNoneIsUsable: "empty",
  }),
  UNSUBSCRIBE_SECRET: optional(SIGNING_SECRET, {
    affects:
      "WebSocket tickets and unsubscribe links answer 503. E-mails to people have no unsubscribe link " +
      "while it is missing, and wait while it is not usable.",
    isNeeded: always,
  }),
  /** Keys that encrypt webhook URLs in the database. The first encrypts; all decrypt. */
  SECRETS_KEYS: variable<string[]>(
    {
      parse: (text) => (itemsOf(text).every((key) => SECRETS_KEY.parse(key)) ? itemsOf(text) : undefined),
      form: SECRETS_KEY.form,
    },
    {
      unset: [],
      affects: "Messages to Discord and Slack wait, and no webhook can be stored.",
      // Which key is needed, and whether that one is usable, depends on the webhook.
      salvage: (text) => ({ value: itemsOf(text) }),
    },
  ),

  PREFECT_NOTIFICATIONS_WEBHOOK_KEY: list(WEBHOOK_KEY, {
    affects: "Prefect's webhook answers 503: failures of pipelines are not received.",
    ifNoneIsUsable: "throw",
    isNeeded: always,
  }),
  PREFECT_API_URL: optional(URL_PREFIX, {
    affects:
      "While it is missing, only events that name deployment and tags are announced. While it is not usable, " +
      "failures of pipelines wait.",
    isNeeded: always,
  }),
  PREFECT_API_AUTH_STRING: optional(ANY_TEXT, { affects: "Prefect refuses our requests." }),
  PREFECT_API_KEY: optional(VISIBLE_ASCII, { affects: "Failures of pipelines wait." }),
  PREFECT_UI_URL: optional(URL_PREFIX, {
    affects: "Messages to platform admins have no links to Prefect's pages.",
    salvage: "unset",
  }),
  AIRBYTE_URL: optional(URL_PREFIX, {
    affects: "Messages to platform admins have no links to Airbyte's pages.",
    salvage: "unset",
  }),

  EMAIL_PROVIDER: variable(EMAIL_PROVIDER, { unset: "cloudflare", affects: "E-mails wait." }),
  EMAIL_FROM: optional(ADDRESS, { affects: "E-mails wait.", isNeeded: always }),
  EMAIL_FROM_NAME: variable(ANY_TEXT, { unset: "Dalgo", affects: "E-mails wait." }),
  SES_REGION: variable(matching(/^[a-z]{2,}(-[a-z]+)+-\d+$/, "a region such as ap-south-1"), {
    unset: "ap-south-1",
    affects: "E-mails wait.",
  }),
  SES_ENDPOINT: optional(URL_PREFIX, { affects: "E-mails wait." }),
  /** The configuration set that makes SES publish bounces and complaints. */
  SES_CONFIGURATION_SET: optional(matching(/^[\w-]{1,64}$/, "a name of letters, digits, _ and -"), {
    affects: "Bounces and complaints are not known while it is missing; e-mails wait while it is not usable.",
  }),
  /** The SNS topics to which SES publishes them. */
  SES_SNS_TOPIC_ARNS: list(TOPIC_ARN, {
    affects: "The webhook of Amazon SES answers 503: bounces and complaints are not received.",
    ifNoneIsUsable: "throw",
  }),
  SES_ACCESS_KEY_ID: optional(VISIBLE_ASCII, { affects: "E-mails wait.", isNeeded: withSes }),
  SES_SECRET_ACCESS_KEY: optional(VISIBLE_ASCII, { affects: "E-mails wait.", isNeeded: withSes }),

  /** Web push is offered only if all three are set. */
  VAPID_PUBLIC_KEY: optional(matching(/^B[\w-]{86}=?$/, "a point on P-256: 65 bytes in base64url"), {
    affects: "Push messages wait, and no device can be added.",
    isNeeded: ifAnySet("VAPID_PRIVATE_KEY"),
  }),
  VAPID_PRIVATE_KEY: optional(matching(/^[\w-]{43}=?$/, "32 bytes in base64url"), {
    affects: "Push messages wait, and no device can be added.",
    isNeeded: ifAnySet("VAPID_PUBLIC_KEY"),
  }),
  /** The contact for push services. */
  VAPID_SUBJECT: optional(CONTACT, {
    affects: "Push messages wait, and no device can be added.",
    isNeeded: ifAnySet("VAPID_PUBLIC_KEY", "VAPID_PRIVATE_KEY"),
  }),

  /** The platform admins are notified here. A text that is not usable still chooses the channel, whose messages wait. */
  ADMIN_EMAIL: optional(ADDRESS, {
    affects: "Platform admins are not told while it is missing, and their e-mails wait while it is not usable.",
    salvage: "as it stands",
    isNeeded: (text) =>
      FLAG.parse(text("NOTIFY_PLATFORM_ADMINS_OF_ERRORS")) === true && text("ADMIN_DISCORD_WEBHOOK") === "",
  }),
  ADMIN_DISCORD_WEBHOOK: optional(DISCORD_WEBHOOK, {
    affects: "Messages to platform admins on Discord wait.",
    salvage: "as it stands",
  }),
  NOTIFY_PLATFORM_ADMINS_OF_ERRORS: flag({ affects: "Platform admins are not told of failures." }),

  AUTO_GENERATE_LLM_FAILURE_SUMMARIES: flag({ affects: "Failures are told without AI." }),
  AI_MODEL: variable(matching(/^@?[\w.-]+(\/[\w.:-]+)+$/, "the name of a model such as @cf/zai-org/glm-4.7-flash"), {
    unset: "@cf/zai-org/glm-4.7-flash",
    affects: "Failures are told without AI.",
    salvage: (text) => ({ value: text }),
  }),

  /** Read notifications are deleted this long after they were sent; 0 keeps them forever. */
  RETENTION_DAYS: variable(DAYS, { unset: 180, affects: "Nothing old is deleted." }),
}

export const notUsable = (name: keyof typeof VARIABLES) =>
  new MisconfiguredError(`${name} is not usable: it must be ${VARIABLES[name].form}`)

/** The bindings of wrangler.toml without which the service can go on. */
export const BINDINGS: Record<string, About> = {
  SIGNALS: { affects: "Events are kept, but neither processed nor announced." },
  DELIVERIES: { affects: "Messages other than those in the inbox wait." },
  EMAIL: { affects: "E-mails wait.", isNeeded: (text) => !withSes(text) },
  AI: { affects: "Failures are told without AI." },
  SIGNALS_BULK: { affects: "Events of an organisation that sends many wait for the next minute." },
  DELIVERIES_BULK: { affects: "Messages of an organisation that sends many wait for the next minute." },
  QUEUE_SHARE: { affects: "A burst of one organisation delays the others." },
  SEND_LIMIT: { affects: "Nothing limits how often one caller may send." },
  SEARCH_LIMIT: { affects: "Nothing limits how often one person may search." },
  CONNECT_LIMIT: { affects: "Nothing limits how often one person may open a socket." },
}
