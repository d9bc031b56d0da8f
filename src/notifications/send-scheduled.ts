import type { Deps } from "../deps"
import { kindOf, log } from "../runtime/log"
import { continueFanOut } from "./fan-out"
import * as queries from "./queries"

const PER_SWEEP = 50
const TRY_AGAIN_MS = 5 * 60_000
/** A day's worth, counted from the first failure: what was overdue already is tried as long as any other. */
const MOST_TRIES = (24 * 60 * 60_000) / TRY_AGAIN_MS

/**
 * Sends what is scheduled for now, and goes on with fan-outs that stopped halfway. Twice a minute does no harm. One
 * that fails holds up no other: it is tried again for a day.
 */
export async function releaseDue(deps: Deps): Promise<void> {
  const due = await queries.dueNotifications(deps.db, { now: deps.now(), limit: PER_SWEEP })
  for (const { id, attempts } of due) {
    try {
      await continueFanOut(deps, { notificationId: id })
    } catch (error) {
      log({ event: "sweep_failed", notification_id: id, reason: kindOf(error) })
      const dueAt = attempts + 1 >= MOST_TRIES ? null : deps.now() + TRY_AGAIN_MS
      await queries.postpone(deps.db, { id, dueAt })
    }
  }
}
