import type { Cursor } from "./cursor"

export type Page = { page: number; limit: number; after?: Cursor | undefined }

/** One page, and what there is besides. `isLowerBound`: there may be more than `total`. */
export type Listed<Row> = { rows: Row[]; total: number; isLowerBound: boolean; next: Cursor | undefined }

/** As many as are counted where no counter knows. */
export const COUNTED_UP_TO = 1_000

type Placed = { id: number; createdAt: number; sentAt: number | null }

/** The rows of a page, and where the next begins if one row more was found. */
export function pageOf<Row extends Placed>(rows: Row[], { limit }: { limit: number }) {
  const shown = rows.slice(0, limit)
  const last = rows.length > limit ? shown.at(-1) : undefined
  return { rows: shown, next: last && { at: last.sentAt ?? last.createdAt, id: last.id } }
}
