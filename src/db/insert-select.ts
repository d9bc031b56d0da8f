import { getTableColumns, type SQL, sql } from "drizzle-orm"
import type { SQLiteTable } from "drizzle-orm/sqlite-core"
import type { Db } from "./client"

/** One value or one SQL expression for each column. A column that is left out gets its default, else NULL. */
type ColumnValues<Table extends SQLiteTable> = {
  [Column in keyof Table["$inferInsert"]]: Table["$inferInsert"][Column] | SQL
}

/**
 * `INSERT INTO table (…) SELECT … FROM …` with each value under the name of its column. Drizzle itself takes the
 * values of a SELECT in the order of the table's columns.
 */
export function insertSelect<Table extends SQLiteTable>(
  db: Db,
  table: Table,
  { values, from }: { values: ColumnValues<Table>; from: SQL },
) {
  const given: Record<string, unknown> = values
  const list = Object.entries(getTableColumns(table)).map(([name, column]) => {
    const value = given[name] ?? column.default ?? null
    return value === null ? sql`NULL` : sql`${value}`
  })
  return db.insert(table).select(sql`SELECT ${sql.join(list, sql`, `)} FROM ${from}`)
}
