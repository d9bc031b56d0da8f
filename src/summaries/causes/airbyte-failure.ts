import type { Origin } from "./cause"
import { aroundFailure } from "./match"

/** What Airbyte says of a failed attempt. */
export type AirbyteFailure = {
  /** Its messages, the one for people first. */
  messages: string[]
  /** "config_error", "transient_error" …; decides between two causes that both match. */
  type: string | undefined
  origin: Origin | undefined
  entry: number
}

const MAX_BLOCK_LENGTH = 16_000

const TYPES =
  "config_error|transient_error|system_error|heartbeat_timeout|destination_timeout|manual_cancellation|refresh_schema"
const TYPED = new RegExp(`\\[(${TYPES})\\]`, "i")
const HAS_FAILURE = new RegExp(
  `\\[(?:${TYPES})\\]|failure_?(?:type|origin|reason)|external_?message|error_?message["']?\\s{0,3}[:=]|internal_?message|"trace"|Failure reason|Failure Origin`,
  "i",
)
const MESSAGE_KEYS = [
  "externalMessage",
  "external_message",
  "errorMessage",
  "error_message",
  "message",
  "internalMessage",
  "internal_message",
  "stackTrace",
  "stacktrace",
  "stack_trace",
]
/** A JSON string. Airbyte's Java prints the same fields as `key=value,`. */
const QUOTED_FIELD = new RegExp(
  `["'](${MESSAGE_KEYS.join("|")})["']\\s{0,3}:\\s{0,3}"((?:[^"\\\\]|\\\\.){0,8000})"`,
  "g",
)
const PLAIN_FIELD =
  /\b(externalMessage|errorMessage|internalMessage)=([^\n]{0,600}?)(?=, ?(?:metadata|stacktrace|retryable|timestamp|internalMessage|externalMessage|failureType|failureOrigin|additionalProperties)=|\]?$)/gm
const PLAIN_LINE =
  /^.{0,80}?\b(?:errorMessage|error_message|Failure reason:\*?|This happened with)\s{0,3}:?\s{0,3}([^\s"'{][^\n]{0,2000})$/gim
const TYPE_FIELD = new RegExp(`failure_?type["']?\\s{0,3}[:=]\\s{0,3}["']?(${TYPES})`, "i")
const ORIGIN_FIELD = /(?:failure_?origin|error_?origin|Failure Origin)["']?\s{0,3}[:=]\s{0,3}["']?(source|destination)/i

/** The failure blocks of Airbyte in an entry: an `errorMessage`, a failure reason, a trace of type ERROR. */
export function airbyteFailures(whole: string, entry: number): AirbyteFailure[] {
  const message = aroundFailure(whole, MAX_BLOCK_LENGTH)
  if (!HAS_FAILURE.test(message)) return []
  const isBlock = TYPED.test(message) || TYPE_FIELD.test(message) || ORIGIN_FIELD.test(message)
  const fields = [...message.matchAll(QUOTED_FIELD), ...message.matchAll(PLAIN_FIELD)]
    .filter(([, key]) => key !== "message" || isBlock || message.includes('"trace"'))
    .map(([, key = "", value = ""]) => ({ key, value: unescapeJson(value) }))
  const plain = [...message.matchAll(PLAIN_LINE)].map(([, value = ""]) => value)
  const typed = message.split("\n").filter((line) => TYPED.test(line))
  const messages = [
    ...fields.toSorted((a, b) => MESSAGE_KEYS.indexOf(a.key) - MESSAGE_KEYS.indexOf(b.key)).map(({ value }) => value),
    ...plain,
    ...typed,
  ].filter((text) => text.trim() !== "")
  if (messages.length === 0) return []
  const type = (TYPE_FIELD.exec(message) ?? TYPED.exec(message))?.[1]?.toLowerCase()
  const origin = ORIGIN_FIELD.exec(message)?.[1]?.toLowerCase() as Origin | undefined
  return [{ messages: type ? messages.map((text) => `[${type}] ${text}`) : messages, type, origin, entry }]
}

const unescapeJson = (text: string) =>
  text.replaceAll(/\\(?:([nrt])|u([\da-f]{4})|([\s\S]))/gi, (_, control?: string, code?: string, other?: string) => {
    if (control) return control === "n" ? "\n" : " "
    return code ? String.fromCharCode(Number.parseInt(code, 16)).toWellFormed() : (other ?? "")
  })
