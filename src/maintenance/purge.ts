import { commit } from "../db/client"
import { deleteOldDeadLetters } from "./dead-letter-queries"
import { deleteDeliveries } from "../delivery/queries"
import type { Deps } from "../deps"
import * as queries from "./purge-queries"
import { deleteOldFlowRuns } from "../signals/prefect/queries"
import { deleteOldEvents } from "../signals/events/queries"
import { deleteSummaries } from "../summaries/queries"

const DAY_MS = 24 * 60 * 60_000
const DELIVERIES_PER_RUN = 1_000
const FLOW_RUNS_PER_RUN = 200
const EVENTS_PER_RUN = 200
const DEAD_LETTERS_PER_RUN = 200

/**
 * Deletes a little of what is read and old: in one sweep at most 1,000 inbox rows, 1,000 deliveries, 20 notifications,
 * 200 runs, 200 events and 200 dead letters, in two round trips. Twice a minute does no harm, and it may end anywhere,
 * since all that it keeps in mind is where to look next. What somebody has not read stays, with its notification.
 *
 * 1. Delete what the next people have read, and runs and events that are over; look at the next old notifications.
 * 2. Delete those that nobody has in an inbox, and what hangs on them; note of the others who has them.
 */
export async function purge(deps: Deps): Promise<void> {
  const { db, config } = deps
  if (config.RETENTION_DAYS === 0) return
  const now = deps.now()
  const limit = { now, before: now - config.RETENTION_DAYS * DAY_MS }
  const [, , , , , old] = await db.batch([
    queries.deleteOldReadRows(db, limit),
    queries.advancePersonWalk(db, limit),
    deleteOldFlowRuns(db, { before: limit.before, limit: FLOW_RUNS_PER_RUN }),
    deleteOldEvents(db, { before: limit.before, limit: EVENTS_PER_RUN }),
    deleteOldDeadLetters(db, { before: limit.before, limit: DEAD_LETTERS_PER_RUN }),
    queries.selectOldNotifications(db, limit),
  ])
  if (old.length === 0) return

  const { ids, seen, places } = sortByFate(old)
  const last = queries.isFullPage(old) ? (old.at(-1)?.position ?? null) : null
  await commit(db, [
    queries.updateGoneUpTo(db, { places }),
    deleteDeliveries(db, { ids, limit: DELIVERIES_PER_RUN }),
    deleteSummaries(db, { ids }),
    queries.deleteNotifications(db, { ids }),
    queries.advanceNotificationWalk(db, { ids: [...ids, ...seen], last }),
  ])
}

/** `ids` are those that nobody has; of `seen`, that is not known yet; `places` are up to whom nobody has them. */
function sortByFate(old: { id: number; fate: string | null }[]) {
  const ids: number[] = []
  const seen: number[] = []
  const places: [number, number][] = []
  for (const { id, fate } of old) {
    const [kind, orgUserId] = fate?.split(":") ?? []
    if (kind === "gone") ids.push(id)
    if (kind === "seen") seen.push(id)
    if (kind === "seen") places.push([id, Number(orgUserId)])
    if (kind === "held") places.push([id, Number(orgUserId) - 1])
  }
  return { ids, seen, places }
}
