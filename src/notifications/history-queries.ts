import { eq, type SQL, sql } from "drizzle-orm"
import type { Db } from "../db/client"
import { clampedOffset, unionAll, mergeSorted, intLiteral } from "../db/merge-sorted"
import { notifications, orgUsers } from "../db/schema"
import type { Cursor } from "../inbox/cursor"
import { type Filter, bucketsOf } from "../inbox/filter"
import { NOTIFICATION_COLUMNS } from "../inbox/queries"
import { MAX_COUNT, type Page } from "../inbox/pagination"
import type { HistoryRow } from "../inbox/responses"
import { hasPhrase, MAX_SEARCHED, searchedBytes, type SearchProgress } from "../inbox/search-queries"
import { sortKeyConditions } from "../inbox/sort-key"

/** With `orgId` undefined: of all organisations. */
type History = { orgId: number | undefined; filter: Filter }
type HistorySearch = History & { filter: { text: string } }
type WithSenders = { showsAllSenders: boolean }

/**
 * The address of the person who sent it, if they are or were a member of its organisation; with `showsAllSenders`, of
 * anybody. An admin must not learn of people elsewhere.
 */
function senderEmail({ showsAllSenders }: WithSenders) {
  const userId = sql`substr(${notifications}.created_by, 8)`
  const inItsOrg = sql`
    SELECT u.email FROM ${orgUsers} u WHERE u.org_id = ${notifications}.org_id AND u.user_id = ${userId}`
  const anywhere = sql`
    SELECT u.email FROM ${orgUsers} u WHERE u.user_id = ${userId} AND u.removed_at IS NULL ORDER BY u.id LIMIT 1`
  return sql<string | null>`CASE WHEN ${notifications}.created_by GLOB 'person:*' THEN
    ${showsAllSenders ? sql`coalesce((${inItsOrg}), (${anywhere}))` : sql`(${inItsOrg})`} END`
}

const historyColumns = (withSenders: WithSenders) => ({
  ...NOTIFICATION_COLUMNS,
  createdBy: notifications.createdBy,
  senderEmail: senderEmail(withSenders).as("sender_email"),
})

/** One page, newest first. The extra row after `limit` says that there is a next page. */
export function selectHistoryPage(
  db: Db,
  { orgId, filter, page, limit, after, showsAllSenders }: History & Page & WithSenders,
) {
  const selects = sortedSelects({ orgId, filter }, after)
  const offset = after ? sql`0` : clampedOffset(boundedCount({ orgId, filter }), { page, limit })
  return db
    .select(historyColumns({ showsAllSenders }))
    .from(sql`(${mergeSorted(selects, sql`position DESC`)} LIMIT ${intLiteral(limit + 1)} OFFSET ${offset}) AS history`)
    .innerJoin(notifications, eq(notifications.id, sql`history.id`))
    .orderBy(sql`history.position DESC`)
}

const sortedSelects = (history: History, after?: Cursor) =>
  bucketConditions(history, after).map((condition) => sql`SELECT id, position FROM ${notifications} WHERE ${condition}`)

/**
 * One page of the notifications that have a text, newest first, each with the progress of the search; a single row without
 * a notification if the page is empty. A request searches a limited number of notifications, the newest after the cursor.
 * The text index does not help: it has what went to one person under the person, and the history has that too.
 */
export function selectHistorySearchPage(
  db: Db,
  { orgId, filter, page, limit, after, showsAllSenders }: HistorySearch & Page & WithSenders,
) {
  const maxBytes = searchedBytes(filter.text)
  const offset = after ? sql`0` : clampedOffset(sql`(SELECT found FROM progress)`, { page, limit })
  return db
    .select({
      ...historyColumns({ showsAllSenders }),
      found: sql<number>`history.found`.as("found"),
      hasMore: sql`history.has_more`.mapWith(Boolean).as("has_more"),
      lastAt: sql<number | null>`history.last_at`.as("last_at"),
      lastId: sql<number | null>`history.last_id`.as("last_id"),
    })
    .from(sql`(
      WITH to_search AS MATERIALIZED (
        SELECT newest.id AS found_id, coalesce(n.sent_at, n.created_at) AS at, row_number() OVER texts AS number,
          sum(octet_length(n.message)) OVER texts AS bytes, octet_length(n.message) AS size
        FROM (
          ${mergeSorted(sortedSelects({ orgId, filter }, after), sql`position DESC`)} LIMIT ${intLiteral(MAX_SEARCHED)}
        ) newest CROSS JOIN ${notifications} n ON n.id = newest.id
        WINDOW texts AS (ROWS UNBOUNDED PRECEDING)
      ),
      hits AS MATERIALIZED (
        SELECT found_id FROM to_search CROSS JOIN ${notifications} n ON n.id = found_id
        WHERE bytes - size < ${maxBytes} AND ${hasPhrase(filter.text)}
      ),
      progress AS MATERIALIZED (
        SELECT (SELECT count(*) FROM hits) AS found, at AS last_at, found_id AS last_id,
          max(number) = ${intLiteral(MAX_SEARCHED)} OR bytes >= ${maxBytes} AS has_more
        FROM to_search WHERE bytes - size < ${maxBytes}
      ),
      page AS MATERIALIZED (SELECT found_id FROM hits LIMIT ${intLiteral(limit + 1)} OFFSET ${offset})
      SELECT * FROM progress LEFT JOIN page ON 1
    ) AS history`)
    .leftJoin(notifications, eq(notifications.id, sql`history.found_id`))
}

type SearchRow = Awaited<ReturnType<typeof selectHistorySearchPage>>[number]

/** The progress, and the results, newest first. */
export function toHistoryResults(rows: SearchRow[]): [SearchProgress, HistoryRow[]] {
  const [first] = rows
  if (!first) throw new Error("a search without a row")
  const { found, hasMore, lastAt, lastId } = first
  const last = hasMore && lastAt !== null && lastId !== null ? { at: lastAt, id: lastId } : undefined
  const results = rows.filter((row): row is SearchRow & HistoryRow => row.id !== null)
  return [{ isComplete: false, found, last }, results.toSorted((a, b) => timeOf(b) - timeOf(a) || b.id - a.id)]
}

const timeOf = ({ sentAt, createdAt }: HistoryRow) => sentAt ?? createdAt

export const selectHistoryCount = (db: Db, history: History) =>
  db.select({ number: sql<number>`${boundedCount(history)}`.as("number") }).from(sql`(SELECT 1)`)

function boundedCount(history: History): SQL {
  const selects = bucketConditions(history).map((condition) => sql`SELECT 1 FROM ${notifications} WHERE ${condition}`)
  return sql`(SELECT count(*) FROM (${unionAll(selects)} LIMIT ${intLiteral(MAX_COUNT)}))`
}

/** One condition for each sorted select, by urgency and category. */
function bucketConditions({ orgId, filter }: History, after?: Cursor): SQL[] {
  const common = [
    ...(orgId === undefined ? [] : [sql`org_id = ${intLiteral(orgId)}`]),
    ...sortKeyConditions(sql`position`, filter, after),
  ]
  return bucketsOf({ ...filter, isRead: false }).map(({ urgent, category }) =>
    sql.join(
      [sql`urgent = ${intLiteral(Number(urgent))}`, sql`category = ${sql.raw(`'${category}'`)}`, ...common],
      sql` AND `,
    ),
  )
}
