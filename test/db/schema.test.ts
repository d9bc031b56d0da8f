import { env } from "cloudflare:workers"
import { getTableColumns, getTableName, is } from "drizzle-orm"
import { SQLiteTable } from "drizzle-orm/sqlite-core"
import { expect, it } from "vitest"
import * as schema from "../../src/db/schema"

const tables = Object.values<unknown>(schema).filter((value) => is(value, SQLiteTable))

it.each(tables.map((table) => [getTableName(table), table] as const))(
  "knows %s as the migrations left it",
  async (name, table) => {
    const { results } = await env.DB.prepare(`PRAGMA table_info(${name})`).all<{
      name: string
      notnull: number
      pk: number
    }>()
    // In a table WITHOUT ROWID and for an INTEGER PRIMARY KEY, a key is never null whether it says so or not.
    const inDatabase = results.map((column) => ({ name: column.name, notNull: column.notnull === 1 || column.pk > 0 }))
    const keys = new Set(results.filter((column) => column.pk > 0).map((column) => column.name))
    const inSchema = Object.values(getTableColumns(table)).map((column) => ({
      name: column.name,
      notNull: column.notNull || keys.has(column.name),
    }))
    expect(inSchema).toEqual(inDatabase)
  },
)
