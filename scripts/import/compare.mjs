import { batchesOf, look } from "./batches.mjs"
import { TABLES } from "./tables.mjs"
import { isAs } from "./load.mjs"

const ROWS_PER_LOOK = 5_000

/**
 * Counts what arrived, by asking for every row anew: `{label, dump, same, newer}` per table and state. What differs
 * from the dump is `newer` only where the service changed it or the row was there before; so `same + newer` is less than
 * `dump` where a row is missing or wrong, and more where one is there twice.
 */
export async function compare(db, { rows, outcome, progress }) {
  const counts = []
  const total = Object.values(rows).reduce((sum, { length }) => sum + length, 0)
  let done = 0
  for (const { labels, ...table } of TABLES) {
    const byState = new Map(Object.entries(labels).map(([state, label]) => [state, empty(label)]))
    for (const batch of batchesOf(rows[table.name], { from: 0, batch: ROWS_PER_LOOK })) {
      for (const row of batch) byState.get(row.state).dump += 1
      for (const [row, state] of await look(db, table, batch)) {
        const count = byState.get(row.state)
        if (isAs(row, state)) count.same += 1
        else if (state.endsWith(" here")) count.newer += 1
        else count.unexplained += 1
      }
      done += batch.length
      progress.at("checking", done, total)
    }
    for (const [state, { unexplained, ...count }] of byState) {
      const kept = outcome.kept[`${table.name} ${state}`] ?? 0
      counts.push({ ...count, newer: count.newer + Math.min(unexplained, kept) })
    }
  }
  progress.end()
  return counts
}

const empty = (label) => ({ label, dump: 0, same: 0, newer: 0, unexplained: 0 })
