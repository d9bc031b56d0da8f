import { resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"

export const USAGE = `npm run import -- <dump.json> [options]

Brings a Dalgo database over, from what manage.py dumpdata wrote (--format json or jsonl).

  --dry-run    says what would be taken, and writes nothing
  --remote     the deployed database instead of the local one
  --batch N    rows per batch (5000)

Locally it writes where npm start keeps its data; STATE_DIR says where else.`

const DEFAULT_BATCH = "5000"
const LARGEST_BATCH = 20_000
const root = fileURLToPath(new URL("../..", import.meta.url))

/** What was asked for on the command line, or an error of one sentence. */
export function optionsFrom(args) {
  const { values, positionals } = parsed(args)
  if (values.help) return { help: true }
  if (positionals.length !== 1) throw new Error(`Which dump?\n\n${USAGE}`)
  const batch = Number(values.batch)
  if (!Number.isInteger(batch) || batch < 1 || batch > LARGEST_BATCH)
    throw new Error(`--batch must be a whole number from 1 to ${LARGEST_BATCH}, not "${values.batch}".`)
  return {
    // npm runs this in the folder of package.json, wherever it was called.
    path: resolve(process.env.INIT_CWD ?? ".", positionals[0]),
    isDryRun: values["dry-run"],
    isRemote: values.remote,
    batch,
    stateDir: resolve(root, process.env.STATE_DIR || ".wrangler/state"),
  }
}

function parsed(args) {
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
