import type { Cursor } from "./cursor"

export type Page = { page: number; limit: number; after?: Cursor | undefined }

/** One page, and what there is besides. `isLowerBound`: there may be more than `total`. */
export type ListPage<Row> = { rows: Row[]; total: number; isLowerBound: boolean; next: Cursor | undefined }

/** As many as are counted where no counter knows. */
export const MAX_COUNT = 1_000

/** What was found, without the one row more that tells of a next page; then `last` is the one it begins after. */
export function takePage<Row>(found: Row[], limit: number): { rows: Row[]; last: Row | undefined } {
  const rows = found.slice(0, limit)
  return { rows, last: found.length > limit ? rows.at(-1) : undefined }
}

type Positioned = { id: number; createdAt: number; sentAt: number | null }

/** The rows of a page, and where the next begins if one row more was found. */
export function toPageRows<Row extends Positioned>(found: Row[], { limit }: { limit: number }) {
  const { rows, last } = takePage(found, limit)
  return { rows, next: last && { at: last.sentAt ?? last.createdAt, id: last.id } }
}
