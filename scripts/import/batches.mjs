/** One parameter of D1 may hold 2 MB, and a statement 100 of them: one JSON array each keeps far from both. */
const STATEMENT = { rows: 1_000, bytes: 500_000 }
const BATCH_BYTES = 4_000_000

/** Cuts rows into pieces of at most so many rows and bytes; a row that is larger by itself is a piece by itself. */
function* cut(rows, most) {
  let piece = []
  let bytes = 0
  for (const row of rows) {
    const size = Buffer.byteLength(row.json) + 1
    if (piece.length > 0 && (piece.length >= most.rows || bytes + size > most.bytes)) {
      yield piece
      piece = []
      bytes = 0
    }
    piece.push(row)
    bytes += size
  }
  if (piece.length > 0) yield piece
}

const withJson = (rows) => rows.map((row) => ({ ...row, json: JSON.stringify(row.values) }))
const parameterOf = (rows) => `[${rows.map(({ json }) => json).join(",")}]`

/** The rows from `from` on, in batches of at most `batch`. */
export const batchesOf = (rows, { from, batch }) => cut(withJson(rows.slice(from)), { rows: batch, bytes: BATCH_BYTES })

/** One transaction that writes these rows, unless they are there. */
export const write = (db, table, rows) =>
  db.batch(Array.from(cut(rows, STATEMENT), (piece) => db.prepare(table.write).bind(parameterOf(piece))))

/** Which of these rows are there: `[row, state]` each, and twice where it is there twice. */
export async function look(db, table, rows) {
  const pieces = Array.from(cut(rows, STATEMENT))
  const answers = await db.batch(pieces.map((piece) => db.prepare(table.look).bind(parameterOf(piece))))
  return answers.flatMap(({ results }, index) => results.map(({ i, state }) => [pieces[index][i], state]))
}
