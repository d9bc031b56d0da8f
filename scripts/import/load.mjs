import { batchesOf, look, write } from "./batches.mjs"
import { TABLES } from "./tables.mjs"

/** Whether a row is found as the dump has it, which "read here" is for "read". */
export const isAs = (row, state) => state === row.state || state === `${row.state} here`

/**
 * Brings the rows over, table by table and batch by batch:
 *
 * 1. Look which are there. They win, whatever the dump says.
 * 2. Write the others in one transaction; those that somebody else wrote meanwhile are left alone.
 * 3. Count, and note in the journal how far it got.
 *
 * @returns `{taken, there, kept}`: rows of the dump by model, and rows that were there and differ, by table and state
 */
export async function bringOver(db, { rows, journal, options, progress }) {
  const outcome = journal.outcome
  if (!options.isDryRun) await holdRetention(db)
  for (const table of TABLES) {
    const all = rows[table.name]
    let done = journal.doneOf(table.name)
    for (const batch of batchesOf(all, { from: done, batch: options.batch })) {
      const found = new Map(await look(db, table, batch))
      const missing = batch.filter((row) => !found.has(row))
      if (missing.length > 0 && !options.isDryRun) await write(db, table, missing)
      for (const row of missing) count(outcome.taken, row.standsFor)
      for (const [row, state] of found) {
        count(outcome.there, row.standsFor)
        if (!isAs(row, state)) count(outcome.kept, { [`${table.name} ${row.state}`]: 1 })
      }
      done += batch.length
      await journal.save(table.name, done)
      progress.at(table.title, done, all.length)
    }
  }
  progress.end()
  return outcome
}

const DAY_MS = 24 * 60 * 60_000

/**
 * Nothing old is purged for a day: a notification is written before the inboxes that hold it, and inboxes may get rows
 * that were gone before.
 */
const holdRetention = (db) =>
  db.batch([
    db.prepare("UPDATE retention SET paused_until = ?").bind(Date.now() + DAY_MS),
    db.prepare("UPDATE notifications SET gone_up_to = 0 WHERE gone_up_to > 0"),
  ])

function count(sums, more) {
  for (const [key, number] of Object.entries(more)) sums[key] = (sums[key] ?? 0) + number
}
