import { truncate } from "../../domain/text"
import { isNoLine } from "./no-cause"
import { isNoise } from "./readers-text"

const MAX_LINE_LENGTH = 300

/** A heading of several lines: "1 validation error for Survey", the field, what is wrong with it. */
const VALIDATION_ERRORS = /\b\d{1,6} validation errors? for /i
/** The data and the type that pydantic appends to what is wrong. */
const PYDANTIC_DATA = /\s{1,4}(?:\[type=[^\n]*|\(type=[^\n]{0,300}\))$/

/** The first line of an error's message that says something, as one short line. */
export function technicalLine(text: string): string | undefined {
  const lines = text.split("\n").filter((line) => !isNoise(line) && !isNoLine(line))
  const [first, second, third] = lines
  if (first === undefined) return undefined
  if (VALIDATION_ERRORS.test(first) && second !== undefined)
    return shortLine(
      [first, second, third?.replace(PYDANTIC_DATA, "")]
        .filter(Boolean)
        .map((line) => line?.trim())
        .join(": "),
    )
  if (isUnfinished(first) && second !== undefined) return shortLine(`${first.trim()} ${second.trim()}`)
  return shortLine(first)
}

/** "RuntimeError:", "400 Bad request; reason:" and dbt's headings, whose message stands in the next line. */
const isUnfinished = (line: string) =>
  /[:;,]\s{0,4}$/.test(line) || /^(?:[A-Za-z_][\w.]{0,200}: )?\([\w.]{1,100}\)\s{0,4}$/.test(line)

/** "Database Error in model visits: column … does not exist": the heading without its path, and the message. */
export function dbtLine(text: string): string | undefined {
  const [heading = "", ...rest] = text.split("\n")
  const message = technicalLine(rest.join("\n"))
  const name = heading.replace(/ \([^)\n]{0,300}\)\s{0,4}$/, "").trim()
  if (isNoLine(name)) return message
  return message === undefined || isNoLine(message)
    ? shortLine(name)
    : shortLine(`${name.replace(/:$/, "")}: ${message}`)
}

/** Airbyte's type of a failure, which says nothing to a reader. */
const FAILURE_TYPE = /^(?:\[(?:\w{1,30}_error|\w{1,30}_timeout|manual_cancellation|refresh_schema)\] ){1,3}(?=\S)/

export const shortLine = (line: string) =>
  truncate(
    line
      .replaceAll(/\s{1,200}/g, " ")
      .trim()
      .replace(FAILURE_TYPE, "")
      .slice(0, 2_000),
    MAX_LINE_LENGTH,
  )
