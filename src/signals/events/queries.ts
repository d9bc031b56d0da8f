import { and, eq, type SQL, sql } from "drizzle-orm"
import type { Db } from "../../db/client"
import { type DueRow, dueInTurn } from "../../db/due-in-turn"
import { inList } from "../../db/in-list"
import { insertSelect } from "../../db/insert-select"
import { notifications, orgs, type SignalEvent, signalEvents } from "../../db/schema"

type NewEvent = Pick<SignalEvent, "source" | "body" | "dueAt"> & {
  status: "received" | "not_understood"
  dedupeKey: string | undefined
  /** The likeliest first. */
  orgSlugs: string[]
  now: number
}

/** Inserts an event. Returns no row if there is one with its dedupe key. */
export const insertEvent = (db: Db, { source, body, status, dedupeKey, orgSlugs, dueAt, now }: NewEvent) =>
  db
    .insert(signalEvents)
    .values({
      source,
      body,
      status,
      dedupeKey: dedupeKey ?? null,
      orgId: orgSlugs.length > 0 ? firstOrg(sql`${JSON.stringify(orgSlugs)}`) : null,
      dueAt,
      receivedAt: now,
      updatedAt: now,
    })
    .onConflictDoNothing()
    .returning({ id: signalEvents.id, orgId: signalEvents.orgId })

/** `CROSS JOIN` keeps the order of the slugs. */
const firstOrg = (slugs: SQL): SQL<number> => sql`(
  SELECT o.id FROM json_each(${slugs}) slug CROSS JOIN ${orgs} o ON o.slug = slug.value LIMIT 1
)`

type NewEvents = Pick<SignalEvent, "source" | "dueAt"> & {
  events: { body: string; orgSlugs: string[] }[]
  now: number
}

/** Inserts received events. D1 binds at most 100 parameters, so that all bodies are one. */
export const insertEvents = (db: Db, { source, events, dueAt, now }: NewEvents) =>
  insertSelect(db, signalEvents, {
    values: {
      source,
      body: sql`event.value ->> 'body'`,
      status: "received",
      orgId: firstOrg(sql`event.value -> 'orgSlugs'`),
      dueAt,
      receivedAt: now,
      updatedAt: now,
    },
    from: sql`json_each(${JSON.stringify(events)}) event`,
  }).returning({ id: signalEvents.id, orgId: signalEvents.orgId })

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

export const postponeEvent = (
  db: Db,
  { id, reason, dueAt, isWait }: { id: number; reason: string; dueAt: number; isWait?: boolean | undefined },
) =>
  db
    .update(signalEvents)
    .set({ reason, dueAt, ...(isWait && { waits: sql`${signalEvents.waits} + 1` }) })
    .where(isPending(id))

/** Those of these events that are pending. */
export const selectPendingEvents = (db: Db, { ids }: { ids: number[] }) =>
  db
    .select({ id: signalEvents.id, body: signalEvents.body, orgId: signalEvents.orgId })
    .from(signalEvents)
    .where(and(inList(signalEvents.id, ids), eq(signalEvents.status, "received")))

/** `orgIds` has the organisation of each event. */
export const updateOrgs = (db: Db, { orgIds }: { orgIds: (readonly [eventId: number, orgId: number])[] }) =>
  db
    .update(signalEvents)
    .set({ orgId: sql`known.value ->> 1` })
    .from(sql`json_each(${JSON.stringify(orgIds)}) known`)
    .where(eq(signalEvents.id, sql`known.value ->> 0`))

/** Gives a claimed event back as a wait, which is no failed attempt, and keeps its organisation. */
export const returnEvent = (db: Db, { id, orgId, now }: { id: number; orgId: number; now: number }) =>
  db
    .update(signalEvents)
    .set({ orgId, waits: sql`${signalEvents.waits} + 1`, dueAt: now })
    .where(isPending(id))

const isPending = (id: number, condition?: SQL) =>
  and(eq(signalEvents.id, id), eq(signalEvents.status, "received"), condition)

/** Due events, of all organisations in turn. */
export const selectOverdueEvents = (db: Db, { now, limit }: { now: number; limit: number }) =>
  db.all<DueRow>(dueInTurn(signalEvents, { key: sql.raw("id, source"), now, limit }))

/**
 * Deletes events that are over and were last changed before that time. Failed ones stay, so that they can be repaired.
 */
export const deleteOldEvents = (db: Db, { before, limit }: { before: number; limit: number }) =>
  db.delete(signalEvents).where(sql`${signalEvents.id} IN (
    SELECT id FROM ${signalEvents}
    WHERE status IN ('processed', 'ignored') AND due_at IS NULL AND updated_at < ${before} LIMIT ${limit}
  )`)
