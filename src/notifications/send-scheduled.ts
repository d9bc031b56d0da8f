import type { Deps } from "../deps"
import { errorName, log } from "../runtime/log"
import { continueFanOut } from "./fan-out"
import * as queries from "./queries"

const MAX_PER_RUN = 50
const RETRY_DELAY_MS = 5 * 60_000
const RETRY_FOR_MS = 24 * 60 * 60_000
const MAX_ATTEMPTS = RETRY_FOR_MS / RETRY_DELAY_MS

/**
 * Sends scheduled notifications whose time has come, and continues unfinished fan-outs. It may run twice at the same
 * time. One that fails does not stop the others; it is tried every 5 minutes for 24 hours after its first failure.
 */
export async function sendDue(deps: Deps): Promise<void> {
  const due = await queries.selectDueNotifications(deps.db, { now: deps.now(), limit: MAX_PER_RUN })
  for (const { id, attempts } of due) {
    try {
      await continueFanOut(deps, { notificationId: id })
    } catch (error) {
      log({ event: "fan_out_failed", notification_id: id, reason: errorName(error) })
      const dueAt = attempts + 1 >= MAX_ATTEMPTS ? null : deps.now() + RETRY_DELAY_MS
      await queries.postponeNotification(deps.db, { id, dueAt })
    }
  }
}
