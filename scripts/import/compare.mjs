import { batchesOf, selectExisting } from "./batches.mjs"
import { hasSameState } from "./load.mjs"
import { TABLES } from "./tables.mjs"

const BATCH_SIZE = 5_000

/**
 * Reads every row of the dump again from the database and counts: `{label, dump, same, newer}` per table and state.
 * `newer` counts rows that differ because this service changed them, or because they existed before the import.
 * `same + newer` is below `dump` if a row is missing or wrong, and above it if a row exists twice.
 */
export async function compareWithDump(db, { rows, outcome, progress }) {
  const counts = []
  const total = Object.values(rows).reduce((sum, { length }) => sum + length, 0)
  let done = 0
  for (const { labels, ...table } of TABLES) {
    const byState = new Map(Object.entries(labels).map(([state, label]) => [state, zeroCount(label)]))
    for (const batch of batchesOf(rows[table.name], { from: 0, batchSize: BATCH_SIZE })) {
      for (const row of batch) byState.get(row.state).dump += 1
      for (const [row, state] of await selectExisting(db, table, batch)) {
        const count = byState.get(row.state)
        if (hasSameState(row, state)) count.same += 1
        else if (state.endsWith(" here")) count.newer += 1
        else count.unexplained += 1
      }
      done += batch.length
      progress.update("comparing", done, total)
    }
    for (const [state, { unexplained, ...count }] of byState) {
      const different = outcome.different[`${table.name} ${state}`] ?? 0
      counts.push({ ...count, newer: count.newer + Math.min(unexplained, different) })
    }
  }
  progress.end()
  return counts
}

const zeroCount = (label) => ({ label, dump: 0, same: 0, newer: 0, unexplained: 0 })
