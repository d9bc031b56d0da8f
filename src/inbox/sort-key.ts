import { type SQL, sql } from "drizzle-orm"
import { whole } from "../db/merge-sorted"
import { type Cursor, lowerOf } from "./cursor"
import type { Filter } from "./filter"

// Of time and id, as the column `notifications.position` puts them together.

export const ID_BITS = 20
export const ID_MASK = 2 ** ID_BITS - 1
/** Sixty-three bits hold no later time. */
const LATEST = 2 ** 42

const positionOf = ({ at, id }: Cursor): SQL => {
  const time = Math.min(Math.max(at, 0), LATEST)
  return sql`((${whole(time)} << ${whole(ID_BITS)}) | ${whole(id % (ID_MASK + 1))})`
}

/** What lies between dates and before a cursor: conditions on this column. */
export function placedBetween(column: SQL, { from, to }: Filter, after?: Cursor): SQL[] {
  const until = lowerOf(after, to)
  return [
    ...(from === undefined ? [] : [sql`${column} >= ${positionOf({ at: from, id: 0 })}`]),
    ...(until === undefined ? [] : [sql`${column} < ${positionOf(until)}`]),
  ]
}
