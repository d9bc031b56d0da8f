/**
 * The position after this notification. A list is ordered by time, newest first, and by id within a millisecond. In a
 * search, `seen` is the number of results up to there.
 */
export type Cursor = { at: number; id: number; seen?: number }

export const toCursor = ({ at, id, seen }: Cursor) =>
  [at, id, ...(seen === undefined ? [] : [seen])].map((part) => part.toString(36)).join(".")

const MAX_SEEN = 2 ** 31

/** The position that a cursor stands for; `undefined` for any text that `toCursor` does not make. */
export function parseCursor(text: string): Cursor | undefined {
  const [at = Number.NaN, id = Number.NaN, seen] = text.split(".").map((part) => Number.parseInt(part, 36))
  const cursor = { at, id, ...(seen !== undefined && { seen }) }
  const isValid = Number.isSafeInteger(at) && Number.isSafeInteger(id) && isCount(seen ?? 0)
  return isValid && toCursor(cursor) === text ? cursor : undefined
}

const isCount = (number: number) => Number.isInteger(number) && number >= 0 && number <= MAX_SEEN

/**
 * The earlier of a cursor and the end of a date range, since SQLite uses one upper bound of an index only and would
 * read all rows between two. A cursor is exclusive; `to` is inclusive, so it becomes the start of the next millisecond.
 */
export function earlierBound(after: Cursor | undefined, to: number | undefined): Cursor | undefined {
  if (to === undefined) return after
  return after && after.at <= to ? after : { at: to + 1, id: 0 }
}
