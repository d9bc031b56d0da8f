import { batchesOf, insertRows, selectExisting } from "./batches.mjs"
import { TABLES } from "./tables.mjs"

/** Whether the database has the row as the dump has it. "read here" counts as "read". */
export const hasSameState = (row, state) => state === row.state || state === `${row.state} here`

/**
 * Loads the rows, table by table and batch by batch:
 *
 * 1. Select the rows that exist. They stay as they are.
 * 2. Insert the others in one transaction. A row that another writer inserted since step 1 stays as it is.
 * 3. Add to the counts and save the checkpoint.
 *
 * @returns `{imported, existing, different}`: rows of the dump by model; and existing rows that differ, by table and state
 */
export async function loadRows(db, { rows, checkpoint, options, progress }) {
  const outcome = checkpoint.outcome
  if (!options.isDryRun) await pauseRetention(db)
  for (const table of TABLES) {
    const all = rows[table.name]
    let done = checkpoint.rowsDone(table.name)
    for (const batch of batchesOf(all, { from: done, batchSize: options.batchSize })) {
      const existing = new Map(await selectExisting(db, table, batch))
      const missing = batch.filter((row) => !existing.has(row))
      if (missing.length > 0 && !options.isDryRun) await insertRows(db, table, missing)
      for (const row of missing) addCounts(outcome.imported, row.sourceCounts)
      for (const [row, state] of existing) {
        addCounts(outcome.existing, row.sourceCounts)
        if (!hasSameState(row, state)) addCounts(outcome.different, { [`${table.name} ${row.state}`]: 1 })
      }
      done += batch.length
      await checkpoint.save(table.name, done)
      progress.update(table.title, done, all.length)
    }
  }
  progress.end()
  return outcome
}

const DAY_MS = 24 * 60 * 60_000

/**
 * Pauses the purge for a day: it deletes notifications that no inbox holds, and here they are inserted before their inbox
 * rows. `gone_up_to` is the last org_user whose inbox the purge has checked. The import may add rows to checked inboxes, so
 * the check starts again.
 */
const pauseRetention = (db) =>
  db.batch([
    db.prepare("UPDATE retention SET paused_until = ?").bind(Date.now() + DAY_MS),
    db.prepare("UPDATE notifications SET gone_up_to = 0 WHERE gone_up_to > 0"),
  ])

function addCounts(sums, counts) {
  for (const [key, count] of Object.entries(counts)) sums[key] = (sums[key] ?? 0) + count
}
