import type { Statement } from "../../db/client"
import type { Notification } from "../../db/schema"
import type { Deps } from "../../deps"
import { SWEEP_AFTER_MS } from "../../runtime/backoff"
import type { Failure } from "../../domain/failure"
import { ifUsable } from "../../runtime/errors"
import { errorName, log } from "../../runtime/log"
import { sendSignals } from "../../runtime/queue-lanes"
import { publish, type PublishResult } from "../../notifications/publish"
import { failureMessage } from "../../summaries/failure-message"
import { insertSummary, selectSummary } from "../../summaries/queries"
import { systemAnnouncement, type OrgWithSettings } from "../system-announcement"
import { type Attempt, failureKey, findEarlierReport, keyPrefix, REPORTED_PREFIX } from "./attempt"
import { toPlatformAdmins } from "./platform-admin-message"
import { selectByKeyPrefix } from "./queries"
import type { FlowRun } from "./schemas"

/** How long e-mail waits for a summary. */
const EMAIL_HOLD_MS = 60_000

export type RunFailure = {
  attempt: Attempt
  stateName: string
  org: OrgWithSettings
  failure: Failure
  /** `undefined` where Prefect could not be asked. */
  run?: FlowRun | undefined
  /** The flow runs whose log the summary reads; `undefined` where they are still to be found. */
  logRunIds?: string[] | undefined
  /** Without a log there is no summary. */
  hasLog?: boolean
  /** Further statements for the batch of the notification. */
  alongside?: (publicationId: string) => Statement[]
}

export type FailureResult =
  | PublishResult
  /** The attempt was told to another organisation. */
  | { kind: "told_elsewhere"; notification: Notification }

/**
 * Publishes the failure of a flow run.
 *
 * 1. Read the notifications about the run, what other programs told the platform admins of it, and its summary: one round
 *    trip. Of one attempt there is one notification, and the platform admins are told once.
 * 2. Publish the notification, and in the same batch insert the summary that its e-mail waits for.
 * 3. Enqueue the summary.
 */
export async function publishRunFailure(deps: Deps, runFailure: RunFailure): Promise<FailureResult> {
  const { attempt, org, failure, logRunIds, alongside } = runFailure
  const { flowRunId } = attempt
  const prefix = keyPrefix(flowRunId)
  const [earlier, reports, [summary]] = await deps.db.batch([
    selectByKeyPrefix(deps.db, { prefix }),
    selectByKeyPrefix(deps.db, { prefix: `${REPORTED_PREFIX}${prefix}` }),
    selectSummary(deps.db, { flowRunId }),
  ])
  const now = deps.now()
  const told = findEarlierReport(earlier, attempt, now)
  if (told) return toldResult(told, org)

  const isSummaryWanted = wantsSummary(deps, runFailure) && summary === undefined
  const newSummary = { flowRunId, logRunIds, failure, now, dueAt: now + SWEEP_AFTER_MS }
  const { message, times } = failureMessage(failure)
  const published = await publish(deps, {
    ...systemAnnouncement({ org, category: "job_failure", message, times }),
    dedupe: { key: failureKey(attempt) },
    platformAdmins:
      failure.isTeamTold && !findEarlierReport(reports, attempt, now) ? platformAdminsOf(deps, runFailure) : undefined,
    holdEmailMs: isSummaryWanted ? EMAIL_HOLD_MS : undefined,
    alongside: (publicationId) => [
      ...(alongside?.(publicationId) ?? []),
      ...(isSummaryWanted ? [insertSummary(deps.db, { ...newSummary, publicationId })] : []),
    ],
  })
  if (published.kind === "published" && isSummaryWanted) await enqueueSummary(deps, { flowRunId, orgId: org.id })
  if (published.kind !== "conflict") return published
  // Another report of it was published meanwhile.
  const holder = findEarlierReport(await selectByKeyPrefix(deps.db, { prefix }), attempt, now)
  return holder ? toldResult(holder, org) : published
}

const toldResult = (notification: Notification, org: OrgWithSettings): FailureResult => ({
  kind: notification.orgId === org.id ? "already" : "told_elsewhere",
  notification,
})

const platformAdminsOf = ({ config }: Deps, { failure, attempt, ...rest }: RunFailure) =>
  toPlatformAdmins(config, {
    ...rest,
    flowRunId: attempt.flowRunId,
    message: failureMessage(failure, { isForMembers: false }).message,
  })

/**
 * Without AI, the log still tells known causes and its best line. A run has one summary: the notification of another
 * attempt gets none, and its e-mail does not wait.
 */
const wantsSummary = ({ config }: Deps, { failure, hasLog = true }: RunFailure) =>
  hasLog && (failure.usesAi || ifUsable(() => config.PREFECT_API_URL) !== undefined)

const enqueueSummary = (deps: Deps, { flowRunId, orgId }: { flowRunId: string; orgId: number }) =>
  sendSignals(deps, [{ body: { kind: "summary", flowRunId }, orgId }]).catch((error) => {
    log({ event: "enqueue_failed", queue: "dalgo-signals", flow_run_id: flowRunId, reason: errorName(error) })
  })
