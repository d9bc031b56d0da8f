import type { Deps } from "../deps"
import { LEASE_MS } from "../runtime/backoff"
import { errorName, log } from "../runtime/log"
import { inTurn, sendSignals } from "../runtime/queue-lanes"
import { logCancelled } from "../orgs/cancel-scheduled"
import { continueFanOut } from "./fan-out"
import * as queries from "./queries"

const MAX_PER_RUN = 500
/** These are sent by the cron itself. The consumers of the queue send the rest at the same time. */
const SENT_BY_CRON = 10
const RETRY_DELAY_MS = 5 * 60_000
const RETRY_FOR_MS = 24 * 60 * 60_000
const MAX_ATTEMPTS = RETRY_FOR_MS / RETRY_DELAY_MS

/**
 * Sends scheduled notifications whose time has come, and continues unfinished fan-outs. It may run twice at the same
 * time.
 *
 * 1. Claim what is due, with a lease. Each organisation gets the same share; `null`, what spans organisations, counts as
 *    one of them.
 * 2. Delete what was scheduled by somebody who was removed since. Removing them deletes it too, but other isolates take
 *    requests of theirs for 30 more seconds, and a super-admin schedules for organisations that are not theirs.
 * 3. Enqueue all but the first, in turn. If the message is lost, the next run after the lease takes the notification.
 * 4. Send the first, in turn.
 */
export async function sendDue(deps: Deps): Promise<void> {
  const claim = { now: deps.now(), limit: MAX_PER_RUN, leaseMs: LEASE_MS.fanOut }
  const claimed = await queries.claimDueNotifications(deps.db, claim)
  const cancelled = await cancelOfRemoved(deps, claimed)
  const left = claimed.filter(({ id }) => !cancelled.has(id))
  const due = inTurn(left.toSorted((a, b) => (a.scheduledAt ?? 0) - (b.scheduledAt ?? 0)))
  await enqueueDue(deps, due.slice(SENT_BY_CRON))
  for (const { id } of due.slice(0, SENT_BY_CRON)) await sendOneDue(deps, { notificationId: id })
}

type Claimed = { id: number; orgId: number | null; scheduledAt: number | null }

async function cancelOfRemoved({ db }: Deps, claimed: Claimed[]): Promise<Set<number>> {
  const ids = claimed.flatMap(({ id, scheduledAt }) => (scheduledAt === null ? [] : id))
  if (ids.length === 0) return new Set()
  const cancelled = await queries.deleteScheduledByStrangers(db, { ids })
  logCancelled(cancelled)
  return new Set(cancelled.map(({ id }) => id))
}

async function enqueueDue(deps: Deps, due: { id: number; orgId: number | null }[]): Promise<void> {
  const messages = due.map(({ id, orgId }) => ({
    body: { kind: "fan_out" as const, notificationId: id },
    orgId: orgId ?? 0,
  }))
  await sendSignals(deps, messages).catch((error) => {
    log({ event: "enqueue_failed", queue: "dalgo-signals", reason: errorName(error), count: due.length })
  })
}

/**
 * Sends a due notification, or its next chunk. One that fails does not stop the others; it is tried every 5 minutes for
 * 24 hours after its first failure.
 */
export async function sendOneDue(deps: Deps, { notificationId }: { notificationId: number }): Promise<void> {
  try {
    await continueFanOut(deps, { notificationId })
  } catch (error) {
    log({ event: "fan_out_failed", notification_id: notificationId, reason: errorName(error) })
    const dueAt = deps.now() + RETRY_DELAY_MS
    await queries.postponeNotification(deps.db, { id: notificationId, dueAt, maxAttempts: MAX_ATTEMPTS })
  }
}
