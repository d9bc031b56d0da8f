import { eq, type SQL, sql } from "drizzle-orm"
import type { Db } from "../db/client"
import { clampedOffset, intLiteral, mergeSorted } from "../db/merge-sorted"
import { notificationRecipients, notifications } from "../db/schema"
import type { Cursor } from "./cursor"
import type { Filter } from "./filter"
import type { Page } from "./pagination"
import { INBOX_COLUMNS, NEWEST_FIRST, sortedInboxSelects } from "./queries"
import type { InboxRow } from "./responses"
import { foldCase, letterReplacements, spreadTrigrams } from "./search-text"

// The text index says which notifications of an organisation have some trigrams of the phrase. There are two ways on:
// - Few have them: these are looked up in the inbox. The result is complete.
// - Many have them: the newest notifications of the inbox are searched, a limited number of them. The next cursor
//   continues after the last one searched.
// Either way the phrase itself is looked for in the texts, and the work of a request has a limit.

/** More notifications than this with the phrase's trigrams are many. */
const MAX_CANDIDATES = 300
/** The index is asked about so many notifications, the newest. At worst, 1,000 of one organisation take 0.06 ms. */
const INDEXED_IDS = 524_288
/** So many trigrams of the phrase are looked up. More would give fewer candidates, and make the worst phrase slower. */
const TRIGRAMS = 4
/** A request searches at most so many notifications of an inbox. */
export const MAX_SEARCHED = 300
/** It searches at most so many bytes of text. Replacing a letter takes about as long as looking for the phrase. */
const MAX_SEARCHED_BYTES = 1_000_000
/** Only the beginning of a message is searched. The view in migrations/0014_search.sql has the same number. */
const SEARCHED_CHARACTERS = 4_000

type Search = { orgUserId: number; orgId: number; filter: Filter & { text: string } }

/**
 * One page of results, each with the progress of the search; a single row without a notification if the page is empty. The
 * extra row after `limit` says that there is a next page.
 */
export function selectSearchPage(db: Db, search: Search & Page) {
  return db
    .select({
      ...INBOX_COLUMNS,
      isComplete: sql`inbox.is_complete`.mapWith(Boolean).as("is_complete"),
      found: sql<number>`inbox.found`.as("found"),
      hasMore: sql`inbox.has_more`.mapWith(Boolean).as("has_more"),
      lastAt: sql<number | null>`inbox.last_at`.as("last_at"),
      lastId: sql<number | null>`inbox.last_id`.as("last_id"),
    })
    .from(sql`(
      WITH candidates AS MATERIALIZED (${candidates(search)}),
        lookup AS MATERIALIZED (${lookup(search)}),
        to_search AS MATERIALIZED (${candidatesInInbox(search)} UNION ALL ${newestInInbox(search)}),
        hits AS MATERIALIZED (${hits(search)}),
        progress AS MATERIALIZED (${progress(search)}),
        page AS MATERIALIZED (${pageOfHits(search)})
      SELECT * FROM progress LEFT JOIN page ON 1
    ) AS inbox`)
    .leftJoin(notifications, eq(notifications.id, sql`inbox.notification_id`))
}

type SearchRow = Awaited<ReturnType<typeof selectSearchPage>>[number]

/**
 * The whole inbox was searched, before the cursor too, or a part: up to `last` if the inbox has more. `found` were found
 * in what was searched.
 */
export type SearchProgress = { isComplete: boolean; found: number; last: Cursor | undefined }

/** The progress, and the results, newest first. */
export function toSearchResults(rows: SearchRow[]): [SearchProgress, InboxRow[]] {
  const [first] = rows
  if (!first) throw new Error("a search without a row")
  const { isComplete, found, hasMore, lastAt, lastId } = first
  const last = hasMore && lastAt !== null && lastId !== null ? { at: lastAt, id: lastId } : undefined
  const results = rows.filter(isResult).toSorted((a, b) => sentAtOf(b) - sentAtOf(a) || b.id - a.id)
  return [{ isComplete, found, last }, results]
}

const isResult = (row: SearchRow): row is SearchRow & InboxRow => row.id !== null
const sentAtOf = ({ sentAt }: InboxRow) => sentAt ?? 0

const OLDEST_INDEXED = sql`(SELECT max(id) FROM ${notifications}) - ${intLiteral(INDEXED_IDS)}`

/**
 * What the index has. The lower bound of row ids limits the work, since FTS5 begins there. An upper bound, or the
 * opposite order, would not: FTS5 looks at bounds only when it has found a match.
 */
function candidates({ orgId, orgUserId, filter }: Search): SQL {
  const scopes = [scopeOfOrg(orgId), scopeOfOrg(0), scopeOfPerson(orgUserId)].map(quote).join(" OR ")
  const match = [`(${scopes})`, ...spreadTrigrams(filter.text, TRIGRAMS).map(quote)].join(" AND ")
  return sql`
    SELECT rowid AS id FROM notification_search WHERE notification_search MATCH ${match} AND rowid > ${OLDEST_INDEXED}
    LIMIT ${intLiteral(MAX_CANDIDATES + 1)}`
}

const quote = (trigram: string) => `"${trigram.replaceAll('"', '""')}"`

/** As in the view `searchable_notifications`. */
const scopeOf = (kind: number, id: number) =>
  String.fromCodePoint(
    0xf_00_00 + 0x10_00 * kind + Math.floor(id / 2 ** 28),
    0xf_00_00 + (Math.floor(id / 2 ** 14) % 2 ** 14),
    0xf_00_00 + (id % 2 ** 14),
  )
const scopeOfOrg = (id: number) => scopeOf(0, id)
const scopeOfPerson = (id: number) => scopeOf(1, id)

/** Whether the candidates are all there are, and few, and with no more text than a request may search. */
const lookup = (search: Search) => sql`
  SELECT CASE
    WHEN (SELECT count(*) FROM candidates) > ${intLiteral(MAX_CANDIDATES)} THEN 0
    WHEN EXISTS (SELECT 1 FROM ${notifications} WHERE id <= ${OLDEST_INDEXED}) THEN 0
    ELSE (
      SELECT coalesce(sum(octet_length(n.message)), 0) FROM candidates CROSS JOIN ${notifications} n ON n.id = candidates.id
    ) < ${bytesLimit(search)}
  END AS is_complete`

const bytesLimit = ({ filter }: Search) => searchedBytes(filter.text)

/** How many bytes of text a request may search for this phrase. */
export const searchedBytes = (phrase: string) =>
  intLiteral(Math.ceil(MAX_SEARCHED_BYTES / (1 + letterReplacements(foldCase(phrase)).length)))

/** A match is unread or read. Two joins look it up, since `is_read IN (0, 1)` would read the list for each match. */
const fromEither = (column: SQL) => sql`coalesce(unread.${column}, read.${column})`

/** The candidates that are in the inbox, newest first, if they are all. `IN` goes along the index, so nothing is sorted. */
function candidatesInInbox({ orgUserId, filter }: Search): SQL {
  const { categories, urgent, isRead, from, to } = filter
  const joinRecipient = (name: SQL, read: boolean) => sql`
    LEFT JOIN ${notificationRecipients} ${name} ON ${name}.org_user_id = ${intLiteral(orgUserId)} AND ${name}.is_read = ${intLiteral(Number(read))}
      AND ${name}.sent_at = n.sent_at AND ${name}.notification_id = n.id`
  const conditions = [
    sql`(SELECT is_complete FROM lookup)`,
    sql`n.position IN (SELECT m.position FROM candidates CROSS JOIN ${notifications} m ON m.id = candidates.id)`,
    isRead === undefined
      ? sql`${fromEither(sql`is_read`)} IS NOT NULL`
      : sql`${isRead ? sql`read` : sql`unread`}.is_read IS NOT NULL`,
    ...(categories
      ? [sql`${fromEither(sql`category`)} IN (${sql.raw(categories.map((category) => `'${category}'`).join(", "))})`]
      : []),
    ...(urgent ? [sql`${fromEither(sql`urgent`)} = 1`] : []),
    ...(from === undefined ? [] : [sql`n.sent_at >= ${intLiteral(from)}`]),
    ...(to === undefined ? [] : [sql`n.sent_at <= ${intLiteral(to)}`]),
  ]
  return sql`
    SELECT * FROM (
      SELECT n.id AS notification_id, n.sent_at AS arrived_at, ${fromEither(sql`is_read`)} AS is_read,
        0 AS number, 0 AS bytes, 0 AS bytes_before
      FROM ${notifications} n ${joinRecipient(sql`unread`, false)} ${joinRecipient(sql`read`, true)}
      WHERE ${sql.join(conditions, sql` AND `)}
      ORDER BY n.position DESC LIMIT ${intLiteral(MAX_CANDIDATES)}
    )`
}

/** The newest of the inbox after the cursor, if the candidates are not all, with the bytes of all texts up to each. */
function newestInInbox({ orgUserId, filter, after }: Search & Page): SQL {
  const limit = sql`CASE (SELECT is_complete FROM lookup) WHEN 1 THEN 0 ELSE ${intLiteral(MAX_SEARCHED)} END`
  return sql`
    SELECT notification_id, arrived_at, is_read, number, bytes, bytes - size AS bytes_before FROM (
      SELECT notification_id, arrived_at, is_read, row_number() OVER texts AS number,
        sum(octet_length(n.message)) OVER texts AS bytes, octet_length(n.message) AS size
      FROM (${mergeSorted(sortedInboxSelects({ orgUserId, filter, after }), NEWEST_FIRST)} LIMIT ${limit}) AS newest
      CROSS JOIN ${notifications} n ON n.id = newest.notification_id
      WINDOW texts AS (ROWS UNBOUNDED PRECEDING)
    )`
}

const hits = (search: Search) => sql`
  SELECT notification_id, arrived_at, is_read FROM to_search
  CROSS JOIN ${notifications} n ON n.id = notification_id
  WHERE bytes_before < ${bytesLimit(search)} AND ${hasPhrase(search.filter.text)}`

/** Whether the notification `n` has the phrase in its author or its message. */
export function hasPhrase(text: string): SQL {
  const phrase = foldCase(text)
  const searched = sql`lower(n.author || char(1) || substr(n.message, 1, ${intLiteral(SEARCHED_CHARACTERS)}))`
  // Both are single letters beyond ASCII.
  const folded = letterReplacements(phrase).reduce(
    (inner, [from, to]) => sql`replace(${inner}, ${sql.raw(`'${from}'`)}, ${sql.raw(`'${to}'`)})`,
    searched,
  )
  return sql`instr(${folded}, ${phrase}) > 0`
}

/** The other columns of an aggregate with `max` are those of the row that has it, here the last one searched. */
const progress = (search: Search) => sql`
  SELECT (SELECT is_complete FROM lookup) AS is_complete, (SELECT count(*) FROM hits) AS found,
    max(number) = ${intLiteral(MAX_SEARCHED)} OR bytes >= ${bytesLimit(search)} AS has_more,
    arrived_at AS last_at, notification_id AS last_id
  FROM (SELECT number, bytes, arrived_at, notification_id FROM to_search WHERE bytes_before < ${bytesLimit(search)})`

function pageOfHits({ page, limit, after }: Page): SQL {
  const offset = after ? sql`0` : clampedOffset(sql`(SELECT found FROM progress)`, { page, limit })
  const condition = after
    ? sql`WHERE (arrived_at, notification_id) < (${intLiteral(after.at)}, ${intLiteral(after.id)})`
    : sql``
  return sql`SELECT * FROM hits ${condition} LIMIT ${intLiteral(limit + 1)} OFFSET ${offset}`
}
