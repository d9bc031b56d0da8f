import { DETAILS_LABEL } from "../../domain/announcement"
import { oneLine, truncate } from "../../domain/text"
import { formatDate, type NamedTime } from "../../domain/time"
import type { DbtTestFailure, FailedRun, LateRun, SchemaChange } from "./schemas"

type Org = { timezone: string }

/** Longer lists are cut, with the number of lines that are left out. */
const MAX_LINES = 20
const MAX_NAME_LENGTH = 100
const MAX_DETAIL_LENGTH = 1_000

/** A name from outside within a sentence. */
const nameOf = (text: string) => truncate(oneLine(text), MAX_NAME_LENGTH)

export function dbtTestFailureMessage({ testName, errorDetails }: DbtTestFailure): string {
  const lines = errorDetails.split("\n").map(oneLine).filter(Boolean)
  return [
    `The data did not pass the check ${nameOf(testName)}.`,
    "The data has arrived; the rows that the check names look wrong.",
    "To do: Look at these rows in the source and mend them there. The check passes at the next run.",
    `${DETAILS_LABEL} ${truncate(lines.join(" "), MAX_DETAIL_LENGTH)}`,
  ].join("\n")
}

export function lateRunMessage(
  { flowName, expectedTime, delayMinutes }: LateRun,
  { org, now }: { org: Org; now: number },
): { message: string; times: NamedTime[] } {
  const at = Date.parse(expectedTime)
  const expected = formatDate(at, { zone: org.timezone, now })
  const message = [
    `${nameOf(flowName)} is late. It was due on ${expected} and has not started for ${duration(delayMinutes)}.`,
    "Dashboards show the data of before.",
    "To do: Nothing for an hour; if it has not started then, tell Dalgo's team.",
  ]
  return { message: message.join("\n"), times: [[at, expected]] }
}

export function schemaChangeMessage({ source, changes }: SchemaChange): string {
  const shown = changes.slice(0, MAX_LINES).map((change) => `- ${oneLine(change)}`)
  const omitted = changes.length - shown.length
  return [
    `${nameOf(source)} has changed: its tables or columns are not what they were.`,
    "Dashboards that use them may need a change.",
    ...shown,
    ...(omitted > 0 ? [`- and ${omitted} more`] : []),
  ].join("\n")
}

/** For platform admins, who get the organisation, the state and the run with it. */
export function failedRunMessage({ failedStep }: FailedRun): string {
  const step = failedStep ? [`${DETAILS_LABEL} Stopped at the step ${nameOf(failedStep)}.`] : []
  return ["A pipeline run did not end well.", ...step].join("\n")
}

function duration(minutes: number): string {
  const whole = Math.round(minutes)
  if (whole < 60) return plural(whole, "minute")
  const hours = plural(Math.floor(whole / 60), "hour")
  return whole % 60 === 0 ? hours : `${hours} and ${plural(whole % 60, "minute")}`
}

const plural = (number: number, unit: string) => `${number} ${unit}${number === 1 ? "" : "s"}`
