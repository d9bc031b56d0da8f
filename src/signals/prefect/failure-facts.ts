import type { Failure, Reach } from "../../domain/failure"
import { redact } from "../../domain/redact"
import { oneLine, truncate } from "../../domain/text"
import type { Deployment, FlowRun } from "./schemas"

type FailedRun = {
  run: FlowRun
  deployment: Deployment | undefined
  /** The step that failed, in words. */
  step: string | undefined
  reach: Reach | undefined
  lastCompletedAt: number | undefined
}

export type FailureContext = Pick<
  Failure,
  "orgName" | "timeZone" | "link" | "isTeamTold" | "usesAi" | "publishedAt"
> & { orgSlug: string | undefined }

const MAX_STATE_MESSAGE_LENGTH = 4_000
/** Prefect writes this before every exception. */
const PREAMBLE = /^Flow run encountered an exception: /

/** What a failed run's message says. Unknown parts are `null`. */
export function failureFacts(failed: FailedRun, { orgSlug, ...context }: FailureContext): Failure {
  const { run, deployment, step, reach, lastCompletedAt } = failed
  return {
    ...context,
    pipeline: deployment ? pipelineName(deployment.name, orgSlug) : null,
    step: step ?? null,
    reach: reach ?? (run.state_type === "CRASHED" ? "unknown" : "sync"),
    stateMessage: stateMessage(run.state?.message),
    failedAt: run.state?.timestamp ?? run.end_time ?? null,
    lastCompletedAt: lastCompletedAt ?? null,
  }
}

/** The same where nothing but an error is known. */
export const reportedFacts = (error: string, { orgSlug: _, ...context }: FailureContext): Failure => ({
  ...context,
  pipeline: null,
  step: null,
  reach: "sync",
  stateMessage: stateMessage(error),
  failedAt: null,
  lastCompletedAt: null,
})

/** Redacted before it is cut: half a secret matches no pattern. */
const stateMessage = (message: string | null | undefined) =>
  truncate(redact(message?.replace(PREAMBLE, "") ?? "").trim(), MAX_STATE_MESSAGE_LENGTH) || null

/**
 * A deployment's name as people read it: "nightly-survey" is "Nightly survey". Dalgo makes up names such as
 * "pipeline-acme-x7Qk2", of which only the code tells one pipeline from another.
 */
export function pipelineName(name: string, orgSlug: string | undefined): string {
  const words = oneLine(redact(name))
  const madeUp = orgSlug !== undefined && words.toLowerCase().startsWith(`pipeline-${orgSlug.toLowerCase()}-`)
  if (madeUp) return `Pipeline ${words.slice(`pipeline-${orgSlug}-`.length)}`
  if (!/^[a-z0-9]+(?:[-_][a-z0-9]+)+$/.test(words)) return words
  const spaced = words.replaceAll(/[-_]/g, " ")
  return spaced.charAt(0).toUpperCase() + spaced.slice(1)
}
