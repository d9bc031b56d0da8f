import type { Deps } from "../../deps"
import { hintUntried } from "../../delivery/outbox"
import { kindOf, log } from "../../log"
import * as notifications from "../../notifications/queries"
import * as summaries from "../../summaries/queries"
import { summarise } from "../../summaries/summarise"
import { PrefectError } from "./api"
import { failedSubflows } from "./interpret"

/** Longer than Prefect and the model may take together. */
const LEASE_MS = 60_000
/** A summary that was begun this often and never finished is given up. */
const MOST_TRIES = 3

/**
 * Adds a summary to the notification of a failed run.
 *
 * 1. Claim it: one worker makes it.
 * 2. Fetch the run's log; without one there is nothing to summarise.
 * 3. Summarise it, and append that to the notification.
 * 4. Show it in open tabs, and send the mails that waited for it.
 */
export async function addSummary(deps: Deps, { flowRunId }: { flowRunId: string }): Promise<void> {
  const [wanted] = await summaries.claim(deps.db, { flowRunId, now: deps.now(), leaseMs: LEASE_MS })
  if (!wanted) return
  const { notificationId } = wanted
  if (wanted.attempts > MOST_TRIES) {
    await summaries.fail(deps.db, { flowRunId, reason: "given up", now: deps.now() })
  } else {
    await summarise(deps, { flowRunId, notificationId, entries: await logOf(deps, flowRunId) })
  }
  await Promise.all([rewriteBars(deps, notificationId), hintUntried(deps, { notificationId })])
}

/** The log of a run and of its steps that failed; empty where Prefect does not tell. */
async function logOf({ prefect }: Deps, flowRunId: string) {
  if (!prefect) return []
  try {
    const subflows = await prefect.graph(flowRunId).then(failedSubflows, () => [])
    return await prefect.lastLogs([flowRunId, ...subflows])
  } catch (error) {
    if (!(error instanceof PrefectError)) throw error
    return []
  }
}

async function rewriteBars(deps: Deps, notificationId: number): Promise<void> {
  const [notification] = await notifications.byId(deps.db, { id: notificationId })
  if (!notification?.orgId) return
  await deps
    .bar(notification.orgId)
    .rewritten({ notificationId })
    .catch((error) => {
      log({ event: "hint_lost", notification_id: notificationId, reason: kindOf(error) })
    })
}
