import { openCheckpoint } from "./import/checkpoint.mjs"
import { compareWithDump } from "./import/compare.mjs"
import { openDatabase } from "./import/database.mjs"
import { loadRows } from "./import/load.mjs"
import { parseOptions, USAGE } from "./import/options.mjs"
import { createProgress } from "./import/progress.mjs"
import { readDump } from "./import/read-dump.mjs"
import { loadRules } from "./import/rules.mjs"
import { writeRowList } from "./import/row-list.mjs"
import { formatComparison, formatReport } from "./import/report.mjs"
import { transformDump } from "./import/transform.mjs"
import { runningInstances } from "./local/running-instances.mjs"

const RESUME = "Run the same command again to resume."

/** A running worker would not see the imported rows: it keeps urgent bars in memory. */
function requireStopped({ isDryRun, isRemote, stateDir }) {
  const instance = runningInstances().find((each) => each.stateDir === stateDir)
  if (instance && !isDryRun && !isRemote)
    throw new Error(
      `The local instance on port ${instance.port} uses this database. Stop it (Ctrl-C) before the import.`,
    )
}

async function main() {
  const options = parseOptions(process.argv.slice(2))
  if (options.help) return console.log(USAGE)

  requireStopped(options)
  const dump = await readDump(options.path)
  const { rows, skipped, warnings } = transformDump(dump, { now: Date.now(), rules: await loadRules() })
  const database = await openDatabase(options)
  console.log(
    `Importing ${options.path}\ninto ${database.name}${options.isDryRun ? " (dry run: nothing is written)" : ""}`,
  )
  try {
    const checkpoint = await openCheckpoint(options, { dump, database })
    process.once("SIGINT", () => {
      console.error(`\nInterrupted. ${RESUME}`)
      process.exit(130)
    })
    const outcome = await loadRows(database.db, { rows, checkpoint, options, progress: createProgress() }).catch(
      (error) => {
        throw new Error(`${error.message}\n${RESUME}`, { cause: error })
      },
    )
    const listPath = await writeRowList(options.path, { skipped, warnings })
    console.log(`\n${formatReport({ dump, outcome, skipped, warnings, options, listPath })}`)
    if (dump.isCut) process.exitCode = 1
    if (options.isDryRun) return

    const counts = await compareWithDump(database.db, { rows, outcome, progress: createProgress() })
    await checkpoint.remove()
    const { text, isEqual } = formatComparison(counts)
    console.log(`\n${text}`)
    if (!isEqual) process.exitCode = 1
  } finally {
    await database.close()
  }
}

try {
  await main()
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
