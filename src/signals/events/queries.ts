import { and, eq, lte, type SQL, sql } from "drizzle-orm"
import type { Db } from "../../db/client"
import { notifications, type SignalEvent, signalEvents } from "../../db/schema"

type NewEvent = Pick<SignalEvent, "source" | "body" | "dueAt"> & {
  status: "received" | "not_understood"
  dedupeKey: string | undefined
  now: number
}

/** Inserts an event. Returns no row if there is one with its dedupe key. */
export const insertEvent = (db: Db, { source, body, status, dedupeKey, dueAt, now }: NewEvent) =>
  db
    .insert(signalEvents)
    .values({ source, body, status, dedupeKey: dedupeKey ?? null, dueAt, receivedAt: now, updatedAt: now })
    .onConflictDoNothing()
    .returning({ id: signalEvents.id })

/** Claims a pending event until the lease ends. Returns no row if it is over, or claimed, or postponed. */
export const claimEvent = (db: Db, { id, now, leaseMs }: { id: number; now: number; leaseMs: number }) =>
  db
    .update(signalEvents)
    .set({ attempts: sql`${signalEvents.attempts} + 1`, dueAt: now + leaseMs, updatedAt: now })
    .where(isPending(id, sql`(${signalEvents.attempts} = 0 OR ${signalEvents.dueAt} <= ${now})`))
    .returning()

export const finishEvent = (
  db: Db,
  { id, status, reason, now }: { id: number; status: SignalEvent["status"]; reason: string; now: number },
) => db.update(signalEvents).set({ status, reason, dueAt: null, updatedAt: now }).where(isPending(id))

/**
 * For the batch of a notification: finishes the event if that batch inserts the notification. A batch that loses to a
 * duplicate inserts none.
 */
export const finishPublishedEvent = (
  db: Db,
  { id, publicationId, now }: { id: number; publicationId: string; now: number },
) =>
  db
    .update(signalEvents)
    .set({ status: "processed", reason: "published", dueAt: null, updatedAt: now })
    .where(
      isPending(
        id,
        sql`EXISTS (SELECT 1 FROM ${notifications} WHERE ${eq(notifications.publicationId, publicationId)})`,
      ),
    )

export const postponeEvent = (db: Db, { id, reason, dueAt }: { id: number; reason: string; dueAt: number }) =>
  db.update(signalEvents).set({ reason, dueAt }).where(isPending(id))

const isPending = (id: number, condition?: SQL) =>
  and(eq(signalEvents.id, id), eq(signalEvents.status, "received"), condition)

export const selectOverdueEvents = (db: Db, { now, limit }: { now: number; limit: number }) =>
  db
    .select({ eventId: signalEvents.id, source: signalEvents.source })
    .from(signalEvents)
    .where(lte(signalEvents.dueAt, now))
    .orderBy(signalEvents.dueAt)
    .limit(limit)

/**
 * Deletes events that are over and were last changed before that time. Failed ones stay, so that they can be repaired.
 */
export const deleteOldEvents = (db: Db, { before, limit }: { before: number; limit: number }) =>
  db.delete(signalEvents).where(sql`${signalEvents.id} IN (
    SELECT id FROM ${signalEvents}
    WHERE status IN ('processed', 'ignored') AND due_at IS NULL AND updated_at < ${before} LIMIT ${limit}
  )`)
