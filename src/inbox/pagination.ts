import type { Cursor } from "./cursor"

export type Page = { page: number; limit: number; after?: Cursor | undefined }

/** `total` is the size of the whole list. With `isLowerBound` the list may be longer. */
export type ListPage<Row> = { rows: Row[]; total: number; isLowerBound: boolean; next: Cursor | undefined }

/** Where no counter exists, rows are counted up to this number. */
export const MAX_COUNT = 1_000

/** Takes `limit + 1` rows. If the extra row is there, a next page exists, and it starts after `last`. */
export function takePage<Row>(found: Row[], limit: number): { rows: Row[]; last: Row | undefined } {
  const rows = found.slice(0, limit)
  return { rows, last: found.length > limit ? rows.at(-1) : undefined }
}

export type SortedRow = { id: number; createdAt: number; sentAt: number | null }

/** The rows of a page and the cursor of the next, from `limit + 1` rows. */
export function toPageRows<Row extends SortedRow>(found: Row[], { limit }: { limit: number }) {
  const { rows, last } = takePage(found, limit)
  return { rows, next: last && { at: last.sentAt ?? last.createdAt, id: last.id } }
}
