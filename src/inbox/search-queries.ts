import { eq, type SQL, sql } from "drizzle-orm"
import type { Db } from "../db/client"
import { clampedOffset, intLiteral } from "../db/merge-sorted"
import { notificationRecipients, notifications } from "../db/schema"
import type { Cursor } from "./cursor"
import type { Filter } from "./filter"
import type { Page } from "./pagination"
import { INBOX_COLUMNS } from "./queries"
import { ID_BITS, ID_MASK, sortKeyConditions } from "./sort-key"

// The full-text index covers all notifications of an organisation, an inbox only some of them: a notification may have
// been for admins only, or older than the membership. A search therefore takes the newest matches from the index, a
// limited number of them, and looks each up in the inbox. A cursor continues with older matches. The row id of the
// index is the sort key of the notification, so matches come in the order of the list.

/** One request examines at most this many matches. */
export const MAX_CANDIDATES = 300

type Search = { orgUserId: number; orgId: number; filter: Filter & { text: string }; after?: Cursor | undefined }

/** One page of search results, newest first. The extra row after `limit` says that there is a next page. */
export function selectSearchPage(db: Db, search: Search & Page) {
  const { page, limit, after } = search
  const offset = after ? sql`0` : clampedOffset(sql`(SELECT count(*) ${matchesInInbox(search)})`, { page, limit })
  return db
    .select(INBOX_COLUMNS)
    .from(sql`(
      SELECT ${fromEither(sql`notification_id`)} AS notification_id, ${fromEither(sql`is_read`)} AS is_read,
        f.rowid AS sort_key ${matchesInInbox(search)}
      ORDER BY f.rowid DESC LIMIT ${intLiteral(limit + 1)} OFFSET ${offset}
    ) AS inbox`)
    .innerJoin(notifications, eq(notifications.id, sql`inbox.notification_id`))
    .orderBy(sql`inbox.sort_key DESC`)
}

/** The number of matches examined, how many of them are in the inbox, and the oldest, after which the next page starts. */
export const selectSearchProgress = (db: Db, search: Search) =>
  db
    .select({
      found: sql<number>`(SELECT count(*) ${matchesInInbox(search)})`.as("found"),
      examined: sql<number>`count(*)`.as("examined"),
      oldestAt: sql<number | null>`min(sort_key) >> ${intLiteral(ID_BITS)}`.as("oldest_at"),
      oldestId: sql<number | null>`min(sort_key) & ${intLiteral(ID_MASK)}`.as("oldest_id"),
    })
    .from(sql`(${candidates(search)})`)

/** The newest matches in the organisation. */
const candidates = (search: Search) => sql`
  SELECT rowid AS sort_key FROM notification_search WHERE ${matchCondition(search)}
  ORDER BY rowid DESC LIMIT ${intLiteral(MAX_CANDIDATES)}`

function matchCondition({ orgId, orgUserId, filter, after }: Search): SQL {
  const phrase = `"${filter.text.replaceAll('"', '""')}"`
  const match = `{scope} : ("<${orgId}>" OR "<0>" OR "<u${orgUserId}>") AND {author message} : ${phrase}`
  return sql.join(
    [sql`notification_search MATCH ${match}`, ...sortKeyConditions(sql`rowid`, filter, after)],
    sql` AND `,
  )
}

/** A match is unread or read. Two joins look it up, since `is_read IN (0, 1)` would read the list for each match. */
const fromEither = (column: SQL) => sql`coalesce(unread.${column}, read.${column})`

/** The matches that are in the inbox. */
function matchesInInbox(search: Search): SQL {
  const { orgUserId, filter } = search
  const { categories, urgent, isRead } = filter
  const joinRecipient = (name: SQL, read: boolean) => sql`
    LEFT JOIN ${notificationRecipients} ${name} ON ${name}.org_user_id = ${intLiteral(orgUserId)} AND ${name}.is_read = ${intLiteral(Number(read))}
      AND ${name}.sent_at = f.rowid >> ${intLiteral(ID_BITS)}
      AND (${name}.notification_id & ${intLiteral(ID_MASK)}) = (f.rowid & ${intLiteral(ID_MASK)})`
  const conditions = [
    matchCondition(search),
    sql`f.rowid >= (SELECT min(sort_key) FROM (${candidates(search)}))`,
    isRead === undefined
      ? sql`${fromEither(sql`is_read`)} IS NOT NULL`
      : sql`${isRead ? sql`read` : sql`unread`}.is_read IS NOT NULL`,
    ...(categories
      ? [sql`${fromEither(sql`category`)} IN (${sql.raw(categories.map((category) => `'${category}'`).join(", "))})`]
      : []),
    ...(urgent ? [sql`${fromEither(sql`urgent`)} = 1`] : []),
  ]
  return sql`
    FROM notification_search f ${joinRecipient(sql`unread`, false)} ${joinRecipient(sql`read`, true)}
    WHERE ${sql.join(conditions, sql` AND `)}`
}
