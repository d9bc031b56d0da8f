import type { Cause } from "./cause"
import { isOfPassingTry } from "./log-lines"
import { withoutReadersText } from "./readers-text"
import { CAUSES } from "./table"

const MAX_TEXT_LENGTH = 4_000

export type Match = {
  cause: Cause
  /** The line in which the pattern matched. */
  line: string
}

type Context = {
  /** Whether lines of tries that went on count. */
  withPassing: boolean
  /** The log's last line about an Airbyte job. */
  jobLine: string
}

/** The causes that a text names, in order of precedence. */
export function matches(text: string, { jobLine, withPassing }: Context): Match[] {
  const whole = withoutReadersText(aroundFailure(text, MAX_TEXT_LENGTH))
  const readable = withPassing ? whole : withoutPassingLines(whole)
  return CAUSES.flatMap((cause) => {
    if (cause.needsJobLine && !cause.needsJobLine.test(jobLine)) return []
    const found = firstMatch(cause.patterns, readable)
    if (!found || cause.unless?.test(readable) || (cause.needs && !cause.needs.test(readable))) return []
    return [{ cause, line: lineAt(readable, found.index) }]
  })
}

/** The first cause for which the text only says that something else failed. */
export function wrapperMatch(text: string, { hasTraceback }: { hasTraceback: boolean }): Match | undefined {
  const readable = withoutReadersText(aroundFailure(text, MAX_TEXT_LENGTH))
  for (const cause of CAUSES) {
    const found = firstMatch(cause.wrappingPatterns ?? [], readable)
    if (found && !(cause.wrapsTracebacks && hasTraceback)) return { cause, line: lineAt(readable, found.index) }
  }
  return undefined
}

const withoutPassingLines = (text: string) =>
  text
    .split("\n")
    .filter((line) => !isOfPassingTry(line))
    .join("\n")

/** The beginning and the end of a long text: the first lines name an error, the last ones say how it ended. */
export function aroundFailure(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text
  const half = maxLength / 2
  return `${text.slice(0, half)}\n${text.slice(-half)}`
}

function firstMatch(patterns: RegExp[], text: string): RegExpExecArray | undefined {
  for (const pattern of patterns) {
    const found = pattern.exec(text)
    if (found) return found
  }
  return undefined
}

function lineAt(text: string, index: number): string {
  const start = text.lastIndexOf("\n", index - 1) + 1
  const end = text.indexOf("\n", index)
  return text.slice(start, end === -1 ? undefined : end)
}
