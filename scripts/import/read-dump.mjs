import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import { isObject } from "./django-values.mjs"

/** The models of Dalgo's database that are imported, each with its foreign keys: field → model. */
const MODELS = {
  org: {},
  user: {},
  role: {},
  orguser: { org: "org", user: "user", new_role: "role" },
  userpreferences: { orguser: "orguser" },
  orgpreferences: { org: "org" },
  notification: {},
  notificationrecipient: { notification: "notification", recipient: "orguser" },
}

const NEWLINE = 0x0a
const UNREADABLE = "(unreadable)"

/**
 * Reads the output of `manage.py dumpdata`: one JSON array, or JSON lines.
 * @returns `{hash, models, counts, ignored, invalid}`. `hash` is the SHA-256 of the file. `models` has a Map from pk (text) to
 *   fields per model, in the order of the dump. `counts` has the number of rows per model, and `ignored` that of models that
 *   are not imported. `invalid` lists the rows that cannot be used, with the reason.
 */
export async function readDump(path) {
  const bytes = await readBytes(path)
  const dump = {
    hash: createHash("sha256").update(bytes).digest("hex"),
    models: Object.fromEntries(Object.keys(MODELS).map((model) => [model, new Map()])),
    ignored: new Map(),
    counts: Object.fromEntries(Object.keys(MODELS).map((model) => [model, 0])),
    invalid: [],
  }
  let position = 0
  let rowCount = 0
  for (const row of isArray(bytes) ? parseArray(path, bytes) : parseLines(path, bytes)) {
    position += 1
    if (isRow(row)) {
      rowCount += 1
      addRow(dump, row)
    } else reject(dump, UNREADABLE, `no. ${position}`, "is not a row: model or fields are missing")
  }
  if (position > 0 && rowCount === 0)
    throw new Error(`${path} is JSON, but not a dump. manage.py dumpdata writes rows with "model", "pk" and "fields".`)
  requireReferencedModels(path, dump)
  return dump
}

async function readBytes(path) {
  try {
    return await readFile(path)
  } catch (error) {
    if (error.code === "ENOENT") throw new Error(`There is no file ${path}.`, { cause: error })
    if (error.code === "ERR_FS_FILE_TOO_LARGE")
      throw new Error(`${path} is larger than 2 GiB. Dump only the models that the import needs.`, { cause: error })
    throw new Error(`${path} cannot be read (${error.code}).`, { cause: error })
  }
}

const isArray = (bytes) => /^\s*\[/.test(bytes.subarray(0, 100).toString())

function parseArray(path, bytes) {
  try {
    return JSON.parse(bytes.toString())
  } catch (error) {
    if (error.code === "ERR_STRING_TOO_LONG")
      throw new Error(`${path} is too large for one JSON array. Dump with --format jsonl.`, { cause: error })
    throw new Error(`${path} is not JSON (${error.message}).`, { cause: error })
  }
}

function* parseLines(path, bytes) {
  let number = 0
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, start)
    const end = newline < 0 ? bytes.length : newline
    const line = bytes.subarray(start, end).toString().trim()
    start = end + 1
    number += 1
    if (line === "") continue
    let row
    try {
      row = JSON.parse(line)
    } catch (error) {
      throw new Error(`${path} is not JSON: line ${number} cannot be parsed. The file may be incomplete.`, {
        cause: error,
      })
    }
    yield row
  }
  if (!bytes.some((byte) => byte > 0x20)) throw new Error(`${path} is empty.`)
}

const isRow = (row) => isObject(row) && typeof row.model === "string" && isObject(row.fields)

function addRow(dump, { model: fullName, pk, fields }) {
  const model = fullName.split(".").at(-1).toLowerCase()
  if (!Object.hasOwn(MODELS, model)) {
    dump.ignored.set(fullName, (dump.ignored.get(fullName) ?? 0) + 1)
    return
  }
  if (typeof pk !== "number" && typeof pk !== "string")
    return reject(dump, model, "none", "has no pk (dump without --natural-primary)")
  if (dump.models[model].has(String(pk))) return reject(dump, model, pk, "is a duplicate: the pk occurs twice")
  dump.counts[model] += 1
  dump.models[model].set(String(pk), fields)
}

function reject(dump, model, pk, reason) {
  dump.counts[model] = (dump.counts[model] ?? 0) + 1
  dump.invalid.push({ model, pk, reason })
}

/** Without roles, every user would become a plain member. Without users, no user would be imported. So both must be dumped. */
function requireReferencedModels(path, { models }) {
  for (const [model, foreignKeys] of Object.entries(MODELS)) {
    const isUsed = (field) => models[model].values().some((fields) => (fields[field] ?? null) !== null)
    const absent = Object.keys(foreignKeys).filter((field) => models[foreignKeys[field]].size === 0 && isUsed(field))
    const names = absent.map((field) => foreignKeys[field])
    if (names.length > 0)
      throw new Error(`${path} has rows of ${model}, but none of ${names.join(" or ")}. Dump that model as well.`)
  }
}
