import { and, eq, type SQL, sql } from "drizzle-orm"
import type { Db } from "../db/client"
import { inList } from "../db/in-list"
import { clampedOffset, intLiteral, mergeSorted, unionAll } from "../db/merge-sorted"
import { inboxCounters, notificationRecipients, notifications } from "../db/schema"
import { CATEGORIES, type Category } from "../domain/categories"
import { type Cursor, earlierBound } from "./cursor"
import { bucketKey, bucketsOf, type Filter, type InboxBucket } from "./filter"
import { MAX_COUNT, type Page } from "./pagination"

/** The counters of one inbox. There is no row before the first notification. */
export const selectCounters = (db: Db, { orgUserId }: { orgUserId: number }) =>
  db.select().from(inboxCounters).where(eq(inboxCounters.orgUserId, orgUserId))

// A page -------------------------------------------------------------------------------------------------

type Inbox = { orgUserId: number; filter: Filter }

/** The columns that a list shows. */
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

/** The same for an inbox. The query must join `inbox` with the notifications. */
export const INBOX_COLUMNS = {
  ...NOTIFICATION_COLUMNS,
  times: notifications.times,
  link: notifications.link,
  isRead: sql`inbox.is_read`.mapWith(Boolean).as("is_read"),
}

export const NEWEST_FIRST = sql`arrived_at DESC, notification_id DESC`

/** One page, newest first. The extra row after `limit` says that there is a next page. */
export function selectInboxPage(db: Db, { orgUserId, filter, page, limit, after }: Inbox & Page) {
  const selects = sortedInboxSelects({ orgUserId, filter, after })
  const offset = after ? sql`0` : clampedOffset(sizeExpression({ orgUserId, filter }), { page, limit })
  return db
    .select(INBOX_COLUMNS)
    .from(sql`(${mergeSorted(selects, NEWEST_FIRST)} LIMIT ${intLiteral(limit + 1)} OFFSET ${offset}) AS inbox`)
    .innerJoin(notifications, eq(notifications.id, sql`inbox.notification_id`))
    .orderBy(sql`inbox.arrived_at DESC`, sql`inbox.notification_id DESC`)
}

/** The rows of an inbox after the cursor, as selects that an index sorts by `NEWEST_FIRST`, for `mergeSorted`. */
export const sortedInboxSelects = ({ orgUserId, filter, after }: Inbox & { after?: Cursor | undefined }): SQL[] =>
  bucketConditions(filter).map(
    (condition) => sql`
      SELECT notification_id, sent_at AS arrived_at, is_read FROM ${notificationRecipients}
      WHERE org_user_id = ${intLiteral(orgUserId)} AND ${condition} ${dateCondition(filter, after)}`,
  )

/** The size of a list, counted up to `MAX_COUNT`. */
export const selectInboxCount = (db: Db, inbox: Inbox) =>
  db.select({ number: sql<number>`${boundedCount(inbox)}`.as("number") }).from(sql`(SELECT 1)`)

/**
 * One condition for each sorted select: read and unread notifications, and where category or urgency are filtered, each
 * bucket.
 */
function bucketConditions(filter: Filter): SQL[] {
  const { categories, urgent, isRead } = filter
  if (!categories && !urgent) return (isRead === undefined ? [false, true] : [isRead]).map(readCondition)
  return bucketsOf(filter).map(bucketCondition)
}

const readCondition = (isRead: boolean) => sql`is_read = ${intLiteral(Number(isRead))}`
const bucketCondition = ({ category, urgent, isRead }: InboxBucket) => sql`
  urgent = ${intLiteral(Number(urgent))} AND ${readCondition(isRead)} AND category = ${categoryLiteral(category)}`
/** Not a parameter, for the reason that `intLiteral` gives. The value is one of a closed list. */
const categoryLiteral = (category: Category) => sql.raw(`'${category}'`)

function dateCondition({ from, to }: Filter, after?: Cursor): SQL {
  const before = earlierBound(after, to)
  const upper = before && sql`AND (sent_at, notification_id) < (${intLiteral(before.at)}, ${intLiteral(before.id)})`
  const lower = from === undefined ? undefined : sql`AND sent_at >= ${intLiteral(from)}`
  return sql`${upper ?? sql``} ${lower ?? sql``}`
}

/** The size of a list: from the counters or, where dates are filtered, counted up to `MAX_COUNT`. */
function sizeExpression(inbox: Inbox): SQL {
  const { orgUserId, filter } = inbox
  if (filter.from !== undefined || filter.to !== undefined) return boundedCount(inbox)
  const counts = bucketsOf(filter).map((bucket) => sql`coalesce(kinds ->> '$."${sql.raw(bucketKey(bucket))}"', 0)`)
  return sql`coalesce((
    SELECT ${sql.join(counts, sql` + `)} FROM ${inboxCounters} WHERE org_user_id = ${intLiteral(orgUserId)}
  ), 0)`
}

function boundedCount({ orgUserId, filter }: Inbox): SQL {
  const selects = bucketConditions(filter).map(
    (condition) => sql`
      SELECT 1 FROM ${notificationRecipients}
      WHERE org_user_id = ${intLiteral(orgUserId)} AND ${condition} ${dateCondition(filter)}`,
  )
  return sql`(SELECT count(*) FROM (${unionAll(selects)} LIMIT ${intLiteral(MAX_COUNT)}))`
}

// Reading ------------------------------------------------------------------------------------------------

/** Marks notifications of this inbox as read or unread. Ids from elsewhere match no row. */
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

/** Marks the whole inbox as read. */
export const updateAllRead = (db: Db, { orgUserId, now }: { orgUserId: number; now: number }) =>
  db
    .update(notificationRecipients)
    .set({ isRead: true, readAt: now })
    .where(and(eq(notificationRecipients.orgUserId, orgUserId), eq(notificationRecipients.isRead, false)))

// The urgent bar -----------------------------------------------------------------------------------------

/** The columns that a bar shows. */
export const BAR_ITEM_COLUMNS = {
  id: notifications.id,
  author: notifications.author,
  message: notifications.message,
  category: notifications.category,
  createdAt: notifications.createdAt,
}

/** The ids whose texts the reader has, except those that changed since (milliseconds since 1970). */
export type KnownTexts = { known: number[]; changedSince: number }

/** The urgent unread notifications, newest first. `message` is null where `known` has the id, unless it changed lately. */
export function selectUrgentUnread(
  db: Db,
  { orgUserId, limit, known, changedSince }: { orgUserId: number; limit: number } & KnownTexts,
) {
  const selects = CATEGORIES.map(
    (category) => sql`
      SELECT notification_id, sent_at AS arrived_at FROM ${notificationRecipients}
      WHERE org_user_id = ${orgUserId} AND ${bucketCondition({ category, urgent: true, isRead: false })}`,
  )
  const isKnown = sql`${inList(notifications.id, known)} AND coalesce(${notifications.summarisedAt}, 0) < ${changedSince}`
  const message = sql<string | null>`CASE WHEN ${isKnown} THEN NULL ELSE ${notifications.message} END`
  return db
    .select({ ...BAR_ITEM_COLUMNS, message: message.as("message") })
    .from(sql`(${mergeSorted(selects, NEWEST_FIRST)} LIMIT ${limit}) AS bar`)
    .innerJoin(notifications, eq(notifications.id, sql`bar.notification_id`))
    .orderBy(sql`bar.arrived_at DESC`, sql`bar.notification_id DESC`)
}
