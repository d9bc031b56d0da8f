import type { Deps } from "../../deps"
import { enqueueHeldEmails } from "../../delivery/outbox"
import { LEASE_MS } from "../../runtime/backoff"
import { errorName, log } from "../../runtime/log"
import { sendSignals } from "../../runtime/queue-lanes"
import * as notifications from "../../notifications/queries"
import * as summaries from "../../summaries/queries"
import { summarise } from "../../summaries/summarise"
import { type PrefectClient, PrefectError, prefectClientFrom } from "./client"
import { logRunsOf } from "./steps"

/** Attempts per summary, those that ended with an expired lease included. */
const MAX_ATTEMPTS = 3
/** Prefect writes logs in batches, so that the last lines of a failed run may arrive some seconds late. */
const LOG_RETRY_MS = 15_000

type RunLog = { flowRunId: string; logRunIds: string[] | null }

/**
 * Adds what the log of a failed run tells to its notification.
 *
 * 1. Claim the summary.
 * 2. Fetch the run's log. If it is empty, try again later.
 * 3. Compose the message again with what the log tells. After the last attempt, an empty log changes nothing.
 * 4. Update open tabs, and enqueue the mails that waited for the summary.
 */
export async function addSummary(deps: Deps, { flowRunId }: { flowRunId: string }): Promise<void> {
  const [summary] = await summaries.claimSummary(deps.db, { flowRunId, now: deps.now(), leaseMs: LEASE_MS.summary })
  if (!summary) return
  const { notificationId, attempts, logRunIds, failure, orgId } = summary
  // A summary without `failure` was requested by a version before this one.
  if (attempts > MAX_ATTEMPTS || !failure) {
    await summaries.failSummary(deps.db, { flowRunId, reason: "given up", now: deps.now() })
  } else {
    const entries = await fetchLog(deps, { flowRunId, logRunIds })
    if (entries.length === 0 && attempts < MAX_ATTEMPTS && deps.config.PREFECT_API_URL)
      return retryLater(deps, { flowRunId, orgId })
    await summarise(deps, { flowRunId, notificationId, failure, entries })
  }
  await Promise.all([updateBarItem(deps, notificationId), enqueueHeldEmails(deps, { notificationId })])
}

async function retryLater(
  deps: Deps,
  { flowRunId, orgId }: { flowRunId: string; orgId: number | null },
): Promise<void> {
  await summaries.postponeSummary(deps.db, { flowRunId, dueAt: deps.now() + LOG_RETRY_MS })
  const message = { body: { kind: "summary" as const, flowRunId }, orgId: orgId ?? 0 }
  await sendSignals(deps, [message], { delaySeconds: LOG_RETRY_MS / 1000 })
}

/** The log of the run and of its failed subflows; empty where Prefect does not give it. */
async function fetchLog({ config }: Deps, { flowRunId, logRunIds }: RunLog) {
  const prefect = prefectClientFrom(config)
  if (!prefect) return []
  try {
    return await prefect.lastLogs(logRunIds ?? (await fetchLogRuns(prefect, flowRunId)))
  } catch (error) {
    if (!(error instanceof PrefectError)) throw error
    return []
  }
}

/** For a notification that was published without the run's graph. */
const fetchLogRuns = (prefect: PrefectClient, flowRunId: string) =>
  prefect.graph(flowRunId).then(
    (graph) => logRunsOf({ flowRunId, graph }),
    () => [flowRunId],
  )

async function updateBarItem(deps: Deps, notificationId: number): Promise<void> {
  const [notification] = await notifications.selectNotification(deps.db, { id: notificationId })
  if (!notification?.orgId) return
  await deps
    .bar(notification.orgId)
    .itemUpdated({ notificationId })
    .catch((error) => {
      log({ event: "urgent_bar_update_failed", notification_id: notificationId, reason: errorName(error) })
    })
}
