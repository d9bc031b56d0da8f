import { and, eq, type SQL, sql } from "drizzle-orm"
import { CATEGORIES } from "../domain/categories"
import type { Db } from "../db/client"
import { clampedOffset, concatenated, merged, whole } from "../db/merge-sorted"
import { inboxCounters, notifications, recipients } from "../db/schema"
import { type Cursor, lowerOf } from "./cursor"
import { type Filter, type Kind, kindsOf, nameOf } from "./filter"
import { COUNTED_UP_TO, type Page } from "./pagination"

/** The counters of one inbox; no row while nothing ever arrived. */
export const countersOf = (db: Db, { orgUserId }: { orgUserId: number }) =>
  db.select().from(inboxCounters).where(eq(inboxCounters.orgUserId, orgUserId))

// A page -------------------------------------------------------------------------------------------------

type Inbox = { orgUserId: number; filter: Filter }

/** What is shown of a notification. */
export const NOTIFICATION = {
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
export const SHOWN = { ...NOTIFICATION, isRead: sql`inbox.is_read`.mapWith(Boolean).as("is_read") }

const NEWEST_FIRST = sql`arrived_at DESC, notification_id DESC`

/** One page, newest first, and one row more if there is a next. */
export function inboxPage(db: Db, { orgUserId, filter, page, limit, after }: Inbox & Page) {
  const runs = runsOf(filter).map(
    (run) => sql`
      SELECT notification_id, sent_at AS arrived_at, is_read FROM ${recipients}
      WHERE org_user_id = ${whole(orgUserId)} AND ${run} ${between(filter, after)}`,
  )
  const offset = after ? sql`0` : clampedOffset(sizeOf({ orgUserId, filter }), { page, limit })
  return db
    .select(SHOWN)
    .from(sql`(${merged(runs, NEWEST_FIRST)} LIMIT ${whole(limit + 1)} OFFSET ${offset}) AS inbox`)
    .innerJoin(notifications, eq(notifications.id, sql`inbox.notification_id`))
    .orderBy(sql`inbox.arrived_at DESC`, sql`inbox.notification_id DESC`)
}

/** How many there are between dates. */
export const countWithin = (db: Db, inbox: Inbox) =>
  db.select({ number: sql<number>`${boundedSize(inbox)}`.as("number") }).from(sql`(SELECT 1)`)

/** The sorted runs of a filter: read and unread by themselves; each kind, where it is asked for. */
function runsOf(filter: Filter): SQL[] {
  const { categories, urgent, isRead } = filter
  if (!categories && !urgent) return (isRead === undefined ? [false, true] : [isRead]).map(ofReading)
  return kindsOf(filter).map(ofKind)
}

const ofReading = (isRead: boolean) => sql`is_read = ${whole(Number(isRead))}`
const ofKind = (kind: Kind) => sql`
  urgent = ${whole(Number(kind.urgent))} AND ${ofReading(kind.isRead)} AND category = ${ofCategory(kind)}`
/** One of a closed list, as text of the statement: see `whole`. */
const ofCategory = ({ category }: Pick<Kind, "category">) => sql.raw(`'${category}'`)

function between({ from, to }: Filter, after?: Cursor): SQL {
  const until = lowerOf(after, to)
  const newest = until && sql`AND (sent_at, notification_id) < (${whole(until.at)}, ${whole(until.id)})`
  const oldest = from === undefined ? undefined : sql`AND sent_at >= ${whole(from)}`
  return sql`${newest ?? sql``} ${oldest ?? sql``}`
}

/** How many a filter lets through: from the counters, or counted as far as `COUNTED_UP_TO` where dates narrow it. */
function sizeOf(inbox: Inbox): SQL {
  const { orgUserId, filter } = inbox
  if (filter.from !== undefined || filter.to !== undefined) return boundedSize(inbox)
  const kinds = kindsOf(filter).map((kind) => sql`coalesce(kinds ->> '$."${sql.raw(nameOf(kind))}"', 0)`)
  return sql`coalesce((
    SELECT ${sql.join(kinds, sql` + `)} FROM ${inboxCounters} WHERE org_user_id = ${whole(orgUserId)}
  ), 0)`
}

function boundedSize({ orgUserId, filter }: Inbox): SQL {
  const runs = runsOf(filter).map(
    (run) => sql`SELECT 1 FROM ${recipients} WHERE org_user_id = ${whole(orgUserId)} AND ${run} ${between(filter)}`,
  )
  return sql`(SELECT count(*) FROM (${concatenated(runs)} LIMIT ${whole(COUNTED_UP_TO)}))`
}

// Reading ------------------------------------------------------------------------------------------------

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

/** What a bar shows of a notification. */
export const BAR_ITEM = {
  id: notifications.id,
  author: notifications.author,
  message: notifications.message,
  category: notifications.category,
  createdAt: notifications.createdAt,
}

/** What is unread and urgent, newest first. */
export function urgentUnread(db: Db, { orgUserId, limit }: { orgUserId: number; limit: number }) {
  const runs = CATEGORIES.map(
    (category) => sql`
      SELECT notification_id, sent_at AS arrived_at FROM ${recipients}
      WHERE org_user_id = ${orgUserId} AND ${ofKind({ category, urgent: true, isRead: false })}`,
  )
  return db
    .select(BAR_ITEM)
    .from(sql`(${merged(runs, NEWEST_FIRST)} LIMIT ${limit}) AS bar`)
    .innerJoin(notifications, eq(notifications.id, sql`bar.notification_id`))
    .orderBy(sql`bar.arrived_at DESC`, sql`bar.notification_id DESC`)
}
