import type { Deps } from "../deps"
import { kindOf, log } from "../log"
import { continueFanOut } from "./fan-out"
import * as queries from "./queries"

const PER_SWEEP = 50
const TRY_AGAIN_MS = 5 * 60_000
const GIVE_UP_AFTER_MS = 24 * 60 * 60_000

/**
 * Sends what is scheduled for now, and goes on with fan-outs that stopped halfway. Twice a minute does no harm. One
 * that fails holds up no other: it is tried again for a day.
 */
export async function releaseDue(deps: Deps): Promise<void> {
  const due = await queries.dueNotifications(deps.db, { now: deps.now(), limit: PER_SWEEP })
  for (const { id, dueSince } of due) {
    try {
      await continueFanOut(deps, { notificationId: id })
    } catch (error) {
      const now = deps.now()
      log({ event: "sweep_failed", notification_id: id, reason: kindOf(error) })
      const dueAt = now - dueSince > GIVE_UP_AFTER_MS ? null : now + TRY_AGAIN_MS
      await queries.postpone(deps.db, { id, dueAt })
    }
  }
}
