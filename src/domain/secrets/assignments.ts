// `name=value`, `name: value`, `"name": "value"` and `--name value`, where the name says that the value is a secret.

type Kind = "password" | "token" | "key" | "session"

/** `--name `; or a name, a quote that closes it, and the sign between name and value. */
const NAME =
  /(?<![\w-])(?:(?<option>--?[a-z][\w-]*)[ \t]{1,3}|(?<name>[\w-]+)(?<quote>\\{0,4}["'`])?(?<sign>[ \t]{0,5}(?:=>|:=|[:=])[ \t]{0,5}))/gi
/** The longest name that is read. */
const MAX_NAME_LENGTH = 80

/** Endings of a name that do not change what its value is. */
const QUALIFIER =
  /^(?:\d+|values?|text|string|str|plain|plaintext|base|hash|hashed|b64|base64|encoded|encrypted|old|new|current|confirm|confirmation|again|prod|production|dev|staging|default|primary|secondary)$/
/** `primary_key` and `foreign_key` are no secrets. */
const KEY_OWNERS =
  "api|app|access|private|secret|account|shared|encryption|decryption|signing|auth|storage|master|license|client|consumer|server|service|webhook|subscription|deploy|ssh|rsa|aes|hmac|fernet|admin|sas|rest|functions?"
const SECRET_KEY = new RegExp(`^(?:x?(?:${KEY_OWNERS}))+key$`)
const SECRET_KEY_OWNER = new RegExp(`^(?:${KEY_OWNERS})$`)

/** `DBT_ENV_SECRET_GIT_TOKEN` as ["dbt", "env", "secret", "git", "token"]. */
const wordsOf = (name: string) =>
  name
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .map((word) => word.replace(/(?<=[a-z])\d+$/, ""))
    .filter((word) => word !== "")

/** Some part of every name that says so. Most names have none. */
const NOUN = /pass|pwd|secret|token|key|cred|auth|sig|sess|sid|jwt|otp/i

function kindOf(name: string): Kind | undefined {
  if (!NOUN.test(name)) return undefined
  if (name.startsWith("DBT_ENV_SECRET")) return "password"
  const words = wordsOf(name)
  while (words.length > 1 && QUALIFIER.test(words.at(-1) ?? "")) words.pop()
  const last = words.at(-1) ?? ""
  if (/(?:password|passwort|passwd|passphrase|passcode|pwd|secret)$/.test(last)) return "password"
  if (/^(?:(?:db|user|pg|mysql|smtp|my|admin|root)?pass|otp)$/.test(last)) return "token"
  if (/(?:token|credentials?|creds)$/.test(last) || last === "jwt") return "token"
  if (SECRET_KEY.test(last) || (last === "key" && SECRET_KEY_OWNER.test(words.at(-2) ?? ""))) return "key"
  if (/^(?:sig|signature|auth|sid|\w{0,12}sess|\w{0,12}sessid|sessionid|jsessionid)$/.test(last)) return "session"
  return last === "id" && words.at(-2) === "session" ? "session" : undefined
}

/** Messages of parsers, in which a token is no secret: "unexpected token: SELECT". */
const PARSER_WORD =
  /(?:unexpected|expected|unknown|illegal|unrecogni[sz]ed|unterminated|near|next|last|previous|first|stop|pad|eos|mask|special|syntax|unclosed|missing|found|of|input|keyword|end)["'`]?[ \t]$/i

const NO_VALUE =
  /^(?:none|null|nil|true|false|undefined|empty|unset|redacted|hidden|masked|yes|no|\*+|x{3,}|\.{3,}|…|-+)$/i
/** Words that follow "password:" or "--token" in a sentence. */
const SENTENCE_WORD =
  /^(?:is|was|are|has|had|must|cannot|can|could|may|should|will|would|not|no|or|and|for|to|in|on|of|at|by|with|from|as|if|the|an?|required|requires|missing|invalid|expired|incorrect|wrong|denied|failed|failure|error|unknown|empty|rejected|revoked|unauthori[sz]ed|mismatch|authentication|option|flag|argument|needs|please|enter|expected|found|set|unset|provided|given)$/i

const isWord = (text: string) => /^[\p{L}'’-]{1,24}[.,;:!?)]*$/u.test(text)
const isMixed = (text: string) => text.length >= 6 && /[A-Za-z]/.test(text) && /\d/.test(text)

const QUOTED =
  /[fbrue]{0,2}(?:(\\{1,4}["'])(?:(?!\1)[^\n])*(?:\1|(?=\n|$))|"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|`[^`\n]*`?)/iy
/** A value without quotes. A comma, an ampersand or a semicolon ends it only before a blank or the next name. */
const BARE = /(?:[^\s,;&]|[,;](?![\s"'}]|$|[\w. -]{1,40}["']?[:=])|&(?![\w.-]{1,40}=|amp;))+/y
const BRACED = /\{[^}\n]*\}?/y
const TUPLE = /\([^)\n]*\)?/y
/** Brackets and quotes around the whole, which the value does not begin with. */
const CLOSING = /[)\]}"'`>.!?\\:]+$/

function valueAt(text: string, at: number, pattern: RegExp): string {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0] ?? ""
}

type Assignment = { kind: Kind; name: string; isNameQuoted: boolean; sign: string; isOption: boolean; before: string }

/** The length of the secret that stands at this place; 0 if none does. */
function secretLength(
  text: string,
  at: number,
  { kind, name, isNameQuoted, sign, isOption, before }: Assignment,
): number {
  const next = text.charAt(at)
  if (next === "" || next === "\n" || /^\[(?:redacted|token|key)\]/.test(text.slice(at, at + 10))) return 0
  const isEqualSign = sign.includes("=")
  const isAfterParser = kind === "token" && PARSER_WORD.test(before)
  const quoted = valueAt(text, at, QUOTED)
  if (quoted !== "") {
    const value = quoted.replace(/^[fbrue]{0,2}[\\"'`]+|[\\"'`]+$/gi, "")
    if (value === "" || NO_VALUE.test(value)) return 0
    if (kind === "session") return isMixed(value) ? quoted.length : 0
    if (isNameQuoted || isEqualSign || isOption || kind === "password") {
      return isAfterParser && !isMixed(value) ? 0 : quoted.length
    }
    return isMixed(value) && !isAfterParser ? quoted.length : 0
  }
  if (next === "(") return /auth$/i.test(name) && isEqualSign ? valueAt(text, at, TUPLE).length : 0
  if (next === "{" || next === "[")
    return isEqualSign && next === "{" && kind === "password" ? valueAt(text, at, BRACED).length : 0
  if (next === "$" && /^\$(?:\{|\(|[A-Z_]+\b)/.test(text.slice(at, at + 20))) return 0
  // `password= user=dalgo`: no value.
  if (/=[ \t]+$/.test(sign) && !/^[ \t]/.test(sign) && /^\w{1,40}=/.test(text.slice(at, at + 42))) return 0

  const value = valueAt(text, at, BARE).replace(CLOSING, "")
  const rest = text.slice(at + value.length, at + value.length + 40)
  if (value === "" || NO_VALUE.test(value)) return 0
  if (isOption) return value.startsWith("-") || SENTENCE_WORD.test(value) ? 0 : value.length
  switch (kind) {
    case "password":
      if (isEqualSign) return value.length
      if (!isWord(value)) return /^[\p{L}\d]|\d/u.test(value) ? value.length : 0
      return SENTENCE_WORD.test(value) || /^[.!?:]?[ \t]+[\p{L}(]/u.test(rest) ? 0 : value.length
    case "token":
    case "key":
      if (/^\d{1,9}$/.test(value) || /^[~/][\w./-]+\.\w+$/.test(value)) return 0
      if (isAfterParser) return isMixed(value) && value.length >= 16 ? value.length : 0
      if (isEqualSign) return isWord(value) && /^[ \t]/.test(sign) ? 0 : value.length
      return isMixed(value) ? value.length : 0
    case "session":
      return isEqualSign || /[\w-]/.test(value) ? (isMixed(value) && value.length >= 8 ? value.length : 0) : 0
  }
}

/** The name, without the `n` of an escaped line break before it. */
const nameIn = (text: string, { index, groups }: RegExpExecArray) =>
  (groups?.option ?? groups?.name ?? "").slice(text.charAt(index - 1) === "\\" ? 1 : 0).slice(-MAX_NAME_LENGTH)

/** Hides the values of names such as `password`, `client_secret`, `API_KEY` and `--token`. */
export function hideAssigned(text: string): string {
  let result = ""
  let done = 0
  NAME.lastIndex = 0
  for (let match = NAME.exec(text); match; match = NAME.exec(text)) {
    const { option, quote, sign = " " } = match.groups ?? {}
    const name = nameIn(text, match)
    const kind = kindOf(name)
    if (!kind) continue
    const at = match.index + match[0].length
    const length = secretLength(text, at, {
      kind,
      name,
      isNameQuoted: quote !== undefined,
      isOption: option !== undefined,
      sign,
      before: text.slice(Math.max(0, match.index - 20), match.index),
    })
    if (length === 0) continue
    result += `${text.slice(done, at)}[redacted]`
    done = at + length
    NAME.lastIndex = done
  }
  return result + text.slice(done)
}
