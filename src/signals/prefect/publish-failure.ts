import type { Statement } from "../../db/client"
import type { Deps } from "../../deps"
import { errorName, log } from "../../runtime/log"
import { publish, type PublishResult } from "../../notifications/publish"
import * as summaries from "../../summaries/queries"
import { systemAnnouncement, type OrgWithSettings } from "../system-announcement"
import { toPlatformAdmins } from "./platform-admin-message"
import type { FlowRun } from "./schemas"

/** How long mail waits for a summary. */
const EMAIL_HOLD_MS = 60_000
/** When the sweep asks for a summary whose hint was lost. */
const SWEEP_AFTER_MS = 2 * 60_000

type RunFailure = {
  flowRunId: string
  stateName: string
  org: OrgWithSettings
  message: string
  /** As Prefect has it, where it can be asked. */
  run?: FlowRun
  /** What else becomes true when this is said. */
  alongside: Statement[]
}

/** Of one run each state that is a failure is said once, whoever told us of it. */
export const failureKey = ({ flowRunId, stateName }: { flowRunId: string; stateName: string }) =>
  `prefect:${flowRunId.toLowerCase()}:${stateName}`

/**
 * Says that a run of Prefect's failed.
 *
 * 1. Publish it, and in the same batch begin the summary that its mail waits for.
 * 2. Ask the queue for that summary.
 */
export async function publishRunFailure(deps: Deps, failure: RunFailure): Promise<PublishResult> {
  const { flowRunId, org, message, alongside } = failure
  const isSummaryWanted = await wantsSummary(deps, { flowRunId, org })
  const now = deps.now()
  const published = await publish(deps, {
    ...systemAnnouncement({ org, category: "job_failure", message }),
    dedupe: { key: failureKey(failure) },
    platformAdmins: toPlatformAdmins(deps.config, failure),
    holdEmailMs: isSummaryWanted ? EMAIL_HOLD_MS : undefined,
    alongside: (publicationId) => [
      ...alongside,
      ...(isSummaryWanted
        ? [summaries.insertSummary(deps.db, { flowRunId, publicationId, now, dueAt: now + SWEEP_AFTER_MS })]
        : []),
    ],
  })
  if (published.kind === "published" && isSummaryWanted) await enqueueSummary(deps, { flowRunId })
  return published
}

/** One summary per run: a second state of the same run gets none, and its mail waits for none. */
async function wantsSummary(
  deps: Deps,
  { flowRunId, org }: { flowRunId: string; org: OrgWithSettings },
): Promise<boolean> {
  if (!deps.config.AUTO_GENERATE_LLM_FAILURE_SUMMARIES || org.llmOptin === false) return false
  const [existing] = await summaries.selectSummary(deps.db, { flowRunId })
  return existing === undefined
}

const enqueueSummary = (deps: Deps, { flowRunId }: { flowRunId: string }) =>
  deps.signals.send({ kind: "summary", flowRunId }).catch((error) => {
    log({ event: "enqueue_failed", queue: "dalgo-signals", flow_run_id: flowRunId, reason: errorName(error) })
  })
