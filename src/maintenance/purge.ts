import { commit } from "../db/client"
import { deleteOldLetters } from "./dead-letter-queries"
import { deleteDeliveriesOf } from "../delivery/queries"
import type { Deps } from "../deps"
import * as queries from "./purge-queries"
import { deleteOldRuns } from "../signals/prefect/queries"
import { deleteOldEvents } from "../signals/events/queries"
import { deleteSummariesOf } from "../summaries/queries"

const DAY_MS = 24 * 60 * 60_000
const DELIVERIES = 1_000
const RUNS = 200
const EVENTS = 200
const LETTERS = 200

/**
 * Deletes a little of what is read and old: in one sweep at most 1,000 inbox rows, 1,000 deliveries, 20 notifications,
 * 200 runs, 200 events and 200 dead letters, in two round trips. Twice a minute does no harm, and it may end anywhere,
 * since all that it keeps in mind is where to look next. What somebody has not read stays, with its notification.
 *
 * 1. Delete what the next people have read, and runs and events that are over; look at the next old notifications.
 * 2. Delete those that nobody has in an inbox, and what hangs on them; note of the others who has them.
 */
export async function purge(deps: Deps): Promise<void> {
  const { db, settings } = deps
  if (settings.RETENTION_DAYS === 0) return
  const now = deps.now()
  const limit = { now, before: now - settings.RETENTION_DAYS * DAY_MS }
  const [, , , , , old] = await db.batch([
    queries.deleteRead(db, limit),
    queries.moveOnByPerson(db, limit),
    deleteOldRuns(db, { before: limit.before, limit: RUNS }),
    deleteOldEvents(db, { before: limit.before, limit: EVENTS }),
    deleteOldLetters(db, { before: limit.before, limit: LETTERS }),
    queries.oldOnes(db, limit),
  ])
  if (old.length === 0) return

  const { ids, seen, places } = fatesOf(old)
  const last = queries.isFull(old) ? (old.at(-1)?.position ?? null) : null
  await commit(db, [
    queries.note(db, { places }),
    deleteDeliveriesOf(db, { ids, limit: DELIVERIES }),
    deleteSummariesOf(db, { ids }),
    queries.deleteNotifications(db, { ids }),
    queries.moveOnByAge(db, { ids: [...ids, ...seen], last }),
  ])
}

/** `ids` are those that nobody has; of `seen`, that is not known yet; `places` are up to whom nobody has them. */
function fatesOf(old: { id: number; fate: string | null }[]) {
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
