import { eq, inArray, type SQL, sql } from "drizzle-orm"
import type { Db } from "../db/client"
import { whole } from "../db/merge-sorted"
import { deliveries, notifications, orgUsers, recipients, retention } from "../db/schema"
import { ID_BITS } from "../inbox/sort-key"

// An inbox is found by its person only, so that what is old in all of them is found by walking: some people each
// minute, and for each old notification those who may still have it. Everything that is older than `before` is old.

export type Limit = { now: number; before: number }

/** People whose inboxes one sweep looks into. */
const PEOPLE = 200
const INBOX_ROWS = 1_000
/** Notifications that one sweep looks at, and whom it asks about each. */
const NOTIFICATIONS = 20
const HOLDERS = 100

/** Where a walk stands; `NULL`, from which nothing follows, while there is nothing to do. */
const place = (column: "after_org_user_id" | "after_position", { now, before }: Limit): SQL => sql`(
  SELECT ${sql.raw(column)} FROM ${retention}
  WHERE id = 1 AND paused_until <= ${whole(now)}
    AND EXISTS (SELECT 1 FROM ${notifications} WHERE position < ${startOf(before)})
)`
const startOf = (at: number): SQL => sql`(${whole(at)} << ${whole(ID_BITS)})`

// What people have read ----------------------------------------------------------------------------------

/** Those who come next. */
const people = (limit: Limit): SQL => sql`
  SELECT id FROM ${orgUsers} WHERE id > ${place("after_org_user_id", limit)} ORDER BY id`
const hasReadLongAgo = ({ before }: Limit): SQL => sql`
  r.org_user_id = person.id AND r.is_read = 1 AND r.sent_at < ${whole(before)}`

/** Deletes what some people have read and is old. */
export const deleteRead = (db: Db, limit: Limit) =>
  db.delete(recipients).where(sql`(org_user_id, is_read, sent_at, notification_id) IN (
    SELECT r.org_user_id, r.is_read, r.sent_at, r.notification_id
    FROM (${people(limit)} LIMIT ${whole(PEOPLE)}) person CROSS JOIN ${recipients} r ON ${hasReadLongAgo(limit)}
    LIMIT ${whole(INBOX_ROWS)}
  )`)

/** Moves on to the first of them with more of it, else to the next people, else to the beginning. */
export const moveOnByPerson = (db: Db, limit: Limit) =>
  db
    .update(retention)
    .set({
      afterOrgUserId: sql`coalesce(
        (SELECT person.id - 1 FROM (${people(limit)} LIMIT ${whole(PEOPLE)}) person
          WHERE EXISTS (SELECT 1 FROM ${recipients} r WHERE ${hasReadLongAgo(limit)}) LIMIT 1),
        (${people(limit)} LIMIT 1 OFFSET ${whole(PEOPLE - 1)}),
        0
      )`,
    })
    .where(sql`id = 1 AND ${place("after_org_user_id", limit)} IS NOT NULL`)

// Notifications ------------------------------------------------------------------------------------------

/**
 * The old notifications that come next. `fate` is `held:<org_users.id>` by who still has it, `seen:<org_users.id>` if
 * nobody up to there has it, `gone` if nobody at all, and `NULL` for what was not sent, or not to all.
 */
export const oldOnes = (db: Db, limit: Limit) =>
  db
    .select({
      id: sql<number>`n.id`.as("id"),
      /** As text: it is larger than a number of ours may be. */
      position: sql<string>`CAST(n.position AS TEXT)`.as("place"),
      fate: sql<string | null>`CASE WHEN n.sent_at IS NOT NULL AND n.due_at IS NULL THEN coalesce(
        'held:' || (SELECT person.id FROM (${members} LIMIT ${whole(HOLDERS)}) person
          WHERE EXISTS (${inboxRow(false)}) OR EXISTS (${inboxRow(true)}) LIMIT 1),
        'seen:' || (${members} LIMIT 1 OFFSET ${whole(HOLDERS - 1)}),
        'gone'
      ) END`.as("fate"),
    })
    .from(sql`${notifications} n`)
    .where(sql`n.position > ${place("after_position", limit)} AND n.position < ${startOf(limit.before)}`)
    .orderBy(sql`n.position`)
    .limit(NOTIFICATIONS)

/** Who may have it: members past and present of its organisation, or of all. */
const members = sql`
  SELECT id FROM ${orgUsers} WHERE org_id = n.org_id AND id > n.gone_up_to
  UNION ALL SELECT id FROM ${orgUsers} WHERE n.org_id IS NULL AND id > n.gone_up_to
  ORDER BY id`
const inboxRow = (isRead: boolean): SQL => sql`
  SELECT 1 FROM ${recipients} r WHERE r.org_user_id = person.id AND r.is_read = ${whole(Number(isRead))}
    AND r.sent_at = n.sent_at AND r.notification_id = n.id`

/** Notes up to whom nobody has them. */
export const note = (db: Db, { places }: { places: [id: number, goneUpTo: number][] }) =>
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
export const moveOnByAge = (db: Db, { ids, last }: { ids: number[]; last: string | null }) =>
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
export const isFull = (found: unknown[]) => found.length === NOTIFICATIONS
