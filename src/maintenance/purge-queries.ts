import { eq, inArray, type SQL, sql } from "drizzle-orm"
import type { Db } from "../db/client"
import { intLiteral } from "../db/merge-sorted"
import { deliveries, notifications, orgUsers, notificationRecipients, retention } from "../db/schema"
import { ID_BITS } from "../inbox/sort-key"

// An inbox is found by its person only, so that what is old in all of them is found by walking: some people each
// minute, and for each old notification those who may still have it. Everything that is older than `before` is old.

export type PurgeLimit = { now: number; before: number }

/** People whose inboxes one sweep looks into. */
const PEOPLE_PER_RUN = 200
const INBOX_ROWS_PER_RUN = 1_000
/** Notifications that one sweep looks at, and whom it asks about each. */
const NOTIFICATIONS_PER_RUN = 20
const HOLDERS_PER_NOTIFICATION = 100

/** Where a walk stands; `NULL`, from which nothing follows, while there is nothing to do. */
const walkPosition = (column: "after_org_user_id" | "after_position", { now, before }: PurgeLimit): SQL => sql`(
  SELECT ${sql.raw(column)} FROM ${retention}
  WHERE id = 1 AND paused_until <= ${intLiteral(now)}
    AND EXISTS (SELECT 1 FROM ${notifications} WHERE position < ${firstSortKey(before)})
)`
const firstSortKey = (at: number): SQL => sql`(${intLiteral(at)} << ${intLiteral(ID_BITS)})`

// What people have read ----------------------------------------------------------------------------------

/** Those who come next. */
const nextPeople = (limit: PurgeLimit): SQL => sql`
  SELECT id FROM ${orgUsers} WHERE id > ${walkPosition("after_org_user_id", limit)} ORDER BY id`
const isOldReadRow = ({ before }: PurgeLimit): SQL => sql`
  r.org_user_id = person.id AND r.is_read = 1 AND r.sent_at < ${intLiteral(before)}`

/** Deletes what some people have read and is old. */
export const deleteOldReadRows = (db: Db, limit: PurgeLimit) =>
  db.delete(notificationRecipients).where(sql`(org_user_id, is_read, sent_at, notification_id) IN (
    SELECT r.org_user_id, r.is_read, r.sent_at, r.notification_id
    FROM (${nextPeople(limit)} LIMIT ${intLiteral(PEOPLE_PER_RUN)}) person CROSS JOIN ${notificationRecipients} r ON ${isOldReadRow(limit)}
    LIMIT ${intLiteral(INBOX_ROWS_PER_RUN)}
  )`)

/** Moves on to the first of them with more of it, else to the next people, else to the beginning. */
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
 * The old notifications that come next. `fate` is `held:<org_users.id>` by who still has it, `seen:<org_users.id>` if
 * nobody up to there has it, `gone` if nobody at all, and `NULL` for what was not sent, or not to all.
 */
export const selectOldNotifications = (db: Db, limit: PurgeLimit) =>
  db
    .select({
      id: sql<number>`n.id`.as("id"),
      /** As text: it is larger than a number of ours may be. */
      position: sql<string>`CAST(n.position AS TEXT)`.as("place"),
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

/** Who may have it: members past and present of its organisation, or of all. */
const possibleHolders = sql`
  SELECT id FROM ${orgUsers} WHERE org_id = n.org_id AND id > n.gone_up_to
  UNION ALL SELECT id FROM ${orgUsers} WHERE n.org_id IS NULL AND id > n.gone_up_to
  ORDER BY id`
const inboxRow = (isRead: boolean): SQL => sql`
  SELECT 1 FROM ${notificationRecipients} r WHERE r.org_user_id = person.id AND r.is_read = ${intLiteral(Number(isRead))}
    AND r.sent_at = n.sent_at AND r.notification_id = n.id`

/** Notes up to whom nobody has them. */
export const updateGoneUpTo = (db: Db, { places }: { places: [id: number, goneUpTo: number][] }) =>
  db
    .update(notifications)
    .set({ goneUpTo: sql`seen.value ->> 1` })
    .from(sql`json_each(${JSON.stringify(places)}) seen`)
    .where(sql`${notifications}.id = seen.value ->> 0 AND ${notifications}.gone_up_to < seen.value ->> 1`)

/** Deletes those that have no delivery left. */
export const deleteNotifications = (db: Db, { ids }: { ids: number[] }) =>
  db.delete(notifications).where(
    sql`${inArray(notifications.id, sql`(SELECT value FROM json_each(${JSON.stringify(ids)}))`)}
        AND NOT EXISTS (SELECT 1 FROM ${deliveries} d WHERE d.notification_id = ${notifications}.id)`,
  )

/** Moves on to the first of these that is still there, else past `last`, else to the beginning. */
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

/** Whether there may be more than these. */
export const isFullPage = (found: unknown[]) => found.length === NOTIFICATIONS_PER_RUN
