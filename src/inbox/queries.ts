import { and, eq, type SQL, sql } from "drizzle-orm"
import { CATEGORIES } from "../domain/categories"
import type { Db } from "../db/client"
import { clampedOffset, unionAll, mergeSorted, intLiteral } from "../db/merge-sorted"
import { inboxCounters, notifications, notificationRecipients } from "../db/schema"
import { type Cursor, earlierBound } from "./cursor"
import { type Filter, type InboxBucket, bucketsOf, bucketKey } from "./filter"
import { MAX_COUNT, type Page } from "./pagination"

/** The counters of one inbox; no row while nothing ever arrived. */
export const selectCounters = (db: Db, { orgUserId }: { orgUserId: number }) =>
  db.select().from(inboxCounters).where(eq(inboxCounters.orgUserId, orgUserId))

// A page -------------------------------------------------------------------------------------------------

type Inbox = { orgUserId: number; filter: Filter }

/** What is shown of a notification. */
export const NOTIFICATION_COLUMNS = {
  id: notifications.id,
  author: notifications.author,
  message: notifications.message,
  urgent: notifications.urgent,
  category: notifications.category,
  createdAt: notifications.createdAt,
  scheduledAt: notifications.scheduledAt,
  sentAt: notifications.sentAt,
}

/** The same in an inbox; to be selected after `inbox` was joined with the notifications. */
export const INBOX_COLUMNS = { ...NOTIFICATION_COLUMNS, isRead: sql`inbox.is_read`.mapWith(Boolean).as("is_read") }

const NEWEST_FIRST = sql`arrived_at DESC, notification_id DESC`

/** One page, newest first, and one row more if there is a next. */
export function selectInboxPage(db: Db, { orgUserId, filter, page, limit, after }: Inbox & Page) {
  const runs = bucketConditions(filter).map(
    (run) => sql`
      SELECT notification_id, sent_at AS arrived_at, is_read FROM ${notificationRecipients}
      WHERE org_user_id = ${intLiteral(orgUserId)} AND ${run} ${dateCondition(filter, after)}`,
  )
  const offset = after ? sql`0` : clampedOffset(sizeExpression({ orgUserId, filter }), { page, limit })
  return db
    .select(INBOX_COLUMNS)
    .from(sql`(${mergeSorted(runs, NEWEST_FIRST)} LIMIT ${intLiteral(limit + 1)} OFFSET ${offset}) AS inbox`)
    .innerJoin(notifications, eq(notifications.id, sql`inbox.notification_id`))
    .orderBy(sql`inbox.arrived_at DESC`, sql`inbox.notification_id DESC`)
}

/** How many there are between dates. */
export const selectInboxCount = (db: Db, inbox: Inbox) =>
  db.select({ number: sql<number>`${boundedCount(inbox)}`.as("number") }).from(sql`(SELECT 1)`)

/** The sorted runs of a filter: read and unread by themselves; each kind, where it is asked for. */
function bucketConditions(filter: Filter): SQL[] {
  const { categories, urgent, isRead } = filter
  if (!categories && !urgent) return (isRead === undefined ? [false, true] : [isRead]).map(readCondition)
  return bucketsOf(filter).map(bucketCondition)
}

const readCondition = (isRead: boolean) => sql`is_read = ${intLiteral(Number(isRead))}`
const bucketCondition = (kind: InboxBucket) => sql`
  urgent = ${intLiteral(Number(kind.urgent))} AND ${readCondition(kind.isRead)} AND category = ${categoryLiteral(kind)}`
/** One of a closed list, as text of the statement: see `whole`. */
const categoryLiteral = ({ category }: Pick<InboxBucket, "category">) => sql.raw(`'${category}'`)

function dateCondition({ from, to }: Filter, after?: Cursor): SQL {
  const until = earlierBound(after, to)
  const newest = until && sql`AND (sent_at, notification_id) < (${intLiteral(until.at)}, ${intLiteral(until.id)})`
  const oldest = from === undefined ? undefined : sql`AND sent_at >= ${intLiteral(from)}`
  return sql`${newest ?? sql``} ${oldest ?? sql``}`
}

/** How many a filter lets through: from the counters, or counted as far as `COUNTED_UP_TO` where dates narrow it. */
function sizeExpression(inbox: Inbox): SQL {
  const { orgUserId, filter } = inbox
  if (filter.from !== undefined || filter.to !== undefined) return boundedCount(inbox)
  const kinds = bucketsOf(filter).map((kind) => sql`coalesce(kinds ->> '$."${sql.raw(bucketKey(kind))}"', 0)`)
  return sql`coalesce((
    SELECT ${sql.join(kinds, sql` + `)} FROM ${inboxCounters} WHERE org_user_id = ${intLiteral(orgUserId)}
  ), 0)`
}

function boundedCount({ orgUserId, filter }: Inbox): SQL {
  const runs = bucketConditions(filter).map(
    (run) =>
      sql`SELECT 1 FROM ${notificationRecipients} WHERE org_user_id = ${intLiteral(orgUserId)} AND ${run} ${dateCondition(filter)}`,
  )
  return sql`(SELECT count(*) FROM (${unionAll(runs)} LIMIT ${intLiteral(MAX_COUNT)}))`
}

// Reading ------------------------------------------------------------------------------------------------

/** Marks these as read, or as unread. What is not in this inbox changes nothing. */
export const updateReadStatus = (
  db: Db,
  { orgUserId, ids, isRead, now }: { orgUserId: number; ids: number[]; isRead: boolean; now: number },
) =>
  db
    .update(notificationRecipients)
    .set({ isRead, readAt: isRead ? now : null })
    .where(
      and(
        eq(notificationRecipients.orgUserId, orgUserId),
        eq(notificationRecipients.isRead, !isRead),
        sql`(${notificationRecipients.sentAt}, ${notificationRecipients.notificationId}) IN (
          SELECT n.sent_at, n.id FROM json_each(${JSON.stringify(ids)}) wanted
          JOIN ${notifications} n ON n.id = wanted.value
        )`,
      ),
    )

/** Marks everything as read; answers one row for each that was not. */
export const updateAllRead = (db: Db, { orgUserId, now }: { orgUserId: number; now: number }) =>
  db
    .update(notificationRecipients)
    .set({ isRead: true, readAt: now })
    .where(and(eq(notificationRecipients.orgUserId, orgUserId), eq(notificationRecipients.isRead, false)))

// The urgent bar -----------------------------------------------------------------------------------------

/** What a bar shows of a notification. */
export const BAR_ITEM_COLUMNS = {
  id: notifications.id,
  author: notifications.author,
  message: notifications.message,
  category: notifications.category,
  createdAt: notifications.createdAt,
}

/** What is unread and urgent, newest first. */
export function selectUrgentUnread(db: Db, { orgUserId, limit }: { orgUserId: number; limit: number }) {
  const runs = CATEGORIES.map(
    (category) => sql`
      SELECT notification_id, sent_at AS arrived_at FROM ${notificationRecipients}
      WHERE org_user_id = ${orgUserId} AND ${bucketCondition({ category, urgent: true, isRead: false })}`,
  )
  return db
    .select(BAR_ITEM_COLUMNS)
    .from(sql`(${mergeSorted(runs, NEWEST_FIRST)} LIMIT ${limit}) AS bar`)
    .innerJoin(notifications, eq(notifications.id, sql`bar.notification_id`))
    .orderBy(sql`bar.arrived_at DESC`, sql`bar.notification_id DESC`)
}
