import type { Statement } from "../../db/client"
import type { Deps } from "../../deps"
import { kindOf, log } from "../../runtime/log"
import { publish, type Published } from "../../notifications/publish"
import * as summaries from "../../summaries/queries"
import { inOwnVoice, type Org } from "../system-announcement"
import { toOperators } from "./platform-admin-message"
import type { FlowRun } from "./schemas"

/** How long mail waits for a summary. */
const HOLD_EMAIL_MS = 60_000
/** When the sweep asks for a summary whose hint was lost. */
const SWEEP_AFTER_MS = 2 * 60_000

type Failure = {
  flowRunId: string
  stateName: string
  org: Org
  message: string
  /** As Prefect has it, where it can be asked. */
  run?: FlowRun
  /** What else becomes true when this is said. */
  alongside: Statement[]
}

/** Of one run each state that is a failure is said once, whoever told us of it. */
export const keyOf = ({ flowRunId, stateName }: { flowRunId: string; stateName: string }) =>
  `prefect:${flowRunId.toLowerCase()}:${stateName}`

/**
 * Says that a run of Prefect's failed.
 *
 * 1. Publish it, and in the same batch begin the summary that its mail waits for.
 * 2. Ask the queue for that summary.
 */
export async function sayFailure(deps: Deps, failure: Failure): Promise<Published> {
  const { flowRunId, org, message, alongside } = failure
  const wantsSummary = await isSummaryWanted(deps, { flowRunId, org })
  const now = deps.now()
  const published = await publish(deps, {
    ...inOwnVoice({ org, category: "job_failure", message }),
    dedupe: { key: keyOf(failure) },
    operators: toOperators(deps.settings, failure),
    holdEmailMs: wantsSummary ? HOLD_EMAIL_MS : undefined,
    alongside: (publicationId) => [
      ...alongside,
      ...(wantsSummary
        ? [summaries.begin(deps.db, { flowRunId, publicationId, now, dueAt: now + SWEEP_AFTER_MS })]
        : []),
    ],
  })
  if (published.kind === "published" && wantsSummary) await hintSummary(deps, { flowRunId })
  return published
}

/** One summary per run: a second state of the same run gets none, and its mail waits for none. */
async function isSummaryWanted(deps: Deps, { flowRunId, org }: { flowRunId: string; org: Org }): Promise<boolean> {
  if (!deps.settings.AUTO_GENERATE_LLM_FAILURE_SUMMARIES || org.llmOptin === false) return false
  const [existing] = await summaries.byRun(deps.db, { flowRunId })
  return existing === undefined
}

const hintSummary = (deps: Deps, { flowRunId }: { flowRunId: string }) =>
  deps.signals.send({ kind: "summary", flowRunId }).catch((error) => {
    log({ event: "hint_lost", flow_run_id: flowRunId, reason: kindOf(error) })
  })
