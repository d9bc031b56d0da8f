import type { Deps } from "../deps"
import { errorName, log } from "../runtime/log"
import { continueFanOut } from "./fan-out"
import * as queries from "./queries"

const MAX_PER_RUN = 50
const RETRY_MS = 5 * 60_000
/** A day's worth, counted from the first failure: what was overdue already is tried as long as any other. */
const MAX_ATTEMPTS = (24 * 60 * 60_000) / RETRY_MS

/**
 * Sends what is scheduled for now, and goes on with fan-outs that stopped halfway. Twice a minute does no harm. One
 * that fails holds up no other: it is tried again for a day.
 */
export async function sendDue(deps: Deps): Promise<void> {
  const due = await queries.selectDueNotifications(deps.db, { now: deps.now(), limit: MAX_PER_RUN })
  for (const { id, attempts } of due) {
    try {
      await continueFanOut(deps, { notificationId: id })
    } catch (error) {
      log({ event: "sweep_failed", notification_id: id, reason: errorName(error) })
      const dueAt = attempts + 1 >= MAX_ATTEMPTS ? null : deps.now() + RETRY_MS
      await queries.postponeNotification(deps.db, { id, dueAt })
    }
  }
}
