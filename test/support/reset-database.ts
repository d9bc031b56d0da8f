import { applyD1Migrations, reset, runInDurableObject } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { statementsOfCast } from "./people"

/** What the migrations leave behind: the schema, and the statements that bring a used database back to it. */
type Pristine = { schema: string; restore: D1PreparedStatement[] }

const SCHEMA = "SELECT group_concat(sql, char(10)) AS schema FROM (SELECT sql FROM sqlite_schema ORDER BY type, name)"

let pristine: Pristine | undefined

/**
 * Empties the database and gives it the cast, in one batch. A database without the tables of the migrations, or with
 * others, is built again.
 */
export async function resetDatabase(): Promise<void> {
  if (pristine && (await restored(pristine))) return
  pristine = await migrated()
  if (!(await restored(pristine))) throw new Error("the database cannot be emptied")
}

async function restored({ schema, restore }: Pristine): Promise<boolean> {
  try {
    const results = await env.DB.batch<{ schema?: string }>([...restore, ...statementsOfCast(), env.DB.prepare(SCHEMA)])
    return results.at(-1)?.results[0]?.schema === schema
  } catch (error) {
    if (/no such table/.test(String(error))) return false
    throw error
  }
}

/** On a busy machine this version of the pool's `reset` now and then leaves the database as it was. */
async function migrated(): Promise<Pristine> {
  for (let tries = 0; (await schemaNow()) !== null; tries++) {
    if (tries === 10) throw new Error("the database cannot be reset")
    await reset()
  }
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS)
  return { schema: String(await schemaNow()), restore: await resetStatements() }
}

const schemaNow = () => env.DB.prepare(SCHEMA).first<string>("schema")

/**
 * Tables with triggers come first, since a trigger may write into the others. Foreign keys are checked at the end of
 * the batch. `sqlite_sequence` goes too: ids start from 1 in each test.
 */
async function resetStatements(): Promise<D1PreparedStatement[]> {
  const { results: tables } = await env.DB.prepare(
    `SELECT name, sql LIKE '%USING fts5%' AS isTextIndex FROM sqlite_schema t
     WHERE type = 'table' AND name NOT IN ('d1_migrations', '_cf_METADATA') AND name NOT GLOB 'sqlite_*'
       AND NOT EXISTS (SELECT 1 FROM sqlite_schema v WHERE v.sql LIKE '%USING fts5%' AND t.name GLOB v.name || '_*')
     ORDER BY EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = t.name) DESC, isTextIndex`,
  ).all<{ name: string; isTextIndex: number }>()
  const sql = tables.map(({ name, isTextIndex }) =>
    isTextIndex ? `INSERT INTO ${name} (${name}) VALUES ('delete-all')` : `DELETE FROM ${name}`,
  )
  const inserts = await Promise.all(tables.filter((t) => !t.isTextIndex).map(({ name }) => insertsForRowsOf(name)))
  return [
    ...["PRAGMA defer_foreign_keys = on", ...sql, "DELETE FROM sqlite_sequence"].map((s) => env.DB.prepare(s)),
    ...inserts.flat(),
  ]
}

/** The rows that the migrations themselves wrote. */
async function insertsForRowsOf(table: string): Promise<D1PreparedStatement[]> {
  const { results } = await env.DB.prepare(`SELECT * FROM ${table}`).all()
  return results.map((row) => {
    const columns = Object.keys(row)
    const sql = `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`
    return env.DB.prepare(sql).bind(...Object.values(row))
  })
}

const bar = env.URGENT_BAR.getByName.bind(env.URGENT_BAR)
/** Names of the bars that the running test has reached. */
const usedBars = new Set<string>()
let testNumber = 0

env.URGENT_BAR.getByName = (name, options) => {
  const ownName = `${name} of test ${testNumber}`
  usedBars.add(ownName)
  return bar(ownName, options)
}

/**
 * Gives the next test bars that nobody has used. To empty an object and evict it costs more, and waits in vain for
 * sockets that a test left open. An alarm that stayed would ask the database of a later test.
 */
export async function renewBars(): Promise<void> {
  const names = [...usedBars]
  usedBars.clear()
  testNumber++
  await Promise.all(names.map((name) => runInDurableObject(bar(name), (_, { storage }) => storage.deleteAlarm())))
}
