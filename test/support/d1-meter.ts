/** The use of a database. D1 charges for the rows, as SQLite counts them. */
export type Spent = { roundTrips: number; statements: number; rowsRead: number; rowsWritten: number }

/**
 * The same database with a meter, for `{ ...env, DB: db }`. Two columns with one name become one column in a result, as
 * in every `batch` of drizzle; db/schema.ts avoids that.
 */
export function metered(database: D1Database): { db: D1Database; spent: Spent } {
  const spent: Spent = { roundTrips: 0, statements: 0, rowsRead: 0, rowsWritten: 0 }
  const originals = new WeakMap<D1PreparedStatement, D1PreparedStatement>()

  const count = <T>(results: D1Result<T>[]) => {
    for (const { meta } of results) {
      spent.statements += 1
      spent.rowsRead += meta.rows_read
      spent.rowsWritten += meta.rows_written
    }
    return results
  }

  const batch = async <T>(statements: D1PreparedStatement[]) => {
    spent.roundTrips += 1
    return count(await database.batch<T>(statements.map((statement) => originals.get(statement) ?? statement)))
  }

  const withMeter = (original: D1PreparedStatement): D1PreparedStatement => {
    const all = async () => {
      spent.roundTrips += 1
      const result = await original.all()
      count([result])
      return result
    }
    const statement = asStatement({
      bind: (...values: unknown[]) => withMeter(original.bind(...values)),
      all,
      run: all,
      raw: async () => (await all()).results.map((row) => Object.values(row)),
      first: async (column?: string) => {
        const [row] = (await all()).results
        return column === undefined ? (row ?? null) : (row?.[column] ?? null)
      },
    })
    originals.set(statement, original)
    return statement
  }

  const db = new Proxy(database, {
    get: (target, name) => {
      if (name === "prepare") return (sql: string) => withMeter(target.prepare(sql))
      if (name === "batch") return batch
      const value: unknown = Reflect.get(target, name)
      return typeof value === "function" ? value.bind(target) : value
    },
  })
  return { db, spent }
}

/** The object has all methods that drizzle and our code call. The overloads of the type cannot be written as an object. */
const asStatement = (methods: object) => methods as D1PreparedStatement
