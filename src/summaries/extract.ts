import { redact } from "../domain/redact"
import { isError, type LogEntry } from "./log-entry"

const MAX_LINES = 3
const MAX_LINE_LENGTH = 300

/** Prefect's own last entry repeats the error before it. */
const UNINFORMATIVE = /^Finished in state /

/** The first different errors of a log as a list, without secrets; `undefined` if the log holds no error. */
export function extractErrors(entries: LogEntry[]): string | undefined {
  // Redact before cutting: half a secret matches no pattern.
  const errors = entries.filter(isError).map(({ message }) => toSingleLine(redact(message)).slice(0, MAX_LINE_LENGTH))
  const distinct = [...new Set(errors)].filter((line) => line !== "" && !UNINFORMATIVE.test(line))
  if (distinct.length === 0) return undefined
  return distinct
    .slice(0, MAX_LINES)
    .map((line) => `- ${line}`)
    .join("\n")
}

/** The last line of a traceback names the error. Any other message is joined from its first line. */
function toSingleLine(message: string): string {
  const lines = message
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
  return (message.includes("Traceback (most recent call last)") ? lines.at(-1) : lines.join(" ")) ?? ""
}
