// Secrets that are known by their form, wherever they stand. Texts may be of any length, so every pattern takes linear
// time: a run of characters is tried only from its beginning (by a lookbehind), or its length is bounded.

/** A run that has a digit, which words and names of packages lack. */
const withDigit = (run: string) => `(?=[\\w-]{0,80}\\d)${run}`

/** Private keys, to the end of the text if they were cut off. */
const PRIVATE_KEY =
  /-{4,5} ?BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}[\s\S]*?(?:-{4,5} ?END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}|$)/g

/** Keys and tokens by the prefix that their issuer gives them, up to the end of their run. */
const PREFIXED_TOKENS = [
  "eyJ[\\w-]{6,}(?:\\.[\\w-]*){0,4}", // JSON Web Tokens, cut off ones too
  "gh[pousr]_[A-Za-z0-9]{8,}",
  "github_pat_\\w{8,}",
  "gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent)-[\\w-]{8,}",
  "AT(?:ATT|BB|CTT)[\\w-]{16,}=?\\w*",
  withDigit("xox[abeoprs]-[\\w-]{8,}"),
  "xapp-[\\w-]{16,}",
  withDigit("sk-[\\w-]{16,}"),
  withDigit("(?:gsk|xai|nvapi|tvly|r8|pplx)[-_][\\w-]{20,}"),
  "pn[ub]_[A-Za-z0-9]{8,}",
  "ya29\\.[\\w.-]{8,}",
  "1//0[\\w-]{20,}",
  "GOCSPX-[\\w-]{16,}",
  "AIza[\\w-]{30,}",
  "GOOG1?[A-Z0-9]{20,}",
  "SG\\.[\\w-]{16,}\\.[\\w-]{16,}",
  "pat[A-Za-z0-9]{14}\\.[0-9a-f]{16,}", // Airtable
  "do[opr]_v1_[0-9a-f]{16,}",
  withDigit("(?:hf|npm|secret|ntn|lin_api|rubygems|sntrys|sntryu|pscale_tkn|dbt[cu]|figd|fio-u)_[A-Za-z0-9]{20,}"),
  "pypi-[\\w-]{32,}",
  "sh(?:pat|pca|ppa|pss|ptka)_[0-9A-Za-z]{16,}",
  "[rs]k_(?:live|test)_\\w{8,}",
  "whsec_[\\w+/=]{16,}",
  "dapi[0-9a-f]{32}(?:-\\d)?",
  "key-[0-9a-f]{32}",
  "hv[sbr]\\.[\\w-]{20,}",
  "AGE-SECRET-KEY-1[0-9A-Z]{20,}",
  "SK[0-9a-f]{32}",
  "EAA[A-Za-z0-9]{40,}",
]
const PREFIXED_TOKEN = new RegExp(`(?<![\\w.-])(?:${PREFIXED_TOKENS.join("|")})`, "g")

/** Ids of access keys. */
const KEY_ID = /(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA|LTAI)[A-Za-z0-9]{16,}(?![A-Za-z0-9])/g

/** A long run of letters, digits and the signs of base64. */
const RUN = /(?<![\w+/=-])[\w+/-]{32,}={0,2}/g
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i
/** Documents of Google are named by such runs. The name opens nothing without a login. */
const DOCUMENT_PATH =
  /(?:\/d|\/e|spreadsheets|folders|files|documents)\/$|\b(?:File not found:|(?:spreadsheet|document|folder|file|sheet)(?: with)?(?: id)?:?)\s["'`]?$/i
/** Before a run without capitals, which may as well be a hash. */
const KEY_WORD =
  /(?<name>[\w -]{0,30})(?:key|token|secret|password|passwd|credentials?|signature|hmac)["'`]{0,2}(?:\s{0,3}[:=]\s{0,3}|\s{1,3}(?:(?:is|was|used|value|of)\s{1,3})?)["'`(]?$/i
/** Keys of rows, which are hashes in dbt's projects, and keys of caches. */
const ROW_KEY =
  /(?:primary|surrogate|unique|foreign|natural|business|composite|partition|cache|dedupe|sort|row|hash)[ _-]?$/i

/** Whether somebody might have written it: half of it or more is words. */
function isOfWords(run: string): boolean {
  const words = run.match(/[A-Z]?[a-z]{3,}|(?<![A-Za-z])[A-Z]{4,}(?![a-z])/g) ?? []
  return words.join("").length * 2 >= run.length
}

const isRandom = (run: string) => /[a-z]/.test(run) && /[A-Z]/.test(run) && /\d/.test(run) && !isOfWords(run)

function isSecret(run: string, before: string): boolean {
  if (UUID.test(run) || DOCUMENT_PATH.test(before)) return false
  if (isRandom(run)) return true
  if (!/^(?=[^a-z]*[a-z])(?=\D*\d)[0-9a-z]+$|^(?=[^A-Z]*[A-Z])(?=\D*\d)[0-9A-Z]+$/.test(run)) return false
  const word = KEY_WORD.exec(before)
  return word !== null && !ROW_KEY.test(word.groups?.name ?? "")
}

/** In base64 no part between two slashes is one word in small letters, in paths some part is. */
const PATH_PART = /(?:^|\/)[a-z]{3,}(?:[_-][a-z]+)*(?:\/|$)/

function hideRun(run: string, at: number, text: string): string {
  const before = text.slice(Math.max(0, at - 60), at)
  if (!PATH_PART.test(run)) return isSecret(run, before) ? "[redacted]" : run
  return run.replace(/[^/]{32,}/g, (part, index: number) =>
    isSecret(part, before + run.slice(Math.max(0, index - 60), index)) ? "[redacted]" : part,
  )
}

/** Hides private keys. They go first, since only they have several lines. */
export const hidePrivateKeys = (text: string) => text.replace(PRIVATE_KEY, "[key]")

/** Hides tokens by their prefix, and long random runs that are no hash, id or name. */
export const hideByForm = (text: string): string =>
  text.replace(PREFIXED_TOKEN, "[token]").replace(KEY_ID, "[key]").replace(RUN, hideRun)
