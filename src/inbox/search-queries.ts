import { eq, type SQL, sql } from "drizzle-orm"
import type { Db } from "../db/client"
import { clampedOffset, intLiteral } from "../db/merge-sorted"
import { notifications, notificationRecipients } from "../db/schema"
import type { Cursor } from "./cursor"
import type { Filter } from "./filter"
import { INBOX_COLUMNS } from "./queries"
import type { Page } from "./pagination"
import { ID_BITS, ID_MASK, sortKeyConditions } from "./sort-key"

// The text index knows every notification of an organisation, an inbox only some: what was for admins only, say, or
// came before one did. So the newest matches are taken from the index, as many as one request may cost, and looked up
// in the inbox; who wants more goes on by cursor. The row id of a match is its `position`: time and id, so that it
// comes out of the index in the order of a page.

/** As many matches as one request looks at. */
export const MAX_CANDIDATES = 300

type Search = { orgUserId: number; orgId: number; filter: Filter & { text: string }; after?: Cursor | undefined }

/** One page of what was found in an inbox, newest first, and one row more if there is a next. */
export function selectSearchPage(db: Db, search: Search & Page) {
  const { page, limit, after } = search
  const offset = after ? sql`0` : clampedOffset(sql`(SELECT count(*) ${matchesInInbox(search)})`, { page, limit })
  return db
    .select(INBOX_COLUMNS)
    .from(sql`(
      SELECT ${fromEither(sql`notification_id`)} AS notification_id, ${fromEither(sql`is_read`)} AS is_read,
        f.rowid AS position ${matchesInInbox(search)}
      ORDER BY f.rowid DESC LIMIT ${intLiteral(limit + 1)} OFFSET ${offset}
    ) AS inbox`)
    .innerJoin(notifications, eq(notifications.id, sql`inbox.notification_id`))
    .orderBy(sql`inbox.position DESC`)
}

/**
 * How many of the examined matches are in the inbox, how many were examined, and the oldest of these, from which
 * the next search goes on.
 */
export const selectSearchProgress = (db: Db, search: Search) =>
  db
    .select({
      found: sql<number>`(SELECT count(*) ${matchesInInbox(search)})`.as("found"),
      examined: sql<number>`count(*)`.as("examined"),
      oldestAt: sql<number | null>`min(position) >> ${intLiteral(ID_BITS)}`.as("oldest_at"),
      oldestId: sql<number | null>`min(position) & ${intLiteral(ID_MASK)}`.as("oldest_id"),
    })
    .from(sql`(${candidates(search)})`)

/** The newest matches of the organisation. */
const candidates = (search: Search) => sql`
  SELECT rowid AS position FROM notification_search WHERE ${matchCondition(search)}
  ORDER BY rowid DESC LIMIT ${intLiteral(MAX_CANDIDATES)}`

function matchCondition({ orgId, orgUserId, filter, after }: Search): SQL {
  const phrase = `"${filter.text.replaceAll('"', '""')}"`
  const match = `{scope} : ("<${orgId}>" OR "<0>" OR "<u${orgUserId}>") AND {author message} : ${phrase}`
  return sql.join(
    [sql`notification_search MATCH ${match}`, ...sortKeyConditions(sql`rowid`, filter, after)],
    sql` AND `,
  )
}

/** A match lies among the unread or among the read: two look-ups, since a list of both would be read itself each time. */
const fromEither = (column: SQL) => sql`coalesce(unread.${column}, done.${column})`

/** Those of them that are in the inbox. */
function matchesInInbox(search: Search): SQL {
  const { orgUserId, filter } = search
  const { categories, urgent, isRead } = filter
  const lookUp = (name: SQL, read: boolean) => sql`
    LEFT JOIN ${notificationRecipients} ${name} ON ${name}.org_user_id = ${intLiteral(orgUserId)} AND ${name}.is_read = ${intLiteral(Number(read))}
      AND ${name}.sent_at = f.rowid >> ${intLiteral(ID_BITS)}
      AND (${name}.notification_id & ${intLiteral(ID_MASK)}) = (f.rowid & ${intLiteral(ID_MASK)})`
  const conditions = [
    matchCondition(search),
    sql`f.rowid >= (SELECT min(position) FROM (${candidates(search)}))`,
    isRead === undefined
      ? sql`${fromEither(sql`is_read`)} IS NOT NULL`
      : sql`${isRead ? sql`done` : sql`unread`}.is_read IS NOT NULL`,
    ...(categories
      ? [sql`${fromEither(sql`category`)} IN (${sql.raw(categories.map((one) => `'${one}'`).join(", "))})`]
      : []),
    ...(urgent ? [sql`${fromEither(sql`urgent`)} = 1`] : []),
  ]
  return sql`
    FROM notification_search f ${lookUp(sql`unread`, false)} ${lookUp(sql`done`, true)}
    WHERE ${sql.join(conditions, sql` AND `)}`
}
