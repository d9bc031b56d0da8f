import type { LogEntry } from "../log-entry"
import { type AirbyteFailure, airbyteFailures } from "./airbyte-failure"
import type { Origin } from "./cause"
import { type DbtFailure, dbtFailures } from "./dbt-output"
import { javaStacks } from "./java-stack"
import { type Line, linesOf } from "./log-lines"
import { dbtLine, shortLine, technicalLine } from "./technical-line"
import { type Traceback, tracebacks } from "./traceback"

/** A text that one of the programs printed about a failure. */
export type Span = {
  text: string
  /** Its technical line, where no pattern points at a better one. */
  line: string | undefined
  from: "state" | "log"
  /** Of a try that went on. */
  isPassing: boolean
  origin?: Origin | undefined
  dbt?: DbtFailure
  airbyteType?: string | undefined
}

/**
 * `chain`: the spans of one failure; the first that names a cause wins. `lines`: equal lines; of the causes that they
 * name the first of the table wins.
 */
export type Voice = { kind: "chain" | "lines"; spans: Span[] }

export type Voices = {
  /** In order of precedence. */
  voices: Voice[]
  jobLine: string
  hasTraceback: boolean
}

/** Failures of one kind in a log: of more, the last ones count. */
const MAX_FAILURES = 20
const MAX_LINES = 200
/** Of a longer log the end counts. */
const MAX_LOG_LENGTH = 100_000
/** Exceptions of one chain, nodes of one invocation. */
const MAX_CHAIN = 20

const JOB_LINE = /\bJob \d{1,20} (?:is )?(?:running|pending|incomplete|succeeded|failed|cancelled|completed)/i
const AIRBYTE_SUCCEEDED =
  /\bJob \d{1,20} succeeded|\battempt \d{1,4}[^\n]{0,40} succeeded|Completing sync with status: COMPLETED|sync summary: \{[^\n]{0,100}"?status"?\s{0,3}[:=]\s{0,3}"?completed/i
/** Prefect's last entry; a long one is cut and has no end. */
const FINISHED = /^Finished in state \w{1,60}\((["'])([\s\S]*?)(?:\1(?:, type=\w{1,40})?\))?\s{0,20}$/
const PREAMBLE =
  /^(?:(?:Flow|Task) run encountered an exception[:.]?\s{0,4}|(?:Flow|Task) run failed with exception[:.]?\s{0,4}|Encountered (?:an )?exception during execution[:.]?\s{0,4}|Task run failed with exception[:.]?\s{0,4})/i

/** An error of a program at the beginning of a line of a lower level. */
const ERROR_SHAPE =
  /^(?:(?:error|fatal|remote|psql|pg_dump|ssh|scp|curl|wget|git|docker|kubectl|mysql|mysqldump|mongo\w{0,10}|aws|gsutil|bq|bash|sh|python3?|java|npm|pip|dbt|\/?[\w/.-]{0,60}\/bin\/\w{1,20})\b[^:\n]{0,60}: |E {3}|(?:Caused by: )?(?:[\w$]{1,80}\.){0,12}[\w$]{0,80}(?:Error|Exception|Failure|Timeout|Refused|Denied)\b[:( ]|(?:[\w$]{1,80}\.){1,12}[A-Z][\w$]{1,80}: |\[e-mail\]: |\S{1,100}@\S{1,200}: |Process for flow run |Process \d{1,10} |Flow run (?:infrastructure|process|exceeded timeout|was aborted)|Airbyte (?:could not|detected that)|Crash detected|Execution was |Failed to |Failure reason|Unable to |Could not |Cannot |Can't |There was an error|Database Error|Runtime Error|Compilation Error|Parsing Error|Dependency Error|Encountered an error|Connection to |WARNING: dbt test failed|An? (?:unexpected )?(?:error|exception) |\d{3} (?:Client|Server) Error|\d{3} Not found: |HTTP Status Code|Killed\s{0,4}$|Permission denied|No space left on device|Access denied|invalid input syntax|(?:relation|column|role|database|schema) "|duplicate key value|deadlock detected|canceling statement|server closed the connection|Rate limit|Quota exceeded|Authentication failed|Repository not found|Invalid (?:username|apikey|credentials)|Timed out|division by zero|on-run-(?:start|end) failed|Back-off|signal: )/i

export function voicesOf({ stateMessage, entries }: { stateMessage: string; entries: LogEntry[] }): Voices {
  const lines = linesOf(newest(entries))
  const finished = entries
    .map(({ message }) => FINISHED.exec(message.trim())?.[2])
    .filter((text) => text !== undefined)
    .map((text) => text.replaceAll("\\n", "\n"))
  const stateEntry = (message: string) => ({
    level: 20,
    message: message.slice(0, MAX_LOG_LENGTH).replace(PREAMBLE, ""),
  })
  const stateLines = linesOf([stateEntry(stateMessage)])
  const logTracebacks = stacksOf(lines)
  const stateTracebacks = stacksOf(stateLines)
  const covered = coveredLines(logTracebacks, lines.length)
  const loose = lines.filter((line, i) => !covered[i] && !/Finished in state /i.test(line.text))
  return {
    voices: [
      ...airbyteVoices(newest(entries), "log"),
      ...airbyteVoices([stateEntry(stateMessage)], "state"),
      ...dbtFailures(lines)
        .toReversed()
        .map((failure) => dbtVoice(failure, "log")),
      ...dbtFailures(stateLines)
        .toReversed()
        .map((failure) => dbtVoice(failure, "state")),
      ...stateTracebacks.toReversed().map((traceback) => tracebackVoice(traceback, "state")),
      ...logTracebacks.toReversed().map((traceback) => tracebackVoice(traceback, "log")),
      stateVoice(stateMessage, "state"),
      ...finished.toReversed().map((text) => stateVoice(text, "log")),
      {
        kind: "lines",
        spans: blocksOf(loose.filter(({ isErrorEntry }) => isErrorEntry))
          .slice(-MAX_LINES)
          .map(lineSpan),
      },
      {
        kind: "lines",
        spans: errorBlocksOf(loose.filter(({ isErrorEntry }) => !isErrorEntry))
          .slice(-MAX_LINES)
          .map(lineSpan),
      },
    ],
    jobLine: lines.findLast(({ text }) => JOB_LINE.test(text))?.text ?? "",
    hasTraceback: logTracebacks.length + stateTracebacks.length > 0,
  }
}

/** The end of a log that is too long. */
function newest(entries: LogEntry[]): LogEntry[] {
  const kept: LogEntry[] = []
  let length = 0
  for (const entry of entries.toReversed()) {
    if (length >= MAX_LOG_LENGTH) break
    kept.push({ ...entry, message: entry.message.slice(-(MAX_LOG_LENGTH - length)) })
    length += entry.message.length
  }
  return kept.toReversed()
}

const stacksOf = (lines: Line[]): Traceback[] => {
  const python = tracebacks(lines)
  const covered = coveredLines(python, lines.length)
  return [...python, ...javaStacks(lines).filter(({ start }) => !covered[start])]
    .toSorted((a, b) => a.start - b.start)
    .slice(-MAX_FAILURES)
}

function coveredLines(stacks: Traceback[], count: number): boolean[] {
  const covered = Array.from({ length: count }, () => false)
  for (const { start, end } of stacks) covered.fill(true, start, end)
  return covered
}

/** The failures of the last attempt come first. */
function airbyteVoices(entries: LogEntry[], from: Span["from"]): Voice[] {
  const succeededAt = entries.findLastIndex(({ message }) => AIRBYTE_SUCCEEDED.test(message))
  return entries
    .flatMap(({ message }, entry) => airbyteFailures(message, entry))
    .slice(-MAX_FAILURES)
    .toReversed()
    .map((failure) => ({
      kind: "lines",
      spans: airbyteTexts(failure).map((text) => ({
        text,
        line: technicalLine(text),
        from,
        isPassing: failure.entry < succeededAt,
        origin: failure.origin,
        airbyteType: failure.type,
      })),
    }))
}

/** The messages of a failure, the exceptions of its stack, and the whole of it: a cause may show in two of its parts. */
function airbyteTexts({ messages }: AirbyteFailure): string[] {
  const inner = stacksOf(linesOf(messages.map((message) => ({ level: 40, message }))))
    .toReversed()
    .flatMap(({ errors }) => errors.map(({ text }) => text))
  return [...messages, ...inner.slice(0, MAX_CHAIN), messages.join("\n")]
}

/** An error of the invocation, then models in their order, then the tests that failed. */
function dbtVoice(failure: DbtFailure, from: Span["from"]): Voice {
  const ofTests = failure.errors.filter(({ kind }) => kind === "failed test")
  const ofNodes = failure.errors.filter(
    ({ kind }) => kind !== undefined && kind !== "failed test" && !kind.endsWith("test"),
  )
  const couldNotRun = failure.errors.filter(({ kind }) => kind === "test" || kind === "unit_test")
  const ordered = [...failure.errors.filter(({ kind }) => kind === undefined), ...ofNodes, ...ofTests, ...couldNotRun]
  return {
    kind: "chain",
    spans: ordered.slice(0, MAX_CHAIN).map(({ text }) => ({
      text,
      line: dbtLine(text),
      from,
      isPassing: failure.isPassing,
      origin: "destination",
      dbt: failure,
    })),
  }
}

const tracebackVoice = ({ errors, isPassing }: Traceback, from: Span["from"]): Voice => ({
  kind: "chain",
  spans: errors.slice(0, MAX_CHAIN).map(({ text, lead }) => {
    const line = technicalLine(text)
    const before = from === "state" ? lead.replace(PREAMBLE, "").trim() : ""
    return {
      text: before ? `${before}\n${text}` : text,
      line: before && line ? shortLine(`${before} ${line}`) : line,
      from,
      isPassing,
    }
  }),
})

function stateVoice(message: string, from: Span["from"]): Voice {
  const text = message.replace(PREAMBLE, "")
  return {
    kind: "chain",
    spans: text.trim() === "" ? [] : [{ text, line: technicalLine(text), from, isPassing: false }],
  }
}

/** Lines of one entry together. */
function blocksOf(lines: Line[]): Line[][] {
  const blocks: Line[][] = []
  for (const line of lines) {
    const block = blocks.at(-1)
    if (block && block[0]?.entry === line.entry && block[0].isPassing === line.isPassing) block.push(line)
    else blocks.push([line])
  }
  return blocks
}

function lineSpan(lines: Line[]): Span {
  const text = lines.map((line) => line.text).join("\n")
  return { text, line: technicalLine(text), from: "log", isPassing: lines.every(({ isPassing }) => isPassing) }
}

const MAX_BLOCK_LINES = 8
/** "Comment: …" and the like: a field of a row, not the rest of an error. */
const FIELD = /^(?!(?:DETAIL|HINT|CONTEXT|fatal|error|remote|stderr)\b)\w[\w -]{0,39}: /i

/** Lines of lower levels that look like errors, each with the lines that belong to it. */
function errorBlocksOf(lines: Line[]): Line[][] {
  const blocks: Line[][] = []
  let isOpen = false
  for (const line of lines) {
    const block = blocks.at(-1)
    if (line.isPassing || line.saysError || ERROR_SHAPE.test(line.text.trimStart().slice(0, 400))) {
      blocks.push([line])
      isOpen = true
    } else if (isOpen && block && block.length < MAX_BLOCK_LINES && !line.hasPrefix && !FIELD.test(line.text))
      block.push(line)
    else isOpen = false
  }
  return blocks
}
