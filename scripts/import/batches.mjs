/** A D1 parameter may hold 2 MB, and a statement 100 parameters. One JSON array per statement stays far below both. */
const STATEMENT_LIMITS = { rows: 1_000, bytes: 500_000 }
const BATCH_BYTES = 4_000_000

/** Splits rows into chunks of at most that many rows and bytes. A row above the byte limit gets a chunk of its own. */
function* chunks(rows, limits) {
  let chunk = []
  let bytes = 0
  for (const row of rows) {
    const size = Buffer.byteLength(row.json) + 1
    if (chunk.length > 0 && (chunk.length >= limits.rows || bytes + size > limits.bytes)) {
      yield chunk
      chunk = []
      bytes = 0
    }
    chunk.push(row)
    bytes += size
  }
  if (chunk.length > 0) yield chunk
}

const withJson = (rows) => rows.map((row) => ({ ...row, json: JSON.stringify(row.values) }))
const toParameter = (rows) => `[${rows.map(({ json }) => json).join(",")}]`

/** The rows from index `from` on, in batches of at most `batchSize` rows. */
export const batchesOf = (rows, { from, batchSize }) =>
  chunks(withJson(rows.slice(from)), { rows: batchSize, bytes: BATCH_BYTES })

/** Inserts the rows that do not exist yet, in one transaction. */
export const insertRows = (db, table, rows) =>
  db.batch(Array.from(chunks(rows, STATEMENT_LIMITS), (chunk) => db.prepare(table.insert).bind(toParameter(chunk))))

/** The rows that exist, as `[row, state]`. A row that exists twice is returned twice. */
export async function selectExisting(db, table, rows) {
  const parts = Array.from(chunks(rows, STATEMENT_LIMITS))
  const answers = await db.batch(parts.map((part) => db.prepare(table.select).bind(toParameter(part))))
  return answers.flatMap(({ results }, index) => results.map(({ i, state }) => [parts[index][i], state]))
}
