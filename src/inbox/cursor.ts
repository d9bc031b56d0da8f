/** The position after this notification. A list is ordered by time, newest first, and by id within a millisecond. */
export type Cursor = { at: number; id: number }

export const toCursor = ({ at, id }: Cursor) => `${at.toString(36)}.${id.toString(36)}`

/** The position that a cursor stands for; `undefined` for any text that `toCursor` does not make. */
export function parseCursor(text: string): Cursor | undefined {
  const [at = "", id = "", ...rest] = text.split(".")
  const cursor = { at: Number.parseInt(at, 36), id: Number.parseInt(id, 36) }
  const isValid = rest.length === 0 && Number.isSafeInteger(cursor.at) && Number.isSafeInteger(cursor.id)
  return isValid && toCursor(cursor) === text ? cursor : undefined
}

/**
 * The earlier of a cursor and the end of a date range, since SQLite uses one upper bound of an index only and would
 * read all rows between two. A cursor is exclusive; `to` is inclusive, so it becomes the start of the next millisecond.
 */
export function earlierBound(after: Cursor | undefined, to: number | undefined): Cursor | undefined {
  if (to === undefined) return after
  return after && after.at <= to ? after : { at: to + 1, id: 0 }
}
