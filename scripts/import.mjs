import { compare } from "./import/compare.mjs"
import { readDump } from "./import/read-dump.mjs"
import { openJournal } from "./import/checkpoint.mjs"
import { optionsFrom, USAGE } from "./import/options.mjs"
import { showProgress } from "./import/progress.mjs"
import { describe, verdict } from "./import/report.mjs"
import { rowsOf } from "./import/transform.mjs"
import { openTarget } from "./import/database.mjs"
import { bringOver } from "./import/load.mjs"

const GOES_ON = "Nothing is lost: the same command goes on from here."

async function main() {
  const options = optionsFrom(process.argv.slice(2))
  if (options.help) return console.log(USAGE)

  const dump = await readDump(options.path)
  const { rows, skipped, notes } = rowsOf(dump, { now: Date.now() })
  const target = await openTarget(options)
  console.log(`From ${options.path}\nto ${target.name}${options.isDryRun ? ", without writing" : ""}.`)
  try {
    const journal = await openJournal(options, { dump, target })
    process.once("SIGINT", () => {
      console.error(`\nStopped. ${GOES_ON}`)
      process.exit(130)
    })
    const outcome = await bringOver(target.db, { rows, journal, options, progress: showProgress() }).catch((error) => {
      throw new Error(`${error.message}\n${GOES_ON}`, { cause: error })
    })
    console.log(`\n${describe({ dump, outcome, skipped, notes, options })}`)
    if (options.isDryRun) return

    const counts = await compare(target.db, { rows, outcome, progress: showProgress() })
    await journal.end()
    const { text, isEven } = verdict(counts)
    console.log(`\n${text}`)
    if (!isEven) process.exitCode = 1
  } finally {
    await target.close()
  }
}

try {
  await main()
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
