import type { Deps } from "../deps"
import { continueFanOut } from "./fan-out"
import * as queries from "./queries"

const PER_SWEEP = 50

/** Sends what is scheduled for now, and goes on with fan-outs that stopped halfway. Twice a minute does no harm. */
export async function releaseDue(deps: Deps): Promise<void> {
  const due = await queries.dueNotifications(deps.db, { now: deps.now(), limit: PER_SWEEP })
  for (const { id } of due) await continueFanOut(deps, { notificationId: id })
}
