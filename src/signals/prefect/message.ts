import { redact } from "../../domain/redact"
import type { Deployment, FlowRun } from "./schemas"

export type FailureDetails = {
  run: FlowRun
  deployment: Deployment | undefined
  /** The step that failed, in words. */
  step: string | undefined
  stateName: string
  frontendUrl: string | undefined
}

const MAX_ERROR_LENGTH = 500
const MAX_ERROR_LINES = 3
/** Prefect writes this before every exception. */
const PREAMBLE = /^Flow run encountered an exception: /

/**
 * The notification's text: which pipeline, when, which step, the first lines of the error, a link. Unknown parts are
 * left out.
 */
export function failureMessage({ run, deployment, step, stateName, frontendUrl }: FailureDetails): string {
  const pipeline = deployment?.name ?? run.name
  const failedAt = run.state?.timestamp ?? run.end_time
  const verb = stateName === "TimedOut" ? "took too long and was stopped" : "failed"
  const error = firstLines(redact(run.state?.message?.replace(PREAMBLE, "") ?? ""))
  return [
    `The pipeline ${pipeline} ${verb}${failedAt ? ` on ${formatTime(failedAt)}` : ""}.`,
    step && `It stopped at ${step}. Data after this step was not updated.`,
    error && `Error: ${error}`,
    frontendUrl && `See the run: ${frontendUrl}/orchestrate`,
  ]
    .filter(Boolean)
    .join("\n")
}

function firstLines(text: string): string {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
  return lines.slice(0, MAX_ERROR_LINES).join("\n").slice(0, MAX_ERROR_LENGTH)
}

/** "23 November 2026 at 02:41 UTC": the reader's time zone is not known here. */
const formatTime = (at: number) =>
  `${new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" }).format(at)} at ${new Date(at).toISOString().slice(11, 16)} UTC`
