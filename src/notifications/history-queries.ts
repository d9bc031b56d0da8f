import { eq, type SQL, sql } from "drizzle-orm"
import type { Db } from "../db/client"
import { clampedOffset, unionAll, mergeSorted, intLiteral } from "../db/merge-sorted"
import { notifications, orgUsers } from "../db/schema"
import type { Cursor } from "../inbox/cursor"
import { type Filter, bucketsOf } from "../inbox/filter"
import { NOTIFICATION_COLUMNS } from "../inbox/queries"
import { MAX_COUNT, type Page } from "../inbox/pagination"
import { sortKeyConditions } from "../inbox/sort-key"

/** With `orgId` undefined: of all organisations. */
type History = { orgId: number | undefined; filter: Filter }

/**
 * The address of the person who sent it, if they are or were a member of its organisation; with `showsAllSenders`, of
 * anybody. An admin must not learn of people elsewhere.
 */
function senderEmail({ showsAllSenders }: { showsAllSenders: boolean }) {
  const userId = sql`substr(${notifications}.created_by, 8)`
  const inItsOrg = sql`
    SELECT u.email FROM ${orgUsers} u WHERE u.org_id = ${notifications}.org_id AND u.user_id = ${userId}`
  const anywhere = sql`
    SELECT u.email FROM ${orgUsers} u WHERE u.user_id = ${userId} AND u.removed_at IS NULL ORDER BY u.id LIMIT 1`
  return sql<string | null>`CASE WHEN ${notifications}.created_by GLOB 'person:*' THEN
    ${showsAllSenders ? sql`coalesce((${inItsOrg}), (${anywhere}))` : sql`(${inItsOrg})`} END`
}

/** One page, newest first. The extra row after `limit` says that there is a next page. */
export function selectHistoryPage(
  db: Db,
  { orgId, filter, page, limit, after, showsAllSenders }: History & Page & { showsAllSenders: boolean },
) {
  const selects = bucketConditions({ orgId, filter }, after).map(
    (condition) => sql`SELECT id, position FROM ${notifications} WHERE ${condition}`,
  )
  const offset = after ? sql`0` : clampedOffset(boundedCount({ orgId, filter }), { page, limit })
  return db
    .select({
      ...NOTIFICATION_COLUMNS,
      createdBy: notifications.createdBy,
      senderEmail: senderEmail({ showsAllSenders }).as("sender_email"),
    })
    .from(sql`(${mergeSorted(selects, sql`position DESC`)} LIMIT ${intLiteral(limit + 1)} OFFSET ${offset}) AS history`)
    .innerJoin(notifications, eq(notifications.id, sql`history.id`))
    .orderBy(sql`history.position DESC`)
}

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
