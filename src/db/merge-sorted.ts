import { type SQL, sql } from "drizzle-orm"

/** What D1 takes in one compound select. */
const MAX_COMPOUND_TERMS = 5

/**
 * Merges selects of which each comes sorted out of an index, without sorting anything: SQLite reads no more rows
 * than it skips and shows, and one ahead of each. Each must select the columns of `order`, newest first.
 */
export function mergeSorted(runs: SQL[], order: SQL): SQL {
  if (runs.length <= MAX_COMPOUND_TERMS) return sql`${sql.join(runs, UNION_ALL)} ORDER BY ${order}`
  return mergeSorted(
    inGroups(runs).map((group) => sql`SELECT * FROM (${mergeSorted(group, order)})`),
    order,
  )
}

/** The same in no order: one select after the other. */
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
 * A whole number as text of the statement. D1 takes a hundred parameters, and what is merged repeats its own in
 * every run; and it binds numbers as floats, with which SQLite neither shifts nor divides as with integers.
 */
export function intLiteral(number: number): SQL {
  if (!Number.isSafeInteger(number)) throw new Error("not a whole number")
  return sql.raw(String(number))
}

/** A page beyond the last is the last: where it begins, among as many as `size` says. */
export const clampedOffset = (size: SQL, { page, limit }: { page: number; limit: number }): SQL => sql`
  max(0, min(${intLiteral(page)}, (${size} + ${intLiteral(limit - 1)}) / ${intLiteral(limit)}) - 1) * ${intLiteral(limit)}`
