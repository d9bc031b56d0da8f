import { and, eq, lte, sql } from "drizzle-orm"
import type { Db } from "../../db/client"
import { type SignalEvent, signalEvents, summaries } from "../../db/schema"

type NewEvent = {
  source: SignalEvent["source"]
  body: string
  now: number
  /** What its sender calls it: what comes again under the same name is left out. */
  dedupeKey?: string
}

/** Keeps what came in, word for word; due at `dueAt` if nobody hints. */
export const insertEvent = (db: Db, { source, body, now, dueAt, dedupeKey }: NewEvent & { dueAt: number }) =>
  db
    .insert(signalEvents)
    .values({ source, body, status: "received", receivedAt: now, updatedAt: now, dueAt, dedupeKey })
    .onConflictDoNothing()
    .returning({ id: signalEvents.id })

/** Keeps what we could not read, for whoever mends that. */
export const insertNotUnderstood = (db: Db, { source, body, now, dedupeKey }: NewEvent) =>
  db
    .insert(signalEvents)
    .values({ source, body, status: "not_understood", receivedAt: now, updatedAt: now, dedupeKey })
    .onConflictDoNothing()
    .returning({ id: signalEvents.id })

/** Takes an event, unless somebody else has it or it is over. */
export const claimEvent = (db: Db, { id, now, leaseMs }: { id: number; now: number; leaseMs: number }) =>
  db
    .update(signalEvents)
    .set({ attempts: sql`${signalEvents.attempts} + 1`, dueAt: now + leaseMs, updatedAt: now })
    .where(
      and(
        eq(signalEvents.id, id),
        eq(signalEvents.status, "received"),
        sql`(${signalEvents.attempts} = 0 OR ${signalEvents.dueAt} <= ${now})`,
      ),
    )
    .returning()

/** The event is over. */
export const finishEvent = (
  db: Db,
  { id, status, reason, now }: { id: number; status: SignalEvent["status"]; reason: string | null; now: number },
) =>
  db
    .update(signalEvents)
    .set({ status, reason, dueAt: null, updatedAt: now })
    .where(and(eq(signalEvents.id, id), eq(signalEvents.status, "received")))

/** The event is looked at again then. */
export const postponeEvent = (db: Db, { id, reason, dueAt }: { id: number; reason: string; dueAt: number }) =>
  db
    .update(signalEvents)
    .set({ reason, dueAt })
    .where(and(eq(signalEvents.id, id), eq(signalEvents.status, "received")))

export const selectOverdueEvents = (db: Db, { now, limit }: { now: number; limit: number }) =>
  db
    .select({ eventId: signalEvents.id, kind: signalEvents.source })
    .from(signalEvents)
    .where(lte(signalEvents.dueAt, now))
    .orderBy(signalEvents.dueAt)
    .limit(limit)

export const selectOverdueSummaries = (db: Db, { now, limit }: { now: number; limit: number }) =>
  db
    .select({ flowRunId: summaries.flowRunId })
    .from(summaries)
    .where(lte(summaries.dueAt, now))
    .orderBy(summaries.dueAt)
    .limit(limit)

/** Deletes some of the events that are over and were last touched before that. What failed stays for whoever mends it. */
export const deleteOldEvents = (db: Db, { before, limit }: { before: number; limit: number }) =>
  db.delete(signalEvents).where(sql`${signalEvents.id} IN (
    SELECT id FROM ${signalEvents}
    WHERE status IN ('processed', 'ignored') AND due_at IS NULL AND updated_at < ${before} LIMIT ${limit}
  )`)
