import { and, eq, isNotNull, isNull, lte, type SQL, sql } from "drizzle-orm"
import { unionAll } from "drizzle-orm/sqlite-core"
import { CATEGORIES } from "../categories"
import type { Db } from "../db/client"
import { inboxCounters, notifications, recipients } from "../db/schema"
import type { Plan } from "./plan"

type NewNotification = typeof notifications.$inferInsert

// Writing ------------------------------------------------------------------------------------------------

/** Inserts it, unless its dedupe key is known. */
export const insertNotification = (db: Db, row: NewNotification) =>
  db.insert(notifications).values(row).onConflictDoNothing()

/** A dedupe key that was only promised for a while is free again. */
export const releaseDedupeKey = (db: Db, { dedupeKey, before }: { dedupeKey: string; before: number }) =>
  db
    .update(notifications)
    .set({ dedupeKey: null })
    .where(and(eq(notifications.dedupeKey, dedupeKey), lte(notifications.createdAt, before)))

export const byDedupeKey = (db: Db, { dedupeKey }: { dedupeKey: string }) =>
  db.select().from(notifications).where(eq(notifications.dedupeKey, dedupeKey))

export const byPublication = (db: Db, { publicationId }: { publicationId: string }) =>
  db.select().from(notifications).where(eq(notifications.publicationId, publicationId))

export const byId = (db: Db, { id }: { id: number }) => db.select().from(notifications).where(eq(notifications.id, id))

/** What the cron has to go on with: scheduled for now, or halfway through its audience. */
export const dueNotifications = (db: Db, { now, limit }: { now: number; limit: number }) =>
  db
    .select({
      id: notifications.id,
      dueSince: sql<number>`coalesce(${notifications.scheduledAt}, ${notifications.createdAt})`.as("due_since"),
    })
    .from(notifications)
    .where(lte(notifications.dueAt, now))
    .orderBy(notifications.dueAt)
    .limit(limit)

/** When the cron looks at it again; `null`: never. */
export const postpone = (db: Db, { id, dueAt }: { id: number; dueAt: number | null }) =>
  db
    .update(notifications)
    .set({ dueAt })
    .where(and(eq(notifications.id, id), isNotNull(notifications.dueAt)))

/**
 * The notification while its fan-out stands exactly here, else nothing: whoever writes what belongs to this chunk
 * selects from it, so that a chunk is written once however often it is tried.
 */
export const whileFanOutIsAt = ({ publicationId, after }: { publicationId: string; after: number }): SQL => sql`(
  SELECT * FROM ${notifications} WHERE ${and(
    eq(notifications.publicationId, publicationId),
    eq(notifications.fanOutAfter, after),
    isNotNull(notifications.dueAt),
  )}
)`

/** A scheduled notification counts as sent from now on. */
export const markSent = (db: Db, { publicationId, now }: { publicationId: string; now: number }) =>
  db
    .update(notifications)
    .set({ sentAt: now })
    .where(and(eq(notifications.publicationId, publicationId), isNull(notifications.sentAt)))

export const insertInboxes = (db: Db, { notification, inboxes }: { notification: SQL; inboxes: Plan["inboxes"] }) =>
  db.insert(recipients).select(sql`
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

// An inbox -----------------------------------------------------------------------------------------------

/** The counters of one inbox; no row while nothing ever arrived. */
export const countersOf = (db: Db, { orgUserId }: { orgUserId: number }) =>
  db.select().from(inboxCounters).where(eq(inboxCounters.orgUserId, orgUserId))

type InboxPage = { orgUserId: number; isRead?: boolean | undefined; page: number; limit: number }

/**
 * One page, newest first. A page beyond the last is the last. Read and unread rows lie in two sorted runs, which
 * SQLite merges: it reads no more rows than it skips and shows.
 */
export function inboxPage(db: Db, { orgUserId, isRead, page, limit }: InboxPage) {
  const run = (read: boolean) =>
    db
      .select({
        notificationId: sql<number>`${recipients.notificationId}`.as("notification_id"),
        arrivedAt: sql<number>`${recipients.sentAt}`.as("arrived_at"),
        isRead: sql<number>`${recipients.isRead}`.as("is_read"),
      })
      .from(recipients)
      .where(and(eq(recipients.orgUserId, orgUserId), eq(recipients.isRead, read)))
  const newestFirst = [sql`arrived_at DESC`, sql`notification_id DESC`] as const
  const merged =
    isRead === undefined ? unionAll(run(false), run(true)).orderBy(...newestFirst) : run(isRead).orderBy(...newestFirst)
  const rows = merged.limit(limit).offset(clampedOffset({ orgUserId, isRead, page, limit }) as unknown as number)
  const inbox = rows.as("inbox")
  return db
    .select({
      id: notifications.id,
      author: notifications.author,
      message: notifications.message,
      urgent: notifications.urgent,
      category: notifications.category,
      createdAt: notifications.createdAt,
      scheduledAt: notifications.scheduledAt,
      sentAt: notifications.sentAt,
      isRead: sql<number>`inbox.is_read`.as("is_read"),
    })
    .from(inbox)
    .innerJoin(notifications, eq(notifications.id, inbox.notificationId))
    .orderBy(...newestFirst)
}

/**
 * Where the page begins. D1 binds every number as a float, and SQLite must divide integers here. SQLite takes an
 * expression as an offset; drizzle's types know numbers only.
 */
const clampedOffset = ({ orgUserId, isRead, page, limit }: InboxPage) => {
  const size = isRead === undefined ? sql`total` : isRead ? sql`total - unread` : sql`unread`
  const whole = (number: number) => sql`CAST(${number} AS INTEGER)`
  return sql`coalesce((
    SELECT max(0, min(${whole(page)}, (${size} + ${whole(limit)} - 1) / ${whole(limit)}) - 1) * ${whole(limit)}
    FROM ${inboxCounters} WHERE ${eq(inboxCounters.orgUserId, orgUserId)}
  ), 0)`
}

/** Marks these as read, or as unread. What is not in this inbox changes nothing. */
export const mark = (
  db: Db,
  { orgUserId, ids, isRead, now }: { orgUserId: number; ids: number[]; isRead: boolean; now: number },
) =>
  db
    .update(recipients)
    .set({ isRead, readAt: isRead ? now : null })
    .where(
      and(
        eq(recipients.orgUserId, orgUserId),
        eq(recipients.isRead, !isRead),
        sql`(${recipients.sentAt}, ${recipients.notificationId}) IN (
          SELECT n.sent_at, n.id FROM json_each(${JSON.stringify(ids)}) wanted
          JOIN ${notifications} n ON n.id = wanted.value
        )`,
      ),
    )

/** Marks everything as read; answers one row for each that was not. */
export const markAllRead = (db: Db, { orgUserId, now }: { orgUserId: number; now: number }) =>
  db
    .update(recipients)
    .set({ isRead: true, readAt: now })
    .where(and(eq(recipients.orgUserId, orgUserId), eq(recipients.isRead, false)))

// The urgent bar -----------------------------------------------------------------------------------------

/**
 * What is unread and urgent, newest first: one sorted run per category, merged. D1 takes at most five terms in a
 * compound select, hence the nesting.
 */
export function urgentUnread(db: Db, { orgUserId, limit }: { orgUserId: number; limit: number }) {
  const runs = CATEGORIES.map(
    (category) => sql`
      SELECT notification_id, sent_at AS arrived_at FROM ${recipients}
      WHERE org_user_id = ${orgUserId} AND urgent = 1 AND is_read = 0 AND category = ${category}`,
  )
  const merge = (terms: SQL[]) => sql.join(terms, sql` UNION ALL `)
  const half = (terms: SQL[]) => sql`SELECT * FROM (${merge(terms)} ORDER BY arrived_at DESC, notification_id DESC)`
  return db
    .select({
      id: notifications.id,
      author: notifications.author,
      message: notifications.message,
      category: notifications.category,
      createdAt: notifications.createdAt,
    })
    .from(sql`(
      ${half(runs.slice(0, 3))} UNION ALL ${half(runs.slice(3))}
      ORDER BY arrived_at DESC, notification_id DESC LIMIT ${limit}
    ) AS bar`)
    .innerJoin(notifications, eq(notifications.id, sql`bar.notification_id`))
    .orderBy(sql`bar.arrived_at DESC`, sql`bar.notification_id DESC`)
}
