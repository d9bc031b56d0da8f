import { eq, type SQL, sql } from "drizzle-orm"
import type { Db } from "../db/client"
import { inList } from "../db/in-list"
import { intLiteral } from "../db/merge-sorted"
import { deliveries, notificationRecipients, notifications, orgUsers, retention } from "../db/schema"
import { firstSortKey } from "../inbox/sort-key"

// The inbox has no index by time or by notification, only by person. The purge therefore walks: over some people each
// minute, and for each old notification over the people who may still have it. Old means older than `before`.

export type PurgeLimit = { now: number; before: number }

const PEOPLE_PER_RUN = 200
const INBOX_ROWS_PER_RUN = 1_000
const NOTIFICATIONS_PER_RUN = 20
const HOLDERS_PER_NOTIFICATION = 100

/** Where a walk continues. NULL, so that all conditions on it fail, while there is nothing to do. */
const walkPosition = (column: "after_org_user_id" | "after_position", { now, before }: PurgeLimit): SQL => sql`(
  SELECT ${sql.raw(column)} FROM ${retention}
  WHERE id = 1 AND paused_until <= ${intLiteral(now)}
    AND EXISTS (SELECT 1 FROM ${notifications} WHERE position < ${firstSortKey(before)})
)`

// Read inbox rows ----------------------------------------------------------------------------------------

const nextPeople = (limit: PurgeLimit): SQL => sql`
  SELECT id FROM ${orgUsers} WHERE id > ${walkPosition("after_org_user_id", limit)} ORDER BY id`
const isOldReadRow = ({ before }: PurgeLimit): SQL => sql`
  r.org_user_id = person.id AND r.is_read = 1 AND r.sent_at < ${intLiteral(before)}`

/** Deletes old read inbox rows of the next people. */
export const deleteOldReadRows = (db: Db, limit: PurgeLimit) =>
  db.delete(notificationRecipients).where(sql`(org_user_id, is_read, sent_at, notification_id) IN (
    SELECT r.org_user_id, r.is_read, r.sent_at, r.notification_id
    FROM (${nextPeople(limit)} LIMIT ${intLiteral(PEOPLE_PER_RUN)}) person CROSS JOIN ${notificationRecipients} r ON ${isOldReadRow(limit)}
    LIMIT ${intLiteral(INBOX_ROWS_PER_RUN)}
  )`)

/** Continues at the first of these people who has more such rows, else at the next people, else at the beginning. */
export const advancePersonWalk = (db: Db, limit: PurgeLimit) =>
  db
    .update(retention)
    .set({
      afterOrgUserId: sql`coalesce(
        (SELECT person.id - 1 FROM (${nextPeople(limit)} LIMIT ${intLiteral(PEOPLE_PER_RUN)}) person
          WHERE EXISTS (SELECT 1 FROM ${notificationRecipients} r WHERE ${isOldReadRow(limit)}) LIMIT 1),
        (${nextPeople(limit)} LIMIT 1 OFFSET ${intLiteral(PEOPLE_PER_RUN - 1)}),
        0
      )`,
    })
    .where(sql`id = 1 AND ${walkPosition("after_org_user_id", limit)} IS NOT NULL`)

// Notifications ------------------------------------------------------------------------------------------

/**
 * The next old notifications. `fate` is the result of the check: `held:<org_users.id>` is the first person who has it,
 * `seen:<org_users.id>` the last person checked if none has it so far, `gone` if no inbox has it, `NULL` if not sent or its
 * fan-out is unfinished.
 */
export const selectOldNotifications = (db: Db, limit: PurgeLimit) =>
  db
    .select({
      id: sql<number>`n.id`.as("id"),
      /** Text, since it exceeds the safe integers of JavaScript. */
      sortKey: sql<string>`CAST(n.position AS TEXT)`.as("sort_key"),
      fate: sql<string | null>`CASE WHEN n.sent_at IS NOT NULL AND n.due_at IS NULL THEN coalesce(
        'held:' || (SELECT person.id FROM (${possibleHolders} LIMIT ${intLiteral(HOLDERS_PER_NOTIFICATION)}) person
          WHERE EXISTS (${inboxRow(false)}) OR EXISTS (${inboxRow(true)}) LIMIT 1),
        'seen:' || (${possibleHolders} LIMIT 1 OFFSET ${intLiteral(HOLDERS_PER_NOTIFICATION - 1)}),
        'gone'
      ) END`.as("fate"),
    })
    .from(sql`${notifications} n`)
    .where(sql`n.position > ${walkPosition("after_position", limit)} AND n.position < ${firstSortKey(limit.before)}`)
    .orderBy(sql`n.position`)
    .limit(NOTIFICATIONS_PER_RUN)

/** Current and former members of its organisation, or of all. */
const possibleHolders = sql`
  SELECT id FROM ${orgUsers} WHERE org_id = n.org_id AND id > n.gone_up_to
  UNION ALL SELECT id FROM ${orgUsers} WHERE n.org_id IS NULL AND id > n.gone_up_to
  ORDER BY id`
const inboxRow = (isRead: boolean): SQL => sql`
  SELECT 1 FROM ${notificationRecipients} r WHERE r.org_user_id = person.id AND r.is_read = ${intLiteral(Number(isRead))}
    AND r.sent_at = n.sent_at AND r.notification_id = n.id`

/** Records, for each notification, the last person up to whom no inbox has it. It never goes back. */
export const updateGoneUpTo = (db: Db, { goneUpTo }: { goneUpTo: [id: number, orgUserId: number][] }) =>
  db
    .update(notifications)
    .set({ goneUpTo: sql`seen.value ->> 1` })
    .from(sql`json_each(${JSON.stringify(goneUpTo)}) seen`)
    .where(sql`${notifications}.id = seen.value ->> 0 AND ${notifications}.gone_up_to < seen.value ->> 1`)

/** Keeps notifications that still have deliveries. */
export const deleteNotifications = (db: Db, { ids }: { ids: number[] }) =>
  db.delete(notifications).where(
    sql`${inList(notifications.id, ids)}
        AND NOT EXISTS (SELECT 1 FROM ${deliveries} d WHERE d.notification_id = ${notifications}.id)`,
  )

/** Continues at the first of these notifications that still exists, else after `last`, else at the beginning. */
export const advanceNotificationWalk = (db: Db, { ids, last }: { ids: number[]; last: string | null }) =>
  db
    .update(retention)
    .set({
      afterPosition: sql`coalesce(
        (SELECT min(n.position) - 1 FROM json_each(${JSON.stringify(ids)}) left_over
          CROSS JOIN ${notifications} n ON n.id = left_over.value),
        CAST(${last} AS INTEGER),
        -1
      )`,
    })
    .where(eq(retention.id, 1))

/** Whether there may be more old notifications. */
export const isFullPage = (found: unknown[]) => found.length === NOTIFICATIONS_PER_RUN
