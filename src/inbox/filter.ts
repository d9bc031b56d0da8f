import { CATEGORIES, type Category } from "../domain/categories"

/** Selects notifications. A field that is left out selects all. Times are milliseconds since 1970, inclusive. */
export type Filter = {
  categories?: Category[] | undefined
  urgent?: true | undefined
  isRead?: boolean | undefined
  from?: number | undefined
  to?: number | undefined
  /** A part of the message or of the author, in upper or lower case. */
  text?: string | undefined
}

/** A part of an inbox that an index keeps sorted by time, and that has a counter. */
export type InboxBucket = { category: Category; urgent: boolean; isRead: boolean }

/** The buckets that a filter selects. */
export function bucketsOf({ categories = [...CATEGORIES], urgent, isRead }: Filter): InboxBucket[] {
  const urgencies = urgent ? [true] : [true, false]
  const readStates = isRead === undefined ? [false, true] : [isRead]
  return readStates.flatMap((read) =>
    urgencies.flatMap((isUrgent) => categories.map((category) => ({ category, urgent: isUrgent, isRead: read }))),
  )
}

/** The key of a bucket in `inbox_counters.kinds`. */
export const bucketKey = ({ category, urgent, isRead }: InboxBucket) =>
  `${category}:${Number(urgent)}:${Number(isRead)}`

/** The number of notifications in these buckets, by the counters of one inbox. */
export const countBuckets = (counters: Record<string, number>, buckets: InboxBucket[]) =>
  buckets.reduce((sum, bucket) => sum + (counters[bucketKey(bucket)] ?? 0), 0)

/** Whether rows must be counted, because the counters do not know dates and texts. */
export const needsCount = ({ from, to, text }: Filter) => from !== undefined || to !== undefined || text !== undefined
