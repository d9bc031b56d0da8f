import type { Failure, Reach } from "../../domain/failure"
import { firstCharacters, lastCharacters, oneLine } from "../../domain/text"
import type { Deployment, FlowRun } from "./schemas"

type FailedRun = {
  run: FlowRun
  deployment: Deployment | undefined
  /** The step that failed, in words. */
  step: string | undefined
  reach: Reach | undefined
  lastCompletedAt: number | undefined
}

export type FailureContext = {
  orgSlug: string | undefined
  /** What does not depend on the run. */
  facts: Pick<Failure, "orgName" | "timeZone" | "link" | "isTeamTold" | "usesAi" | "publishedAt">
}

/** Of a longer state message, the heading and the end, where the last exception stands. */
const HEAD_LENGTH = 2_000
const TAIL_LENGTH = 6_000
/** Prefect writes this before every exception. */
const PREAMBLE = /^Flow run encountered an exception: /

/** What a failed run's message says. Unknown parts are `null`. */
export function failureFacts(failed: FailedRun, { orgSlug, facts }: FailureContext): Failure {
  const { run, deployment, step, reach, lastCompletedAt } = failed
  return {
    ...facts,
    pipeline: deployment ? pipelineName(deployment.name, orgSlug) : null,
    step: step ?? null,
    reach: reach ?? (run.state_type === "CRASHED" ? "unknown" : "sync"),
    stateMessage: stateMessage(run.state?.message),
    failedAt: run.state?.timestamp ?? run.end_time ?? null,
    lastCompletedAt: lastCompletedAt ?? null,
  }
}

/** The same where nothing but an error is known. */
export const reportedFacts = (error: string, { facts }: FailureContext): Failure => ({
  ...facts,
  pipeline: null,
  step: null,
  reach: "sync",
  stateMessage: stateMessage(error),
  failedAt: null,
  lastCompletedAt: null,
})

function stateMessage(message: string | null | undefined): string | null {
  const text = (message?.replace(PREAMBLE, "") ?? "").trim()
  if (text.length <= HEAD_LENGTH + TAIL_LENGTH) return text || null
  return `${firstCharacters(text, HEAD_LENGTH)}\n…\n${lastCharacters(text, TAIL_LENGTH)}`
}

/**
 * A deployment's name as people read it: "nightly-survey" is "Nightly survey". Dalgo makes up names such as
 * "pipeline-acme-x7Qk2", of which only the code tells one pipeline from another.
 */
export function pipelineName(name: string, orgSlug: string | undefined): string {
  const words = oneLine(name)
  const madeUp = orgSlug !== undefined && words.toLowerCase().startsWith(`pipeline-${orgSlug.toLowerCase()}-`)
  if (madeUp) return `Pipeline ${words.slice(`pipeline-${orgSlug}-`.length)}`
  if (!/^[a-z0-9]+(?:[-_][a-z0-9]+)+$/.test(words)) return words
  const spaced = words.replaceAll(/[-_]/g, " ")
  return spaced.charAt(0).toUpperCase() + spaced.slice(1)
}
