import { CATEGORIES, type Category } from "../domain/categories"

/** Which notifications somebody wants to see; what is left out does not narrow. Times are inclusive. */
export type Filter = {
  categories?: Category[] | undefined
  urgent?: true | undefined
  isRead?: boolean | undefined
  from?: number | undefined
  to?: number | undefined
  /** Somewhere in the message or its author. */
  text?: string | undefined
}

/** One of the sorted runs that an inbox consists of. */
export type InboxBucket = { category: Category; urgent: boolean; isRead: boolean }

/** The kinds that a filter lets through. */
export function bucketsOf({ categories = [...CATEGORIES], urgent, isRead }: Filter): InboxBucket[] {
  const urgencies = urgent ? [true] : [true, false]
  const readings = isRead === undefined ? [false, true] : [isRead]
  return readings.flatMap((read) =>
    urgencies.flatMap((isUrgent) => categories.map((category) => ({ category, urgent: isUrgent, isRead: read }))),
  )
}

/** How a kind is called in `inbox_counters.kinds`. */
export const bucketKey = ({ category, urgent, isRead }: InboxBucket) =>
  `${category}:${Number(urgent)}:${Number(isRead)}`

/** How many an inbox with these counters has of these kinds. */
export const countBuckets = (counters: Record<string, number>, kinds: InboxBucket[]) =>
  kinds.reduce((sum, kind) => sum + (counters[bucketKey(kind)] ?? 0), 0)

/** Whether the counters of an inbox cannot tell how many there are. */
export const needsCount = ({ from, to, text }: Filter) => from !== undefined || to !== undefined || text !== undefined
