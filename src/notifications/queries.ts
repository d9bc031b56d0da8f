import { and, eq, isNotNull, isNull, lte, type SQL, sql } from "drizzle-orm"
import type { Db } from "../db/client"
import { notifications, notificationRecipients, spentDedupeKeys } from "../db/schema"
import type { Plan } from "./plan"

type NewNotification = typeof notifications.$inferInsert

/** Inserts it, unless its dedupe key is known. */
export const insertNotification = (db: Db, row: NewNotification) =>
  db.insert(notifications).values(row).onConflictDoNothing()

/** A dedupe key that was only promised for a while is free again. */
export const releaseDedupeKey = (db: Db, { dedupeKey, before }: { dedupeKey: string; before: number }) =>
  db
    .update(notifications)
    .set({ dedupeKey: null })
    .where(and(eq(notifications.dedupeKey, dedupeKey), lte(notifications.createdAt, before)))

export const selectByDedupeKey = (db: Db, { dedupeKey }: { dedupeKey: string }) =>
  db.select().from(notifications).where(eq(notifications.dedupeKey, dedupeKey))

/** Whether the key is that of a notification which is gone. */
export const selectSpentKey = (db: Db, { dedupeKey }: { dedupeKey: string }) =>
  db.select().from(spentDedupeKeys).where(eq(spentDedupeKeys.dedupeKey, dedupeKey))

export const selectByPublication = (db: Db, { publicationId }: { publicationId: string }) =>
  db.select().from(notifications).where(eq(notifications.publicationId, publicationId))

export const selectNotification = (db: Db, { id }: { id: number }) =>
  db.select().from(notifications).where(eq(notifications.id, id))

/** What the cron has to go on with: scheduled for now, or halfway through its audience. */
export const selectDueNotifications = (db: Db, { now, limit }: { now: number; limit: number }) =>
  db
    .select({ id: notifications.id, attempts: notifications.attempts })
    .from(notifications)
    .where(lte(notifications.dueAt, now))
    .orderBy(notifications.dueAt)
    .limit(limit)

/** It failed: when the cron looks at it again; `null`: never. */
export const postponeNotification = (db: Db, { id, dueAt }: { id: number; dueAt: number | null }) =>
  db
    .update(notifications)
    .set({ dueAt, attempts: sql`${notifications.attempts} + 1` })
    .where(and(eq(notifications.id, id), isNotNull(notifications.dueAt)))

/**
 * The notification while its fan-out stands exactly here, else nothing: whoever writes what belongs to this chunk
 * selects from it, so that a chunk is written once however often it is tried.
 */
export const notificationAtChunk = ({ publicationId, after }: { publicationId: string; after: number }): SQL => sql`(
  SELECT * FROM ${notifications} WHERE ${and(
    eq(notifications.publicationId, publicationId),
    eq(notifications.fanOutAfter, after),
    isNotNull(notifications.dueAt),
  )}
)`

/** Deletes it while it is unsent. */
export const deleteUnsent = (db: Db, { id }: { id: number }) =>
  db.delete(notifications).where(and(eq(notifications.id, id), isNull(notifications.sentAt)))

/** A scheduled notification counts as sent from now on. */
export const markSent = (db: Db, { publicationId, now }: { publicationId: string; now: number }) =>
  db
    .update(notifications)
    .set({ sentAt: now })
    .where(and(eq(notifications.publicationId, publicationId), isNull(notifications.sentAt)))

export const insertInboxRows = (db: Db, { notification, inboxes }: { notification: SQL; inboxes: Plan["inboxes"] }) =>
  db.insert(notificationRecipients).select(sql`
    SELECT person.value ->> 0, 0, n.sent_at, n.id, n.category, n.urgent, NULL, person.value ->> 1
    FROM ${notification} n, json_each(${JSON.stringify(inboxes.map((i) => [i.orgUserId, i.withheld]))}) person
  `)

/** Moves the fan-out on, or ends it. */
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
