import { eq, type SQL, sql } from "drizzle-orm"
import type { Db } from "../db/client"
import { clampedOffset, unionAll, mergeSorted, intLiteral } from "../db/merge-sorted"
import { notifications } from "../db/schema"
import type { Cursor } from "../inbox/cursor"
import { type Filter, bucketsOf } from "../inbox/filter"
import { NOTIFICATION_COLUMNS } from "../inbox/queries"
import { MAX_COUNT, type Page } from "../inbox/pagination"
import { sortKeyConditions } from "../inbox/sort-key"

/** Of one organisation, or of all. */
type History = { orgId: number | undefined; filter: Filter }

/** One page of what was sent and what is scheduled, newest first, and one row more if there is a next. */
export function selectHistoryPage(db: Db, { orgId, filter, page, limit, after }: History & Page) {
  const runs = bucketConditions({ orgId, filter }, after).map(
    (run) => sql`SELECT id, position FROM ${notifications} WHERE ${run}`,
  )
  const offset = after ? sql`0` : clampedOffset(boundedCount({ orgId, filter }), { page, limit })
  return db
    .select(NOTIFICATION_COLUMNS)
    .from(sql`(${mergeSorted(runs, sql`position DESC`)} LIMIT ${intLiteral(limit + 1)} OFFSET ${offset}) AS told`)
    .innerJoin(notifications, eq(notifications.id, sql`told.id`))
    .orderBy(sql`told.position DESC`)
}

export const selectHistoryCount = (db: Db, history: History) =>
  db.select({ number: sql<number>`${boundedCount(history)}`.as("number") }).from(sql`(SELECT 1)`)

function boundedCount(history: History): SQL {
  const runs = bucketConditions(history).map((run) => sql`SELECT 1 FROM ${notifications} WHERE ${run}`)
  return sql`(SELECT count(*) FROM (${unionAll(runs)} LIMIT ${intLiteral(MAX_COUNT)}))`
}

/** One sorted run per urgency and category. */
function bucketConditions({ orgId, filter }: History, after?: Cursor): SQL[] {
  const narrowed = [
    ...(orgId === undefined ? [] : [sql`org_id = ${intLiteral(orgId)}`]),
    ...sortKeyConditions(sql`position`, filter, after),
  ]
  return bucketsOf({ ...filter, isRead: false }).map(({ urgent, category }) =>
    sql.join(
      [sql`urgent = ${intLiteral(Number(urgent))}`, sql`category = ${sql.raw(`'${category}'`)}`, ...narrowed],
      sql` AND `,
    ),
  )
}
