/** The place just after this notification, in the order of a page: newest first, and by id within a millisecond. */
export type Cursor = { at: number; id: number }

export const toCursor = ({ at, id }: Cursor) => `${at.toString(36)}.${id.toString(36)}`

/** The place that a cursor stands for; `undefined` if we did not make it. */
export function parseCursor(text: string): Cursor | undefined {
  const [at = "", id = "", ...rest] = text.split(".")
  const place = { at: Number.parseInt(at, 36), id: Number.parseInt(id, 36) }
  const isOurs = rest.length === 0 && Number.isSafeInteger(place.at) && Number.isSafeInteger(place.id)
  return isOurs && toCursor(place) === text ? place : undefined
}

/**
 * The one upper bound of a page: an index takes no second one, and would read whatever lies between them. A place
 * is exclusive, as a cursor is; the end of a time is the place before the next millisecond.
 */
export function earlierBound(after: Cursor | undefined, to: number | undefined): Cursor | undefined {
  if (to === undefined) return after
  return after && after.at <= to ? after : { at: to + 1, id: 0 }
}
