import type { LogEntry } from "../log-entry"
import { captureValues, originOf } from "./capture-values"
import type { Cause, Origin, Slots } from "./cause"
import { type Match, matches, wrapperMatch } from "./match"
import { namesNoCause } from "./no-cause"
import { withoutValues } from "./readers-text"
import { CAUSES } from "./table"
import { shortLine, technicalLine } from "./technical-line"
import { type Span, type Voice, type Voices, voicesOf } from "./voices"

export type FoundCause = {
  /** `undefined` where the log names no cause of the table. */
  cause?: Cause
  /** What the log names: for the slots of the cause's sentences. */
  values: Slots
  /** The side that failed, where the log says so: for `explainCause`. */
  origin?: Origin
  /** The best technical line; `undefined` where the log holds none. It may quote a cell's value. */
  line?: string
  /** The line without a cell's value, for chat, push and whatever else is no detail for members. */
  publicLine?: string
  /** Where the cause, else the line, was found. */
  from: "state" | "log"
}

/**
 * Finds why a run failed, in a state message and a log whose texts are clean and without secrets.
 *
 * 1. The first voice that names a cause wins: Airbyte's failure, dbt's output, tracebacks, the state, other lines.
 * 2. Else a text that says only that something else failed.
 * 3. Else what was printed about tries that went on.
 * 4. Else no cause: the best line.
 */
export function findCause({
  stateMessage,
  entries,
}: {
  stateMessage?: string | null | undefined
  entries: LogEntry[]
}): FoundCause {
  const voices = voicesOf({ stateMessage: stateMessage ?? "", entries })
  const found =
    findNamed(voices, { withPassing: false }) ?? findWrapper(voices) ?? findNamed(voices, { withPassing: true })
  return found ? foundCause(found) : bestLine(voices)
}

type Found = { match: Match; span: Span }

function findNamed({ voices, jobLine }: Voices, { withPassing }: { withPassing: boolean }): Found | undefined {
  for (const voice of voices) {
    const found = firstOf(voice, { jobLine, withPassing })
    if (found) return found
  }
  return undefined
}

function firstOf(
  { kind, spans }: Voice,
  { jobLine, withPassing }: { jobLine: string; withPassing: boolean },
): Found | undefined {
  const named: Found[] = []
  const seen = new Set<string>()
  for (const span of spans) {
    if ((span.isPassing && !withPassing) || seen.has(span.text)) continue
    seen.add(span.text)
    const match = decide(matches(span.text, { jobLine, withPassing }), span)
    if (match) named.push({ match, span })
    if (match && kind === "chain" && !match.cause.namesNoParty) break
  }
  if (kind === "lines") return named.toSorted((a, b) => precedence(a) - precedence(b))[0]
  return named.find(({ match }) => NAMES_A_PARTY.has(match.cause.id)) ?? named[0]
}

const precedence = ({ match }: Found) => CAUSES.indexOf(match.cause)

/** Causes of outer exceptions that say who was at the other end of a network fault. */
const NAMES_A_PARTY = new Set(["dbt-packages-unreachable", "airbyte-status-unread", "dalgo-part-unreachable"])

/** Airbyte's type decides between causes that both match: a config error is one that waiting does not mend. */
function decide(all: Match[], { airbyteType }: Span): Match | undefined {
  const [first] = all
  switch (airbyteType) {
    case "config_error":
      return all.find(({ cause }) => cause.waitingHelps !== "yes") ?? first
    case "transient_error":
      return all.find(({ cause }) => cause.waitingHelps !== "no") ?? first
    default:
      return first
  }
}

function findWrapper({ voices, hasTraceback }: Voices): Found | undefined {
  for (const span of voices.flatMap(({ spans }) => spans)) {
    const match = span.isPassing ? undefined : wrapperMatch(span.text, { hasTraceback })
    if (match) return { match, span }
  }
  return undefined
}

function foundCause({ match, span }: Found): FoundCause {
  const line = lineOf(match, span)
  return {
    cause: match.cause,
    ...withLine(line),
    ...withOrigin(span),
    values: captureValues(span.text, span.dbt),
    from: span.from,
  }
}

/** The line of the match, unless the span's own line holds it or the match stands in a hint. */
function lineOf({ line }: Match, { text, line: own, dbt }: Span): string | undefined {
  const printed = text.split("\n").find((candidate) => withoutValues(candidate) === line) ?? line
  const matched = technicalLine(printed)
  if (matched === undefined || dbt) return own ?? matched
  return own?.includes(matched.slice(0, 60)) || /^HINT:/i.test(matched) ? own : matched
}

function bestLine({ voices }: Voices): FoundCause {
  const spans = voices.flatMap(({ spans: all }) => all).filter((span) => span.line !== undefined)
  const final = spans.filter(({ isPassing }) => !isPassing)
  const best = final.find(({ line }) => line !== undefined && !namesNoCause(line)) ?? final[0] ?? spans[0]
  if (!best) return { values: {}, from: "log" }
  return { ...withLine(best.line), ...withOrigin(best), values: captureValues(best.text, best.dbt), from: best.from }
}

const withLine = (line: string | undefined) => (line ? { line, publicLine: shortLine(withoutValues(line)) } : {})

function withOrigin({ origin, text }: Span): { origin?: Origin } {
  const known = origin ?? originOf(text)
  return known ? { origin: known } : {}
}
