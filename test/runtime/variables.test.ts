import { describe, expect, it, vi } from "vitest"
import operations from "../../docs/operations.md?raw"
import { configFrom, findConfigProblems } from "../../src/runtime/config"
import { BINDINGS, type Variable, VARIABLES } from "../../src/runtime/variables"

type Name = keyof typeof VARIABLES
const variables = Object.entries(VARIABLES) as [Name, Variable<unknown>][]
const configWith = (changes: object) => configFrom(changes as unknown as Env)
const problemsWith = (changes: object) =>
  findConfigProblems(changes as unknown as Env).filter(({ name }) => Object.hasOwn(changes, name))

describe("docs/operations.md", () => {
  const section = operations.slice(operations.indexOf("## Variables"), operations.indexOf("## Health"))
  const rows = Array.from(section.matchAll(/^\| `(\w+)` \|(.*) \|$/gm), ([, name = "", rest = ""]) => [
    name,
    ...rest.split("|").map((cell) => cell.trim().replaceAll("`", "")),
  ])

  it("has every variable in the same order, with what it must be and what it affects", () => {
    const documented = rows.filter((row) => row.length === 6)
    expect(documented.map(([name, , needed, , form, affects]) => [name, needed !== "", form, affects])).toEqual(
      variables.map(([name, { isNeeded, form, affects }]) => [
        name,
        isNeeded !== undefined,
        form === "a text" ? "" : form,
        affects,
      ]),
    )
  })

  it("has every binding that may be missing", () => {
    const documented = rows.filter((row) => row.length === 2)
    expect(documented).toEqual(Object.entries(BINDINGS).map(([name, { affects }]) => [name, affects]))
  })
})

describe("a variable", () => {
  it("is parsed when it is read, and once", () => {
    const log = vi.spyOn(console, "log").mockReturnValue()
    const env = { FRONTEND_URL: "nonsense", RETENTION_DAYS: "nonsense" } as unknown as Env
    const config = configFrom(env)
    expect(configFrom(env)).toBe(config)
    expect(config.EMAIL_PROVIDER).toBe("cloudflare")
    expect(log).not.toHaveBeenCalled()
    expect([config.FRONTEND_URL, config.FRONTEND_URL]).toEqual([undefined, undefined])
    expect(log).toHaveBeenCalledOnce()
  })

  it.each(variables)("is not set if it is empty: %s", (name, { unset }) => {
    for (const text of [undefined, "", " \n"]) expect(configWith({ [name]: text })[name]).toEqual(unset)
  })

  it.each(variables)("is not usable if it is no text: %s", (name) => {
    for (const value of [{}, null, [1], () => "x", Symbol("x")]) {
      expect(problemsWith({ [name]: value })).toEqual([expect.objectContaining({ name, problem: "invalid" })])
      expect(() => configWith({ [name]: value })[name]).toThrow(`${name} is not usable: it must be `)
    }
  })
})

const URLS: [string, string][] = [
  ["https://one.test", "https://one.test"],
  [" https://one.test/// ", "https://one.test"],
  ["http://127.0.0.1:4200/api/", "http://127.0.0.1:4200/api"],
  ["https://one.test/a/b", "https://one.test/a/b"],
]
const NO_URLS = [
  "nonsense",
  "one.test",
  "//one.test",
  "javascript:alert(1)",
  "data:text/html,x",
  "ftp://one.test",
  "https://",
  "https:// one.test",
  "https://user:secret@one.test",
  "https://one.test?x=1",
  "https://one.test#x",
  "https://one.test\\@evil.test",
  "https://[one]",
  "https://one.test\nhttps://two.test",
  "'https://one.test'",
]
const URL_NAMES = ["PLATFORM_ORIGIN", "PUBLIC_URL", "PREFECT_API_URL", "SES_ENDPOINT"] as const
const LINK_NAMES = ["FRONTEND_URL", "PREFECT_UI_URL", "AIRBYTE_URL"] as const

describe("a URL", () => {
  it.each([...URL_NAMES, ...LINK_NAMES])("has no slash at its end: %s", (name) => {
    for (const [text, url] of URLS) expect(configWith({ [name]: text })[name]).toBe(url)
  })

  it.each(URL_NAMES)("that is none cannot be read: %s", (name) => {
    for (const text of NO_URLS) expect(() => configWith({ [name]: text })[name], text).toThrow(`${name} is not usable`)
  })

  it.each(LINK_NAMES)("that is none makes no link: %s", (name) => {
    vi.spyOn(console, "log").mockReturnValue()
    for (const text of NO_URLS) {
      expect(configWith({ [name]: text })[name], text).toBeUndefined()
      expect(problemsWith({ [name]: text }), text).toHaveLength(1)
    }
  })

  it("of public keys may have a query", () => {
    const url = "https://login.test/keys?policy=1"
    expect(configWith({ JWT_JWKS_URL: url }).JWT_JWKS_URL).toBe(url)
    expect(() => configWith({ JWT_JWKS_URL: "login.test/keys" }).JWT_JWKS_URL).toThrow("JWT_JWKS_URL is not usable")
  })
})

describe("a list", () => {
  it.each<[Name, string, string[]]>([
    [
      "ALLOWED_ORIGINS",
      "https://one.test/, null, *, https://two.test/page, HTTPS://Three.Test:443",
      ["https://one.test", "https://three.test"],
    ],
    ["ALLOWED_ORIGINS", "capacitor://localhost, one.test", ["capacitor://localhost"]],
    ["ALLOWED_ORIGINS", "*", []],
    ["SERVICE_KEYS", "short, long-enough-key, with a blank", ["long-enough-key"]],
    ["SERVICE_KEYS", "x", []],
    ["PREFECT_NOTIFICATIONS_WEBHOOK_KEY", "schlüssel, key", ["key"]],
    [
      "SES_SNS_TOPIC_ARNS",
      "nonsense,arn:aws:sns:ap-south-1:123456789012:mail",
      ["arn:aws:sns:ap-south-1:123456789012:mail"],
    ],
    [
      "SECRETS_KEYS",
      "new:short,old:b2xkLWtleS1vZi10aGUtdGVzdHMtMzItYnl0ZXMtISE",
      ["new:short", "old:b2xkLWtleS1vZi10aGUtdGVzdHMtMzItYnl0ZXMtISE"],
    ],
  ])("is read in part, and reported: %s=%s", (name, text, items) => {
    const log = vi.spyOn(console, "log").mockReturnValue()
    expect(configWith({ [name]: text })[name]).toEqual(items)
    expect(log.mock.calls.map(([line]) => JSON.parse(line))).toEqual([
      { level: "error", event: "misconfigured", reason: expect.stringMatching(`^${name} is not usable: it must be`) },
    ])
    expect(problemsWith({ [name]: text })).toEqual([{ name, problem: "invalid", affects: VARIABLES[name].affects }])
  })

  it.each(["PREFECT_NOTIFICATIONS_WEBHOOK_KEY", "SES_SNS_TOPIC_ARNS"] as const)(
    "that opens a door cannot be read without a usable item: %s",
    (name) => {
      expect(() => configWith({ [name]: "schlüssel, clé" })[name]).toThrow(`${name} is not usable`)
    },
  )

  it("may be a list in wrangler.toml too", () => {
    const ALLOWED_ORIGINS = ["https://one.test", "https://two.test"]
    expect(configWith({ ALLOWED_ORIGINS }).ALLOWED_ORIGINS).toEqual(ALLOWED_ORIGINS)
  })
})

it.each([
  ["true", true],
  ["TRUE", true],
  ["1", true],
  ["yes", true],
  ["on", true],
  [true, true],
  ["false", false],
  ["no", false],
  ["0", false],
  ["off", false],
  [false, false],
])("the flag %j is %j", (text, value) => {
  expect(configWith({ NOTIFY_PLATFORM_ADMINS_OF_ERRORS: text }).NOTIFY_PLATFORM_ADMINS_OF_ERRORS).toBe(value)
  expect(problemsWith({ NOTIFY_PLATFORM_ADMINS_OF_ERRORS: text })).toEqual([])
})

it.each<[Name, string, string]>([
  ["EMAIL_FROM", "Notify@दिल्ली.भारत", "notify@xn--j2bya4ch0f.xn--h2brj9c"],
  ["ADMIN_EMAIL", "Ops@Bücher.test", "ops@xn--bcher-kva.test"],
  ["VAPID_SUBJECT", "mailto:ops@bücher.test", "mailto:ops@xn--bcher-kva.test"],
])("%s is used in its canonical form", (name, text, canonical) => {
  expect(configWith({ [name]: text })[name]).toBe(canonical)
})

it.each(["perhaps", "enabled", "constructor", "2"])("the flag %j is off, and reported", (text) => {
  vi.spyOn(console, "log").mockReturnValue()
  expect(configWith({ AUTO_GENERATE_LLM_FAILURE_SUMMARIES: text }).AUTO_GENERATE_LLM_FAILURE_SUMMARIES).toBe(false)
  expect(problemsWith({ AUTO_GENERATE_LLM_FAILURE_SUMMARIES: text })).toHaveLength(1)
})

it.each<[Name, string[], string[]]>([
  ["EMAIL_PROVIDER", ["ses", "SES", " cloudflare "], ["mailgun", "ses,cloudflare"]],
  ["SES_REGION", ["eu-west-1", "us-gov-west-1"], ["eu", "evil.test/", "eu-west-1.evil.test", "eu west 1"]],
  ["SES_CONFIGURATION_SET", ["dalgo_1"], ["two words", "x".repeat(65)]],
  ["SES_ACCESS_KEY_ID", ["AKIAEXAMPLE"], ["two words", "schlüssel"]],
  ["PREFECT_API_KEY", ["pnu_example"], ["two words", "one\ntwo"]],
  ["JWT_SECRET", ["x".repeat(16), "a secret of several words"], ["short"]],
  ["UNSUBSCRIBE_SECRET", ["x".repeat(16)], ["short"]],
  [
    "VAPID_SUBJECT",
    ["mailto:ops@dalgo.test", "https://dalgo.test"],
    ["ops@dalgo.test", "mailto:", "mailto:ops@dalgo.test,b@dalgo.test", "http://dalgo.test"],
  ],
  ["VAPID_PUBLIC_KEY", [`B${"x".repeat(86)}`], ["nonsense", "x".repeat(87)]],
  ["VAPID_PRIVATE_KEY", ["x".repeat(43)], ["nonsense"]],
  ["EMAIL_FROM", ["a@dalgo.test", "a@दिल्ली.भारत"], ["dalgo", "Dalgo <a@dalgo.test>", "प्रिया@dalgo.test"]],
  ["RETENTION_DAYS", ["0", "99999"], ["abc", "-1", "1e3"]],
])("%s may be %j, and not %j", (name, usable, notUsable) => {
  for (const text of usable) expect(problemsWith({ [name]: text }), text).toEqual([])
  for (const text of notUsable) {
    expect(problemsWith({ [name]: text }), text).toHaveLength(1)
    expect(() => configWith({ [name]: text })[name], text).toThrow(`${name} is not usable: it must be `)
  }
})
