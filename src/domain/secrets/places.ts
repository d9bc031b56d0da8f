// Secrets that are known by the place where they stand: URLs, headers, SQL, command lines. As in forms.ts, every
// pattern takes linear time.

/** How far the password of a URL is looked for. */
const MAX_USERINFO = 300
const IS_HOST = /^(?:[\p{L}\p{N}_-]|\[[0-9a-f:])/iu
/** A quote that ends a value, as in JSON. */
const CLOSING_QUOTE = /["'`](?=\s*(?:[,:;)}\]]|$))/

/** The rest of a password that holds an `@` and, after it, what ends a simple one. */
const HOST_AND_PORT_AFTER = /^[^\s@:]{1,100}(?: [^\s@:]{1,100}){0,2}@(?=[\w.-]{1,100}:\d{2,5}(?!\d))/

/** The length of `user:password@` at the beginning of an authority; 0 without one. */
function userinfoLength(authority: string, { isHttp }: { isHttp: boolean }): number {
  const [simple = ""] = /^[^\s/"'<>]*/.exec(authority) ?? []
  const at = simple.lastIndexOf("@")
  // In `https://acme.test?by=alice@acme.test` the address belongs to the query.
  const isQuery = /^[\w.-]+\.[\w-]+(?::\d+)?[?#]/.test(simple)
  if (at >= 0 && !isQuery && (IS_HOST.test(authority.slice(at + 1)) || at === simple.length - 1)) {
    const [more = ""] = HOST_AND_PORT_AFTER.exec(authority.slice(at + 1)) ?? []
    return at + 1 + more.length
  }

  const [user = ""] = /^[^\s/:@"'<>[\]]{0,100}:/.exec(authority) ?? []
  if (user === "") return 0
  const rest = authority.slice(user.length)
  const isPort = /^\d{1,5}(?:[/?#\s"'<>),;.:]|$)/.test(rest)
  if (isPort && isHttp) return 0
  const end = [rest.search(CLOSING_QUOTE), rest.indexOf("://"), isPort ? rest.search(/\s/) : -1].filter((i) => i >= 0)
  const password = rest.slice(0, Math.min(...end, rest.length))
  const ends = [...password.matchAll(/@/g)].filter(({ index }) => IS_HOST.test(password.slice(index + 1)))
  const last = ends.findLast(({ index }) => (password.slice(0, index).match(/\s/g)?.length ?? 0) <= 2)
  return last ? user.length + last.index + 1 : 0
}

function hideUserinfo(text: string): string {
  let result = ""
  let done = 0
  let at = text.indexOf("@")
  for (const { index } of text.matchAll(/:\/\//g)) {
    const start = index + 3
    if (at >= 0 && at < start) at = text.indexOf("@", start)
    if (at < 0) break
    if (start < done || at - start > MAX_USERINFO) continue
    const [authority = ""] = text.slice(start, start + MAX_USERINFO).split("\n", 1)
    const isHttp = /https?$/i.test(text.slice(Math.max(0, index - 5), index))
    const length = authority.startsWith("[redacted]@") ? 0 : userinfoLength(authority, { isHttp })
    if (length === 0) continue
    result += `${text.slice(done, start)}[redacted]@`
    done = start + length
  }
  return result + text.slice(done)
}

/** `user:password@host:port` and `user:password@tcp(host)` without a scheme. */
const BARE_USERINFO =
  /(?<![\w:/@.-])(?!mailto:|e-?mail:|git:|ssh:)[\w.-]{1,64}:[^\s:/@,"'<>()[\]]{3,100}@(?=[\w.-]{1,100}(?::\d|\/\w|\())/gi

/** `scott/tiger@db` of Oracle. */
const ORACLE_USERINFO = /(:(?:thin|oci8?):|\bsqlplus\s{1,3}(?:-\w{1,10}\s{1,3}){0,3})[\w.$#-]{1,64}\/[^\s/@]{1,100}@/gi

/** Parts of a path that are the secret of a webhook, with or without the host before them. */
const PATHS: [RegExp, string][] = [
  [/(\/(?:services|workflows|triggers)\/)T[A-Z0-9]{5,20}\/[A-Za-z0-9/_-]{8,200}/g, "$1[redacted]"],
  [/(\/webhooks\/)\d{15,25}\/[\w-]{20,200}/g, "$1[redacted]"],
  [/\bbot\d{5,15}:[\w-]{20,100}/g, "bot[redacted]"],
  [/(\/webhookb2\/)[\w@/-]{36,300}/g, "$1[redacted]"],
  [/(\/hooks\/catch\/\d{1,12}\/)\w{5,40}/g, "$1[redacted]"],
  [/(\/(?:web)?hooks?\/(?:[\w-]{1,30}\/){0,3})(?=[\w-]{0,100}\d)[\w-]{20,200}/g, "$1[redacted]"],
]

/** Parameters of a URL that are secrets whatever they look like, and those that may be ordinary values. */
const SECRET_PARAMETER =
  /^(?:sig|signature|(?:\w+_)?token|(?:\w+[_-])?password|pwd|passwd|secret|client_?secret|api_?key|access_?key|auth|assertion|jwt|sas|ticket|x-(?:amz|goog)-(?:signature|credential|security-token)|awsaccesskeyid|key-pair-id|code_verifier|subscription-key|ocp-apim-subscription-key|hapikey|appid)$/i
const MAYBE_SECRET_PARAMETER = /^(?:key|code|state|session|sid|session_?id|policy|nonce|hash|hmac|k|t|apikey)$/i
/** A password may hold a number sign: to JDBC it begins no fragment. */
const PASSWORD_PARAMETER =
  /(?<=[?&]|&amp;)((?:\w{1,30}[_-])?(?:password|passwd|pwd))=(?!\[redacted)([^&\s"'`<>;]{1,4000})/gi
const PARAMETER = /(?<=[?&]|&amp;)([\w.-]{1,60})=([^&\s"'`<>#;]{1,4000})/g

function hideParameter(whole: string, name: string, value: string): string {
  const [secret = ""] = /^.*?(?=[)\]}.,!:]*$)/.exec(value) ?? []
  const isOpaque = secret.length >= 8 && /\d/.test(secret) && /[A-Za-z]/.test(secret) && !/^\d{4}-\d\d/.test(secret)
  const isSecret = SECRET_PARAMETER.test(name) || (MAYBE_SECRET_PARAMETER.test(name) && isOpaque)
  if (!isSecret || secret === "" || /^\[?(?:redacted|token|key)/.test(secret)) return whole
  return `${name}=[redacted]${value.slice(secret.length)}`
}

/** Schemes of the header Authorization that are no ordinary words. */
const SCHEME =
  "bearer|basic|token|api-?key|digest|negotiate|ntlm|oauth|hmac|jwt|hawk|key|sharedkey(?:lite)?|signature|splunk|aws4-hmac-sha256|scram-sha-\\d+"
const AUTHORIZATION = new RegExp(
  `\\b(authorization\\\\{0,4}["']?\\s{0,3}[:=]\\s{0,3})(\\\\{0,4}["']?)((?:(?:${SCHEME})\\s{1,3})?)([^\\s"',;\\\\]+)([^"'\\n]{0,2000})`,
  "gi",
)

function hideAuthorization(
  whole: string,
  name: string,
  quote: string,
  scheme: string,
  credential: string,
  rest: string,
) {
  if (/^\[(?:redacted|token|key)\]/.test(credential)) return whole
  const [, end = ""] = /(\\*)$/.exec(rest) ?? []
  if (quote !== "") return `${name}${quote}[redacted]${end}`
  if (/^(?:digest|oauth|hawk|signature|aws4)/i.test(scheme)) return `${name}[redacted]`
  if (scheme !== "") return `${name}[redacted]${rest}`
  // A scheme that we do not know, or the credential alone.
  const [, unknown = ""] = /^\s+([^\s,;]{8,})/.exec(rest) ?? []
  if (/^[A-Za-z-]+$/.test(credential) && /\d/.test(unknown))
    return `${name}[redacted]${rest.slice(rest.indexOf(unknown) + unknown.length)}`
  return /^[a-z]{1,15}[.!?)]*$/i.test(credential) ? whole : `${name}[redacted]${rest}`
}

/** `Bearer abc…` in a sentence, but not "the bearer of the news" and "basic information". */
const SCHEME_AND_CREDENTIAL = /\b(bearer|basic|token|apikey|api[ _-]key)(\s{1,3})([\w+/=.~:@-]{8,})/gi

function hideCredential(whole: string, scheme: string, blank: string, credential: string): string {
  const [value = ""] = /^.*?(?=[.:]*$)/.exec(credential) ?? []
  return isCredential(scheme.toLowerCase(), value)
    ? `${scheme}${blank}[redacted]${credential.slice(value.length)}`
    : whole
}

function isCredential(scheme: string, value: string): boolean {
  switch (scheme) {
    case "basic":
      return isBasicCredential(value)
    case "bearer":
      return (/\d/.test(value) && /[A-Za-z]/.test(value)) || (/[a-z][A-Z]/.test(value) && value.length >= 16)
    default:
      if (/^[^@:]+@[^@:]+:\S{8,}$/.test(value)) return true
      // A word with a number is a name: "token village_code2".
      return (
        value.length >= 16 &&
        /^[\w+/=.~-]+$/.test(value) &&
        (value.match(/\d/g)?.length ?? 0) >= 4 &&
        !/^\d+$/.test(value)
      )
  }
}

/** Base64 of `user:password`, cut off or not. */
function isBasicCredential(value: string): boolean {
  const whole = value.slice(0, 400).replace(/=+$/, "").replaceAll("-", "+").replaceAll("_", "/")
  if (!/^[A-Za-z0-9+/]+$/.test(whole)) return false
  const decoded = atob(whole.slice(0, whole.length - (whole.length % 4 === 1 ? 1 : 0)))
  return /^[ -9;-~\x80-\xff]*:/.test(decoded)
}

/** Cookies: `name=value` pairs up to the end of the line or of the quoted text. */
const COOKIE = /\b((?:set-)?cookies?\\{0,4}["']?\s{0,3}[:=]\s{0,3}\\{0,4}["']?)[\w.%-]{1,80}=[^\n"'\\]{0,8000}/gi

const SQL_STRING = "(?:\\$\\$[^$\\n]{0,500}\\$\\$|[EeNnUu]?&?'(?:[^'\\n\\\\]|''|\\\\.)*'?)"
/** `PASSWORD '…'`, `IDENTIFIED BY '…'`. */
const SQL_SECRET = new RegExp(
  "\\b((?:password|identified\\s{1,3}(?:with\\s{1,3}\\S{1,60}\\s{1,3})?(?:by|as)(?:\\s{1,3}(?:password|values))?|secret_access_key|aws_secret_key|session_token|credentials|account_key)(?:\\s{1,3}|\\s{0,3}(?:=|\\()\\s{0,3}(?:password\\()?))" +
    SQL_STRING,
  "gi",
)
/** In capitals, as in `CREATE SECRET (TYPE s3, SECRET '…')`: in a sentence such a word may name a thing. */
const SQL_SECRET_IN_CAPITALS = new RegExp(`\\b((?:SECRET|TOKEN|KEY_SECRET)\\s{1,3})${SQL_STRING}`, "g")
/** Oracle takes a password without quotes too: `IDENTIFIED BY tiger`. */
const IDENTIFIED_BY =
  /\b(identified\s{1,3}by\s{1,3})(?!\[|values\b|password\b|externally\b|the\b|an?\b|its?\b|their\b|our\b)("[^"\n]{1,200}"?|[^\s"';,)]{1,100})(?=\s{0,3}(?:;|$|["')]|default\b|account\b|quota\b|replace\b|with\b))/gim

/** `-p'…'` of mysql, sshpass and others; `-u user:password` of curl. */
const SHORT_OPTION =
  /\b((?:mysql\w{0,10}|mariadb[\w-]{0,10}|sshpass|mongo\w{0,10}|docker login|sqlcmd|bcp|cqlsh|redis-cli|vsql|clickhouse-client)\b[^\n;|]{0,200}?\s-[pPa]\s{0,2})(?!\[redacted)("[^"\n]{1,200}"?|'[^'\n]{1,200}'?|[^\s"'-]\S{0,200})/g
const QUOTED_SHORT_OPTION = /((?:^|\s)-p)("[^"\n]{1,200}"|'[^'\n]{1,200}')/g
const USER_OPTION = /((?:^|\s)(?:-u|--user|--proxy-user)[ =]["']?[\w.@+-]{1,100}:)(?!\[redacted|\/\/)[^\s"']{1,200}/g

/** `<password>…</password>`, with attributes or a prefix. */
const XML =
  /(<(?:\w{1,20}:)?\w{0,30}(?:password|passwd|secret|token|api_?key)(?:\s[^<>]{0,200})?>)[^<\n]{1,2000}(?=<\/|$)/gi

/** "the password is hunter2", "password hunter2 rejected". */
const SPOKEN =
  /\b((?:password|passphrase|passcode|otp)\s{1,3}(?:(?:is|was|of|used)\s{1,3}|["'`(]))(?=[^\s"'`)]{0,40}\d)(?=[^\s"'`)]{0,40}[A-Za-z!@#$%^&*])(?!.{0,40}\b(?:characters|chars|digits|days|hours)\b)([^\s"'`),;]{5,100}?)(?=[.!?]?(?:[\s"'`),;]|$))/gi

/** "Password for user dalgo: hunter2". */
const PROMPTED =
  /\b((?:password|passphrase)\s{1,3}(?:for|of)\s{1,3}[^\s:]{1,64}(?:\s{1,3}[^\s:]{1,64})?:\s{1,3})(?=\S{0,40}\d)[^\s,;]{5,100}(?<![.,;:!?])/gi
/** `HTTPBasicAuth('user', 'password')`. */
const AUTH_CALL = /\b((?:HTTP)?(?:Basic|Digest|Proxy|Token|Bearer)Auth\()[^()\n]{1,300}(?=\)|$)/g

/** Hides what stands where secrets stand in URLs, headers, SQL and command lines. */
export function hideByPlace(text: string): string {
  let result = hideUserinfo(text).replace(ORACLE_USERINFO, "$1[redacted]@").replace(BARE_USERINFO, "[redacted]@")
  for (const [pattern, replacement] of PATHS) result = result.replace(pattern, replacement)
  return result
    .replace(PASSWORD_PARAMETER, "$1=[redacted]")
    .replace(PARAMETER, hideParameter)
    .replace(AUTHORIZATION, hideAuthorization)
    .replace(COOKIE, "$1[redacted]")
    .replace(SCHEME_AND_CREDENTIAL, hideCredential)
    .replace(SQL_SECRET, "$1[redacted]")
    .replace(SQL_SECRET_IN_CAPITALS, "$1[redacted]")
    .replace(IDENTIFIED_BY, "$1[redacted]")
    .replace(SHORT_OPTION, "$1[redacted]")
    .replace(QUOTED_SHORT_OPTION, "$1[redacted]")
    .replace(USER_OPTION, "$1[redacted]")
    .replace(XML, "$1[redacted]")
    .replace(SPOKEN, "$1[redacted]")
    .replace(PROMPTED, "$1[redacted]")
    .replace(AUTH_CALL, "$1[redacted]")
}
