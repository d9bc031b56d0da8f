import { isError, type LogEntry } from "../log-entry"

export type Line = {
  /** Without the prefixes that programs put before a line; the indentation stays. */
  text: string
  /** Whether the line itself names a level of errors. */
  saysError: boolean
  /** Of a try that went on: a warning, or a line about a retry. */
  isPassing: boolean
  /** Of an entry of a level of errors. */
  isErrorEntry: boolean
  /** Whether a program put the time, a level or its name before it. */
  hasPrefix: boolean
  /** The index of its entry. */
  entry: number
}

/** Of more lines the last ones count. */
const MAX_LINES = 5_000
/** Longer lines are data, not messages. */
const MAX_LINE_LENGTH = 8_000
const WARNING_LEVEL = 30
const ERROR_LEVEL = 40

const PREFIXES = [
  /^PID \d{1,10} stream output:[ \t]?/i,
  /^\[?\d{4}-\d\d-\d\d(?:T|,? )\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|UTC|[+-]\d\d(?::?\d\d)?))?\]?[,;:]?[ \t]?/,
  /^\[?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?\]?(?: {1,2}(?! )| (?=\||-))?/,
  // Postgres writes "FATAL: …" and "ERROR: …" in its messages.
  /^\[?(?!(?:FATAL|ERROR|WARNING): )(?:ERROR|FATAL|CRITICAL|SEVERE|WARN(?:ING)?|INFO|DEBUG|TRACE|NOTICE)\]?(?=[ \t|:\-\]]|$)[ \t]{0,6}/,
  /^\[(?:error|fatal|critical|warn|warning|info|debug) {0,3}\][ \t]?/,
  /^\{[\w.]{1,60}:\d{1,6}\} /,
  /^\[MainThread\]:? ?|^\[Thread-\d{1,6}[^\]\n]{0,40}\]:? ?/,
  /^(?:source|destination|replication-orchestrator|normalization|dbt|platform|check|discover) ?> ?/,
  /^(?:\||-) (?=\S)|^(?:Flow|Task) run '[^'\n]{1,200}' - /,
  /^prefect\.[\w.]{1,60} - |^[a-z]\w{0,30}(?:\.[\w$()]{1,60}){1,10}:\d{1,6} - /,
  /^i\.a\.[\w.$]{1,80}(?:\([^)\n]{0,80}\))?:\d{1,6} ?[-:]? ?/,
]

const ERROR_WORD = /(?:^|[\s[|])(?:ERROR|FATAL|CRITICAL|SEVERE)(?=[\s\]|:])|^\[error\s{0,3}\]/
const WARNING_WORD = /(?:^|[\s[|])WARN(?:ING)?(?=[\s\]|:])(?!: dbt test failed)|^\[warn(?:ing)?\s{0,3}\]/
const OF_A_RETRY =
  /\bBacking off\b|\bRetrying\b|\bwill retry\b|\bwill be retried\b|\bRetry attempt\b|\bRetry \d{1,4}\/\d{1,4} will start|AwaitingRetry|\bretry in \d/i

/** Characters of a text that are looked at for prefixes and levels: they stand at its beginning. */
const HEAD_LENGTH = 120

/** Whether a line tells of a try that went on, by its level or its words. */
export const isOfPassingTry = (text: string) => WARNING_WORD.test(text.slice(0, HEAD_LENGTH)) || OF_A_RETRY.test(text)

export function linesOf(entries: LogEntry[]): Line[] {
  return entries.flatMap((entry, index) =>
    messageLines(entry.message).map((raw) => {
      const { text, head } = withoutPrefixes(raw.slice(0, MAX_LINE_LENGTH))
      const isWarning = entry.level >= WARNING_LEVEL && entry.level < ERROR_LEVEL
      return {
        text,
        saysError: ERROR_WORD.test(head),
        isErrorEntry: isError(entry),
        hasPrefix: text.length < raw.trimEnd().length,
        isPassing: (isWarning && !/dbt test failed/i.test(text)) || WARNING_WORD.test(head) || OF_A_RETRY.test(text),
        entry: index,
      }
    }),
  )
}

/** A traceback that was logged as one string, such as an exception's repr, has its line breaks written out. */
const HAS_WRITTEN_BREAKS =
  /Traceback \(most recent call last\):?\\n|\\n(?:\\t)?\s{0,8}(?:at [\w$.]{1,200}\(|Caused by: )/

function messageLines(message: string): string[] {
  const text = HAS_WRITTEN_BREAKS.test(message) ? withBreaks(message) : message
  return text
    .split("\n")
    .slice(-MAX_LINES)
    .flatMap((line) => structuredMessage(line)?.split("\n") ?? [line])
}

const withBreaks = (text: string) =>
  text
    .replaceAll(/\\r?\\n|\\n/g, "\n")
    .replaceAll("\\t", "  ")
    .replaceAll('\\"', '"')
    .replace(/["'][)}\]]{1,4}\s{0,20}$/, "")

const STRUCTURED =
  /^\s{0,20}\{(?=.{0,4000}"info")(?=.{0,4000}"level":\s{0,2}"(\w{1,10})").{0,4000}?"msg":\s{0,2}("(?:[^"\\]|\\.){0,8000}")/

/** The message of a line of dbt's structured log. */
function structuredMessage(line: string): string | undefined {
  const [, level = "", msg = '""'] = STRUCTURED.exec(line) ?? []
  if (level === "") return undefined
  try {
    return `[${level}] ${JSON.parse(msg)}`
  } catch {
    return undefined
  }
}

function withoutPrefixes(raw: string): { text: string; head: string } {
  let text = raw.trimEnd()
  if (text === "") return { text, head: "" }
  for (let round = 0; round < 8; round += 1) {
    const prefix = PREFIXES.find((pattern) => pattern.test(text))
    if (!prefix) break
    text = text.replace(prefix, "")
  }
  return { text, head: raw.slice(0, Math.min(raw.length - text.length + 12, HEAD_LENGTH)) }
}
