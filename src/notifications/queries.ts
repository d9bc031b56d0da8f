import { and, eq, isNotNull, isNull, lte, type SQL, sql } from "drizzle-orm"
import type { Db } from "../db/client"
import { dueInTurn } from "../db/due-in-turn"
import { inList } from "../db/in-list"
import { insertSelect } from "../db/insert-select"
import { notificationRecipients, notifications, orgUsers, spentDedupeKeys } from "../db/schema"
import type { Plan } from "./plan"

type NewNotification = typeof notifications.$inferInsert

/** Inserts nothing if the dedupe key exists. */
export const insertNotification = (db: Db, row: NewNotification) =>
  db.insert(notifications).values(row).onConflictDoNothing()

/**
 * The same for a scheduled notification, if its organisation has fewer than `max` scheduled. SQLite counts in the index of
 * what is due, and stops at `max`.
 */
export const insertScheduled = (db: Db, row: NewNotification, { max }: { max: number }) =>
  insertSelect(db, notifications, {
    values: row,
    from: sql`(SELECT 1) WHERE (
      SELECT count(*) FROM (
        SELECT 1 FROM ${notifications}
        WHERE due_at IS NOT NULL AND coalesce(org_id, 0) = ${row.orgId ?? 0} LIMIT ${max}
      )
    ) < ${max}`,
  }).onConflictDoNothing()

/** Frees a dedupe key that was kept for a limited time. */
export const releaseDedupeKey = (db: Db, { dedupeKey, before }: { dedupeKey: string; before: number }) =>
  db
    .update(notifications)
    .set({ dedupeKey: null })
    .where(and(eq(notifications.dedupeKey, dedupeKey), lte(notifications.createdAt, before)))

export const selectByDedupeKey = (db: Db, { dedupeKey }: { dedupeKey: string }) =>
  db.select().from(notifications).where(eq(notifications.dedupeKey, dedupeKey))

/** Finds the key if its notification was purged. */
export const selectSpentKey = (db: Db, { dedupeKey }: { dedupeKey: string }) =>
  db.select().from(spentDedupeKeys).where(eq(spentDedupeKeys.dedupeKey, dedupeKey))

export const selectByPublication = (db: Db, { publicationId }: { publicationId: string }) =>
  db.select().from(notifications).where(eq(notifications.publicationId, publicationId))

export const selectNotification = (db: Db, { id }: { id: number }) =>
  db.select().from(notifications).where(eq(notifications.id, id))

/**
 * Claims scheduled notifications whose time has come, and unfinished fan-outs, of all organisations in turn. Until the
 * lease ends, no other run of the cron takes them. The claim does not stop a worker that has the id from another message.
 */
export const claimDueNotifications = (
  db: Db,
  { now, limit, leaseMs }: { now: number; limit: number; leaseMs: number },
) =>
  db
    .update(notifications)
    .set({ dueAt: now + leaseMs })
    .where(
      sql`${notifications.id} IN (SELECT key ->> 0 FROM (${dueInTurn(notifications, { key: sql.raw("id"), now, limit })}))`,
    )
    .returning({ id: notifications.id, orgId: notifications.orgId, scheduledAt: notifications.scheduledAt })

/**
 * Deletes those of these notifications that a person scheduled who may send nothing to that audience any more: a former
 * member, or a former super-admin.
 */
export const deleteScheduledByStrangers = (db: Db, { ids }: { ids: number[] }) =>
  db
    .delete(notifications)
    .where(
      and(
        inList(notifications.id, ids),
        isNull(notifications.sentAt),
        sql`created_by GLOB 'person:*' AND NOT EXISTS (
          SELECT 1 FROM ${orgUsers} sender
          WHERE sender.user_id = substr(${notifications}.created_by, length('person:') + 1) AND sender.removed_at IS NULL
            AND (sender.org_id = ${notifications}.org_id OR sender.role = 'super-admin')
        )`,
      ),
    )
    .returning({ id: notifications.id, orgId: notifications.orgId })

/** Records a failed attempt. After `maxAttempts`, the cron does not try again. */
export const postponeNotification = (
  db: Db,
  { id, dueAt, maxAttempts }: { id: number; dueAt: number; maxAttempts: number },
) =>
  db
    .update(notifications)
    .set({
      dueAt: sql`CASE WHEN ${notifications.attempts} + 1 < ${maxAttempts} THEN ${dueAt} END`,
      attempts: sql`${notifications.attempts} + 1`,
    })
    .where(and(eq(notifications.id, id), isNotNull(notifications.dueAt)))

/**
 * A subquery: the notification if its fan-out is at exactly this chunk, else no row. All rows of a chunk are inserted from
 * it, so a chunk that is tried twice is written once.
 */
export const notificationAtChunk = ({ publicationId, after }: { publicationId: string; after: number }): SQL => sql`(
  SELECT * FROM ${notifications} WHERE ${and(
    eq(notifications.publicationId, publicationId),
    eq(notifications.fanOutAfter, after),
    isNotNull(notifications.dueAt),
  )}
)`

/** Deletes nothing if it has been sent. */
export const deleteUnsent = (db: Db, { id }: { id: number }) =>
  db.delete(notifications).where(and(eq(notifications.id, id), isNull(notifications.sentAt)))

/** Changes nothing after the first chunk. */
export const markSent = (db: Db, { publicationId, now }: { publicationId: string; now: number }) =>
  db
    .update(notifications)
    .set({ sentAt: now })
    .where(and(eq(notifications.publicationId, publicationId), isNull(notifications.sentAt)))

export const insertInboxRows = (db: Db, { notification, inboxes }: { notification: SQL; inboxes: Plan["inboxes"] }) =>
  insertSelect(db, notificationRecipients, {
    values: {
      orgUserId: sql`person.value ->> 0`,
      isRead: sql`0`,
      sentAt: sql`n.sent_at`,
      notificationId: sql`n.id`,
      category: sql`n.category`,
      urgent: sql`n.urgent`,
      withheld: sql`person.value ->> 1`,
    },
    from: sql`${notification} n, json_each(${JSON.stringify(inboxes.map((i) => [i.orgUserId, i.withheld]))}) person`,
  })

/** Moves the fan-out to the next chunk. `dueAt` null ends it. */
export const advanceFanOut = (
  db: Db,
  { publicationId, after, next, dueAt }: { publicationId: string; after: number; next: number; dueAt: number | null },
) =>
  db
    .update(notifications)
    .set({ fanOutAfter: next, dueAt })
    .where(
      and(
        eq(notifications.publicationId, publicationId),
        eq(notifications.fanOutAfter, after),
        isNotNull(notifications.dueAt),
      ),
    )
