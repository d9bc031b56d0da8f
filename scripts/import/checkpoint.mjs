import { readFile, rename, rm, writeFile } from "node:fs/promises"

const NOTHING_YET = { done: {}, outcome: { taken: {}, there: {}, kept: {} } }

/**
 * How far it got, in a file beside the dump, for that dump and that target only. It saves time and keeps the count; where
 * it is lost, everything is looked at again.
 */
export async function openJournal({ path: dumpPath, isDryRun }, { dump, target }) {
  const path = `${dumpPath}.progress.json`
  const of = { dump: dump.hash, target: target.name }
  const { done, outcome } = (isDryRun ? undefined : await earlier(path, of)) ?? structuredClone(NOTHING_YET)
  if (Object.keys(done).length > 0) console.log("An earlier run was interrupted: going on from there.")
  return {
    outcome,
    doneOf: (table) => done[table] ?? 0,
    async save(table, rows) {
      done[table] = rows
      if (isDryRun) return
      // Whole or not at all, whenever this is ended.
      await writeFile(`${path}.next`, JSON.stringify({ ...of, done, outcome }))
      await rename(`${path}.next`, path)
    },
    end: () => rm(path, { force: true }),
  }
}

async function earlier(path, of) {
  try {
    const kept = JSON.parse(await readFile(path, "utf8"))
    return kept.dump === of.dump && kept.target === of.target ? kept : undefined
  } catch {
    return undefined
  }
}
