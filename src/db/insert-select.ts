import { getTableColumns, is, SQL, sql } from "drizzle-orm"
import type { SQLiteTable } from "drizzle-orm/sqlite-core"
import type { Db } from "./client"

/** A value or a SQL expression per column. A column that is left out gets its default, else NULL. */
type ColumnValues<Table extends SQLiteTable> = {
  [Column in keyof Table["$inferInsert"]]: Table["$inferInsert"][Column] | SQL
}

/**
 * `INSERT INTO table (…) SELECT … FROM …` with each value under the name of its column. Drizzle itself takes the
 * values of a SELECT in the order of the table's columns. Values are encoded as in `insert().values()`.
 */
export function insertSelect<Table extends SQLiteTable>(
  db: Db,
  table: Table,
  { values, from }: { values: ColumnValues<Table>; from: SQL },
) {
  const given: Record<string, unknown> = values
  const columns = Object.entries(getTableColumns(table)).filter(([, column]) => column.generated === undefined)
  const list = columns.map(([name, column]) => {
    const value = given[name] === undefined ? (column.default ?? null) : given[name]
    if (value === null) return sql`NULL`
    return is(value, SQL) ? value : sql`${sql.param(value, column)}`
  })
  return db.insert(table).select(sql`SELECT ${sql.join(list, sql`, `)} FROM ${from}`)
}
