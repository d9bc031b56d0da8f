import { type SQL, sql } from "drizzle-orm"
import { intLiteral } from "../db/merge-sorted"
import { type Cursor, earlierBound } from "./cursor"
import type { Filter } from "./filter"

// The sort key of a notification is one integer: the time, shifted by 20 bits, and the low 20 bits of the id. It is
// the column `notifications.position`.

const ID_BITS = 20
const ID_MASK = 2 ** ID_BITS - 1
/** A SQLite integer has 63 bits and a sign. */
const MAX_TIME = 2 ** 42

/** The lowest sort key of this time. */
export const firstSortKey = (at: number): SQL => sql`(${intLiteral(at)} << ${intLiteral(ID_BITS)})`

const sortKeyOf = ({ at, id }: Cursor): SQL => {
  const time = Math.min(Math.max(at, 0), MAX_TIME)
  return sql`(${firstSortKey(time)} | ${intLiteral(id % (ID_MASK + 1))})`
}

/** Conditions on a column of sort keys: between the dates of the filter, and after the cursor. */
export function sortKeyConditions(column: SQL, { from, to }: Filter, after?: Cursor): SQL[] {
  const before = earlierBound(after, to)
  return [
    ...(from === undefined ? [] : [sql`${column} >= ${sortKeyOf({ at: from, id: 0 })}`]),
    ...(before === undefined ? [] : [sql`${column} < ${sortKeyOf(before)}`]),
  ]
}
