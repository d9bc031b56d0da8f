import { resolve } from "node:path"
import { parseArgs } from "node:util"
import { stateDirFrom } from "../local/state-dir.mjs"

export const USAGE = `npm run import -- <dump.json> [options]

Imports Dalgo's Django database from a dump by manage.py dumpdata (--format json or jsonl).
See docs/import-from-django.md.

  --dry-run    report what would be imported, and write nothing
  --remote     import into the deployed database, not into the local one
  --batch N    rows per batch (default 5000)

The local database is that of npm start. STATE_DIR selects another state folder.`

const DEFAULT_BATCH = "5000"
const MAX_BATCH = 20_000

/** The options of the command line. Throws an Error of one sentence, with the usage. */
export function parseOptions(args) {
  const { values, positionals } = parseCommandLine(args)
  if (values.help) return { help: true }
  if (positionals.length !== 1) throw new Error(`Name one dump.\n\n${USAGE}`)
  const batchSize = Number(values.batch)
  if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > MAX_BATCH)
    throw new Error(`--batch must be a whole number from 1 to ${MAX_BATCH}, not "${values.batch}".`)
  return {
    // npm changes to the folder of package.json. INIT_CWD is the folder in which npm was called.
    path: resolve(process.env.INIT_CWD ?? ".", positionals[0]),
    isDryRun: values["dry-run"],
    isRemote: values.remote,
    batchSize,
    stateDir: stateDirFrom(process.env),
  }
}

function parseCommandLine(args) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        "dry-run": { type: "boolean", default: false },
        remote: { type: "boolean", default: false },
        batch: { type: "string", default: DEFAULT_BATCH },
        help: { type: "boolean", default: false },
      },
    })
  } catch (error) {
    throw new Error(`${error.message.split(". ")[0]}.\n\n${USAGE}`, { cause: error })
  }
}
