import type { Statement } from "../../db/client"
import type { Deps } from "../../deps"
import { SWEEP_AFTER_MS } from "../../runtime/backoff"
import { errorName, log } from "../../runtime/log"
import { sendSignals } from "../../runtime/queue-lanes"
import { publish, type PublishResult } from "../../notifications/publish"
import { insertSummary, selectSummary } from "../../summaries/queries"
import { systemAnnouncement, type OrgWithSettings } from "../system-announcement"
import { toPlatformAdmins } from "./platform-admin-message"
import type { FlowRun } from "./schemas"

/** How long e-mail waits for a summary. */
const EMAIL_HOLD_MS = 60_000

export type RunFailure = {
  flowRunId: string
  stateName: string
  org: OrgWithSettings
  message: string
  /** `undefined` where Prefect could not be asked. */
  run?: FlowRun | undefined
  /** The flow runs whose log the summary reads; `undefined` where they are still to be found. */
  logRunIds?: string[] | undefined
  /** Further statements for the batch of the notification. */
  alongside?: (publicationId: string) => Statement[]
}

/** Dedupe key of a failure. Each failed state of a run is published once, whoever reports it first. */
export const failureKey = ({ flowRunId, stateName }: { flowRunId: string; stateName: string }) =>
  `prefect:${flowRunId.toLowerCase()}:${stateName}`

/**
 * Publishes the failure of a flow run.
 *
 * 1. Publish the notification, and in the same batch insert the summary that its e-mail waits for.
 * 2. Enqueue the summary.
 */
export async function publishRunFailure(deps: Deps, failure: RunFailure): Promise<PublishResult> {
  const { flowRunId, org, message, logRunIds, alongside } = failure
  const isSummaryWanted = await wantsSummary(deps, { flowRunId, org })
  const now = deps.now()
  const summary = { flowRunId, logRunIds, now, dueAt: now + SWEEP_AFTER_MS }
  const published = await publish(deps, {
    ...systemAnnouncement({ org, category: "job_failure", message }),
    dedupe: { key: failureKey(failure) },
    platformAdmins: toPlatformAdmins(deps.config, failure),
    holdEmailMs: isSummaryWanted ? EMAIL_HOLD_MS : undefined,
    alongside: (publicationId) => [
      ...(alongside?.(publicationId) ?? []),
      ...(isSummaryWanted ? [insertSummary(deps.db, { ...summary, publicationId })] : []),
    ],
  })
  if (published.kind === "published" && isSummaryWanted) await enqueueSummary(deps, { flowRunId, orgId: org.id })
  return published
}

/** A run has one summary. The notification of a second failed state gets none, and its e-mail does not wait. */
async function wantsSummary(
  deps: Deps,
  { flowRunId, org }: { flowRunId: string; org: OrgWithSettings },
): Promise<boolean> {
  if (!deps.config.AUTO_GENERATE_LLM_FAILURE_SUMMARIES || org.llmOptin === false) return false
  const [existing] = await selectSummary(deps.db, { flowRunId })
  return existing === undefined
}

const enqueueSummary = (deps: Deps, { flowRunId, orgId }: { flowRunId: string; orgId: number }) =>
  sendSignals(deps, [{ body: { kind: "summary", flowRunId }, orgId }]).catch((error) => {
    log({ event: "enqueue_failed", queue: "dalgo-signals", flow_run_id: flowRunId, reason: errorName(error) })
  })
