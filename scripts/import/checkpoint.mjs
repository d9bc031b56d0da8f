import { readFile, rename, rm, writeFile } from "node:fs/promises"

const EMPTY = { done: {}, outcome: { imported: {}, existing: {}, different: {} } }

/**
 * The number of rows done per table, and the counts so far, in `<dump>.progress.json`. It is valid for this dump and this
 * database only. Without it, an import reads all rows again from the start: it saves time and keeps the counts of the report.
 */
export async function openCheckpoint({ path: dumpPath, isDryRun }, { dump, database }) {
  const path = `${dumpPath}.progress.json`
  const source = { dump: dump.hash, database: database.name }
  const { done, outcome } = (isDryRun ? undefined : await readCheckpoint(path, source)) ?? structuredClone(EMPTY)
  if (Object.keys(done).length > 0) console.log("An earlier run was interrupted. Resuming it.")
  return {
    outcome,
    rowsDone: (table) => done[table] ?? 0,
    async save(table, rows) {
      done[table] = rows
      if (isDryRun) return
      // Rename is atomic: an interrupted write leaves the previous checkpoint.
      await writeFile(`${path}.next`, JSON.stringify({ ...source, done, outcome }))
      await rename(`${path}.next`, path)
    },
    remove: () => rm(path, { force: true }),
  }
}

async function readCheckpoint(path, source) {
  try {
    const saved = JSON.parse(await readFile(path, "utf8"))
    return saved.dump === source.dump && saved.database === source.database ? saved : undefined
  } catch {
    return undefined
  }
}
