import { env } from "cloudflare:workers"
import { getTableColumns, getTableName, is } from "drizzle-orm"
import { SQLiteTable } from "drizzle-orm/sqlite-core"
import { describe, expect, it } from "vitest"
import schemaFile from "../../migrations/schema.sql?raw"
import { formatSchema, SCHEMA_QUERY } from "../../scripts/schema/format.mjs"
import * as schema from "../../src/db/schema"

const TABLES = Object.values<unknown>(schema)
  .filter((value) => is(value, SQLiteTable))
  .map((table) => [getTableName(table), table] as const)

const camelCase = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())

describe("src/db/schema.ts", () => {
  it.each(TABLES)("has the columns of %s that the migrations leave", async (name, table) => {
    const { results } = await env.DB.prepare(`PRAGMA table_info(${name})`).all<{
      name: string
      notnull: number
      pk: number
    }>()
    // A key column of a table WITHOUT ROWID, and an INTEGER PRIMARY KEY, are never null, even without NOT NULL.
    const inDatabase = results.map((column) => ({ name: column.name, notNull: column.notnull === 1 || column.pk > 0 }))
    const keys = new Set(results.filter((column) => column.pk > 0).map((column) => column.name))
    const inSchema = Object.values(getTableColumns(table)).map((column) => ({
      name: column.name,
      notNull: column.notNull || keys.has(column.name),
    }))
    expect(inSchema).toEqual(inDatabase)
  })

  it.each(TABLES)("names the columns of %s as the database does, in camel case", (_, table) => {
    for (const [property, column] of Object.entries(getTableColumns(table))) {
      // Django's name for the column, which Dalgo's database keeps.
      const name = column.name === "orguser_id" ? "org_user_id" : column.name
      expect(property).toBe(camelCase(name))
    }
  })

  it.each(Object.entries(schema).filter(([, value]) => is(value, SQLiteTable)))(
    "names the table %s as the database does",
    (name, table) => {
      expect(name).toBe(camelCase(getTableName(table as SQLiteTable)))
    },
  )
})

describe("migrations/schema.sql", () => {
  /** wrangler removes the comments of migrations that `readD1Migrations` reads. */
  const withoutComments = (sql: string) => sql.replaceAll(/ *(--.*)?$/gm, "").trim()

  it("is up to date (`npm run schema` writes it)", async () => {
    const { results } = await env.DB.prepare(SCHEMA_QUERY).all<{ type: string; sql: string }>()
    expect(withoutComments(schemaFile)).toBe(withoutComments(formatSchema(results)))
  })

  it("is no migration", () => {
    expect(env.TEST_MIGRATIONS.map(({ name }) => name)).not.toContain("schema.sql")
  })

  it("changes nothing where a tool runs it after the migrations", async () => {
    const before = await env.DB.prepare(SCHEMA_QUERY).all()
    const statements = withoutComments(schemaFile).split(/;\n\n/)
    await env.DB.batch(statements.map((statement) => env.DB.prepare(statement)))
    const after = await env.DB.prepare(SCHEMA_QUERY).all()
    expect(after.results).toEqual(before.results)
  })
})
