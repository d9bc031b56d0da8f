/**
 * The position after this notification. A list is ordered by time, newest first, and by id within a millisecond. `seen`
 * is the number of matches before the position, in a search, which knows no other total.
 */
export type Cursor = { at: number; id: number; seen?: number }

export const toCursor = ({ at, id, seen }: Cursor) =>
  [at, id, ...(seen ? [seen] : [])].map((part) => part.toString(36)).join(".")

/** The position that a cursor stands for; `undefined` for any text that `toCursor` does not make. */
export function parseCursor(text: string): Cursor | undefined {
  const [at = Number.NaN, id = Number.NaN, seen = 0, ...rest] = text.split(".").map((part) => Number.parseInt(part, 36))
  if (rest.length > 0 || ![at, id, seen].every(Number.isSafeInteger) || seen < 0) return undefined
  const cursor: Cursor = { at, id, ...(seen > 0 && { seen }) }
  return toCursor(cursor) === text ? cursor : undefined
}

/**
 * The earlier of a cursor and the end of a date range, since SQLite uses one upper bound of an index only and would
 * read all rows between two. A cursor is exclusive; `to` is inclusive, so it becomes the start of the next millisecond.
 */
export function earlierBound(after: Cursor | undefined, to: number | undefined): Cursor | undefined {
  if (to === undefined) return after
  return after && after.at <= to ? after : { at: to + 1, id: 0 }
}
