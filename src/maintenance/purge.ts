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
 * Deletes rows older than `RETENTION_DAYS`: in one run at most 1,000 read inbox rows, 1,000 deliveries, 20 notifications,
 * 200 flow runs, 200 events and 200 dead letters, in two round trips. Unread inbox rows stay, and so do their
 * notifications. It may run twice at the same time or stop halfway: the table `retention` only says where to continue.
 *
 * 1. Delete read inbox rows of the next people, old flow runs, events and dead letters. Read the next old notifications.
 * 2. Delete the notifications that are in no inbox, with their deliveries and summaries. For the others, record the last
 *    person (by id) up to whom no inbox has it.
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

  const { ids, seen, goneUpTo } = groupByFate(old)
  const last = queries.isFullPage(old) ? (old.at(-1)?.sortKey ?? null) : null
  await commit(db, [
    queries.updateGoneUpTo(db, { goneUpTo }),
    deleteDeliveries(db, { ids, limit: DELIVERIES_PER_RUN }),
    deleteSummaries(db, { ids }),
    queries.deleteNotifications(db, { ids }),
    queries.advanceNotificationWalk(db, { ids: [...ids, ...seen], last }),
  ])
}

/**
 * `ids` are in no inbox. For `seen`, the next run continues the check. `goneUpTo` has, for each kept one, the last
 * person up to whom no inbox has it.
 */
function groupByFate(old: { id: number; fate: string | null }[]) {
  const ids: number[] = []
  const seen: number[] = []
  const goneUpTo: [id: number, orgUserId: number][] = []
  for (const { id, fate } of old) {
    const [name, orgUserId] = fate?.split(":") ?? []
    if (name === "gone") ids.push(id)
    if (name === "seen") seen.push(id)
    if (name === "seen") goneUpTo.push([id, Number(orgUserId)])
    if (name === "held") goneUpTo.push([id, Number(orgUserId) - 1])
  }
  return { ids, seen, goneUpTo }
}
