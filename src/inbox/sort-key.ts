import { type SQL, sql } from "drizzle-orm"
import { intLiteral } from "../db/merge-sorted"
import { type Cursor, earlierBound } from "./cursor"
import type { Filter } from "./filter"

// Of time and id, as the column `notifications.position` puts them together.

export const ID_BITS = 20
export const ID_MASK = 2 ** ID_BITS - 1
/** Sixty-three bits hold no later time. */
const MAX_TIME = 2 ** 42

const sortKeyExpression = ({ at, id }: Cursor): SQL => {
  const time = Math.min(Math.max(at, 0), MAX_TIME)
  return sql`((${intLiteral(time)} << ${intLiteral(ID_BITS)}) | ${intLiteral(id % (ID_MASK + 1))})`
}

/** What lies between dates and before a cursor: conditions on this column. */
export function sortKeyConditions(column: SQL, { from, to }: Filter, after?: Cursor): SQL[] {
  const until = earlierBound(after, to)
  return [
    ...(from === undefined ? [] : [sql`${column} >= ${sortKeyExpression({ at: from, id: 0 })}`]),
    ...(until === undefined ? [] : [sql`${column} < ${sortKeyExpression(until)}`]),
  ]
}
