import { type Column, type SQL, sql } from "drizzle-orm"

/**
 * `column IN (…)` with the values as one JSON parameter, since D1 binds at most 100 parameters. SQLite reads one row
 * for each value.
 */
export const inList = (column: Column | SQL, values: readonly (string | number)[]): SQL =>
  sql`${column} IN (SELECT value FROM json_each(${JSON.stringify(values)}))`

/** `column NOT IN (…)`, in the same form. */
export const notInList = (column: Column | SQL, values: readonly (string | number)[]): SQL =>
  sql`${column} NOT IN (SELECT value FROM json_each(${JSON.stringify(values)}))`
