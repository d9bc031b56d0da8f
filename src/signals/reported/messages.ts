import { redact } from "../../domain/redact"
import type { DbtTestFailure, JobFailure, LateRun, SchemaChange } from "./schemas"

/** Longer lists are cut, with the number of lines that are left out. */
const MAX_LINES = 20

export const jobFailureMessage = ({ flowRunId, errorMessage }: JobFailure) =>
  `A pipeline failed (run ${flowRunId}).\n${redact(errorMessage)}`

export const dbtTestFailureMessage = ({ testName, errorDetails }: DbtTestFailure) =>
  `The data quality test ${testName} failed.\n${redact(errorDetails)}`

export function lateRunMessage({ flowName, expectedTime, delayMinutes }: LateRun) {
  const expected = new Date(expectedTime).toISOString().slice(0, 16).replace("T", " ")
  return `${flowName} is late: it was due at ${expected} UTC and has not started for ${duration(delayMinutes)}.`
}

export function schemaChangeMessage({ source, changes }: SchemaChange) {
  const shown = changes.slice(0, MAX_LINES).map((change) => `- ${change}`)
  const omitted = changes.length - shown.length
  return [`${source} changed its structure.`, ...shown, ...(omitted > 0 ? [`and ${omitted} more`] : [])].join("\n")
}

function duration(minutes: number): string {
  const whole = Math.round(minutes)
  if (whole < 60) return plural(whole, "minute")
  const hours = plural(Math.floor(whole / 60), "hour")
  return whole % 60 === 0 ? hours : `${hours} and ${plural(whole % 60, "minute")}`
}

const plural = (number: number, unit: string) => `${number} ${unit}${number === 1 ? "" : "s"}`
