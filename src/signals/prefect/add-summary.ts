import type { Deps } from "../../deps"
import { enqueueHeldEmails } from "../../delivery/outbox"
import { errorName, log } from "../../runtime/log"
import * as notifications from "../../notifications/queries"
import * as summaries from "../../summaries/queries"
import { summarise } from "../../summaries/summarise"
import { PrefectError, prefectClientFrom } from "./client"
import { failedSubflows } from "./interpret"

/** Longer than Prefect and the model may take together. */
const LEASE_MS = 60_000
/** How often a log is asked for, and a summary begun, in all. */
const MAX_ATTEMPTS = 3
/** Prefect writes logs in batches: those of a run that failed just now may be on their way. */
const RETRY_MS = 15_000

/**
 * Adds a summary to the notification of a failed run.
 *
 * 1. Claim it: one worker makes it.
 * 2. Fetch the run's log. If there is none, try again a little later.
 * 3. Summarise it, and append that to the notification; without a log there is nothing to summarise.
 * 4. Show it in open tabs, and send the mails that waited for it.
 */
export async function addSummary(deps: Deps, { flowRunId }: { flowRunId: string }): Promise<void> {
  const [wanted] = await summaries.claimSummary(deps.db, { flowRunId, now: deps.now(), leaseMs: LEASE_MS })
  if (!wanted) return
  const { notificationId, attempts } = wanted
  if (attempts > MAX_ATTEMPTS) {
    await summaries.failSummary(deps.db, { flowRunId, reason: "given up", now: deps.now() })
  } else {
    const entries = await fetchLog(deps, flowRunId)
    if (entries.length === 0 && attempts < MAX_ATTEMPTS && deps.config.PREFECT_API_URL)
      return retryLater(deps, flowRunId)
    await summarise(deps, { flowRunId, notificationId, entries })
  }
  await Promise.all([updateBarItem(deps, notificationId), enqueueHeldEmails(deps, { notificationId })])
}

async function retryLater(deps: Deps, flowRunId: string): Promise<void> {
  await summaries.postponeSummary(deps.db, { flowRunId, dueAt: deps.now() + RETRY_MS })
  await deps.signals.send({ kind: "summary", flowRunId }, { delaySeconds: RETRY_MS / 1000 })
}

/** The log of a run and of its steps that failed; empty where Prefect does not tell. */
async function fetchLog({ config }: Deps, flowRunId: string) {
  const prefect = prefectClientFrom(config)
  if (!prefect) return []
  try {
    const subflows = await prefect.graph(flowRunId).then(failedSubflows, () => [])
    return await prefect.lastLogs([flowRunId, ...subflows])
  } catch (error) {
    if (!(error instanceof PrefectError)) throw error
    return []
  }
}

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
