import { eq, type SQL, sql } from "drizzle-orm"
import type { Db } from "../db/client"
import { clampedOffset, concatenated, merged, whole } from "../db/merge-sorted"
import { notifications } from "../db/schema"
import type { Cursor } from "../inbox/cursor"
import { type Filter, kindsOf } from "../inbox/filter"
import { NOTIFICATION } from "../inbox/queries"
import { COUNTED_UP_TO, type Page } from "../inbox/pagination"
import { placedBetween } from "../inbox/sort-key"

/** Of one organisation, or of all. */
type History = { orgId: number | undefined; filter: Filter }

/** One page of what was sent and what is scheduled, newest first, and one row more if there is a next. */
export function historyPage(db: Db, { orgId, filter, page, limit, after }: History & Page) {
  const runs = runsOf({ orgId, filter }, after).map(
    (run) => sql`SELECT id, position FROM ${notifications} WHERE ${run}`,
  )
  const offset = after ? sql`0` : clampedOffset(boundedSize({ orgId, filter }), { page, limit })
  return db
    .select(NOTIFICATION)
    .from(sql`(${merged(runs, sql`position DESC`)} LIMIT ${whole(limit + 1)} OFFSET ${offset}) AS told`)
    .innerJoin(notifications, eq(notifications.id, sql`told.id`))
    .orderBy(sql`told.position DESC`)
}

export const countHistory = (db: Db, history: History) =>
  db.select({ number: sql<number>`${boundedSize(history)}`.as("number") }).from(sql`(SELECT 1)`)

function boundedSize(history: History): SQL {
  const runs = runsOf(history).map((run) => sql`SELECT 1 FROM ${notifications} WHERE ${run}`)
  return sql`(SELECT count(*) FROM (${concatenated(runs)} LIMIT ${whole(COUNTED_UP_TO)}))`
}

/** One sorted run per urgency and category. */
function runsOf({ orgId, filter }: History, after?: Cursor): SQL[] {
  const narrowed = [
    ...(orgId === undefined ? [] : [sql`org_id = ${whole(orgId)}`]),
    ...placedBetween(sql`position`, filter, after),
  ]
  return kindsOf({ ...filter, isRead: false }).map(({ urgent, category }) =>
    sql.join(
      [sql`urgent = ${whole(Number(urgent))}`, sql`category = ${sql.raw(`'${category}'`)}`, ...narrowed],
      sql` AND `,
    ),
  )
}
