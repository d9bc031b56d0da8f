import { type SQL, sql } from "drizzle-orm"
import type { Db } from "../db/client"
import { clampedOffset, intLiteral } from "../db/merge-sorted"
import { notificationRecipients, notifications } from "../db/schema"
import type { Category } from "../domain/categories"
import type { Cursor } from "./cursor"
import type { Filter } from "./filter"
import type { Page } from "./pagination"
import { casePairsOf, trigramsOf } from "./search-text"
import { ID_BITS, ID_MASK, sortKeyConditions } from "./sort-key"

// The full-text index covers all notifications of an organisation, an inbox only some of them: a notification may have
// been for admins only, or older than the membership. A search therefore takes the newest candidates from the index,
// looks each up in the inbox, and compares its text. The row id of the index is the sort key of the notification, so
// candidates come in the order of the list.
//
// The work of one request is bounded in two ways: it evaluates the index once, over a window of about 50,000
// notifications of the organisation, and it examines a limited number of candidates. A cursor continues with older ones.

/** One request examines at most this many candidates. It is more than the longest page. */
export const MAX_CANDIDATES = 300
/** The window, in entries of the index `notifications_by_org_every_1000th`. */
const WINDOW_SPANS = 50

type Search = { orgUserId: number; orgId: number; filter: Filter & { text: string } }

export type SearchRow = {
  id: number
  author: string
  message: string
  /** JSON. */
  times: string | null
  urgent: number
  category: Category
  createdAt: number
  scheduledAt: number | null
  sentAt: number
  isRead: number
}

/** One row for each match of the page and, without a match, one row without an `id`. */
export type SearchResult = {
  /** The candidates that were examined, and how many of them match. */
  examined: number
  found: number
  /** The oldest candidate. */
  oldestAt: number | null
  oldestId: number | null
  /** The start of the window; `null` if nothing is older. */
  windowAt: number | null
  windowId: number | null
} & (SearchRow | { id: null })

/** One page of search results, newest first. The extra row after `limit` says that there is a next page. */
export const selectSearchPage = (db: Db, { page, limit, after, ...search }: Search & Page) =>
  db.all<SearchResult>(sql`
    WITH search_window AS MATERIALIZED (SELECT (${windowStart(search, after)}) AS start),
    candidates AS MATERIALIZED (
      SELECT rowid AS sort_key FROM notification_search
      WHERE ${matchCondition(search)} AND rowid >= (SELECT coalesce(start, 0) FROM search_window)
        ${sql.join(sortKeyConditions(sql`rowid`, search.filter, after).map((condition) => sql`AND ${condition}`))}
      ORDER BY rowid DESC LIMIT ${intLiteral(MAX_CANDIDATES)}
    ),
    found AS MATERIALIZED (${matches(search)})
    SELECT
      (SELECT count(*) FROM candidates) AS examined,
      (SELECT count(*) FROM found) AS found,
      (SELECT min(sort_key) >> ${intLiteral(ID_BITS)} FROM candidates) AS oldestAt,
      (SELECT min(sort_key) & ${intLiteral(ID_MASK)} FROM candidates) AS oldestId,
      start >> ${intLiteral(ID_BITS)} AS windowAt, start & ${intLiteral(ID_MASK)} AS windowId,
      n.id, n.author, n.message, n.times, n.urgent, n.category,
      n.created_at AS createdAt, n.scheduled_at AS scheduledAt, n.sent_at AS sentAt, shown.is_read AS isRead
    FROM search_window
    LEFT JOIN (
      SELECT id, is_read FROM found LIMIT ${intLiteral(limit + 1)}
      OFFSET ${after ? sql`0` : clampedOffset(sql`(SELECT count(*) FROM found)`, { page, limit })}
    ) AS shown
    LEFT JOIN ${notifications} n ON n.id = shown.id`)

/** The sort key at which the window starts; NULL where the organisation has fewer notifications. */
const windowStart = ({ orgId, filter }: Search, after: Cursor | undefined) => sql`
  SELECT position FROM ${notifications}
  WHERE org_id = ${intLiteral(orgId)} AND id % 1000 = 0
    ${sql.join(sortKeyConditions(sql`position`, { to: filter.to }, after).map((condition) => sql`AND ${condition}`))}
  ORDER BY position DESC LIMIT 1 OFFSET ${intLiteral(WINDOW_SPANS - 1)}`

function matchCondition({ orgId, orgUserId, filter }: Search): SQL {
  const trigrams = trigramsOf(filter.text).map((trigram) => `"${trigram.replaceAll('"', '""')}"`)
  const match = `{scope} : ("<${orgId}>" OR "<0>" OR "<u${orgUserId}>") AND {author message} : (${trigrams.join(" AND ")})`
  return sql`notification_search MATCH ${match}`
}

/** A candidate is unread or read. Two joins look it up, since `is_read IN (0, 1)` would read the list for each one. */
const fromEither = (column: SQL) => sql`coalesce(unread.${column}, read.${column})`

/** The candidates that are in the inbox and contain the text, in the order of the candidates. */
function matches({ orgUserId, filter }: Search): SQL {
  const { categories, urgent, isRead, text } = filter
  const joinRecipient = (name: SQL, read: boolean) => sql`
    LEFT JOIN ${notificationRecipients} ${name} ON ${name}.org_user_id = ${intLiteral(orgUserId)} AND ${name}.is_read = ${intLiteral(Number(read))}
      AND ${name}.sent_at = c.sort_key >> ${intLiteral(ID_BITS)}
      AND (${name}.notification_id & ${intLiteral(ID_MASK)}) = (c.sort_key & ${intLiteral(ID_MASK)})`
  const conditions = [
    isRead === undefined
      ? sql`${fromEither(sql`is_read`)} IS NOT NULL`
      : sql`${isRead ? sql`read` : sql`unread`}.is_read IS NOT NULL`,
    ...(categories
      ? [sql`${fromEither(sql`category`)} IN (${sql.raw(categories.map((category) => `'${category}'`).join(", "))})`]
      : []),
    ...(urgent ? [sql`${fromEither(sql`urgent`)} = 1`] : []),
    sql`(${contains(sql`candidate.message`, text)} OR ${contains(sql`candidate.author`, text)})`,
  ]
  return sql`
    SELECT candidate.id AS id, ${fromEither(sql`is_read`)} AS is_read
    FROM candidates c ${joinRecipient(sql`unread`, false)} ${joinRecipient(sql`read`, true)}
    CROSS JOIN ${notifications} candidate ON candidate.id = ${fromEither(sql`notification_id`)}
    WHERE ${sql.join(conditions, sql` AND `)}`
}

/** Whether a column contains a text, in upper or lower case. */
function contains(column: SQL, text: string): SQL {
  const folded = casePairsOf(text).reduce(
    (folding, { upper, lower }) => sql`replace(${folding}, ${textLiteral(upper)}, ${textLiteral(lower)})`,
    sql`lower(${column})`,
  )
  return sql`instr(${folded}, ${text.toLowerCase()}) > 0`
}

/** Not a parameter, since a text of many letters would need more than D1 binds. A letter needs no escaping. */
const textLiteral = (letter: string) => sql.raw(`'${letter}'`)
