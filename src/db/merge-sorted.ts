import { type SQL, sql } from "drizzle-orm"

/** The limit of D1 for one compound select. */
const MAX_COMPOUND_TERMS = 5

/**
 * Merges selects that an index already sorts, without a sort: SQLite reads the rows that it skips and returns, and one
 * more of each select. Each select must be sorted by `order` and contain its columns.
 */
export function mergeSorted(selects: SQL[], order: SQL): SQL {
  if (selects.length <= MAX_COMPOUND_TERMS) return sql`${sql.join(selects, UNION_ALL)} ORDER BY ${order}`
  return mergeSorted(
    inGroups(selects).map((group) => sql`SELECT * FROM (${mergeSorted(group, order)})`),
    order,
  )
}

/** Concatenates selects, in no order. */
export function unionAll(selects: SQL[]): SQL {
  if (selects.length <= MAX_COMPOUND_TERMS) return sql.join(selects, UNION_ALL)
  return unionAll(inGroups(selects).map((group) => sql`SELECT * FROM (${unionAll(group)})`))
}

const UNION_ALL = sql` UNION ALL `

function inGroups(selects: SQL[]): SQL[][] {
  const size = Math.ceil(selects.length / MAX_COMPOUND_TERMS)
  return Array.from({ length: Math.ceil(selects.length / size) }, (_, i) => selects.slice(i * size, (i + 1) * size))
}

/**
 * An integer as SQL text. A merged select would repeat a parameter in each part, and D1 binds at most 100; D1 also
 * binds numbers as floats, for which SQLite's division and shifts differ.
 */
export function intLiteral(number: number): SQL {
  if (!Number.isSafeInteger(number)) throw new Error("not an integer")
  return sql.raw(String(number))
}

/** The offset of a page among `total` rows. A page after the last counts as the last. */
export const clampedOffset = (total: SQL, { page, limit }: { page: number; limit: number }): SQL => sql`
  max(0, min(${intLiteral(page)}, (${total} + ${intLiteral(limit - 1)}) / ${intLiteral(limit)}) - 1) * ${intLiteral(limit)}`
