import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import { isObject } from "./django-values.mjs"

/** What is taken of Dalgo's database: each model, and which of its fields lead to which others. */
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
 * Reads what `manage.py dumpdata` wrote, as one array or as JSON lines.
 * @returns `{hash, models, ignored, counts, faults}`: for each model a Map from pk (text) to fields, in the dump's order;
 *   how many rows of other models there are; how many of each; and the rows that cannot be used, with the reason.
 */
export async function readDump(path) {
  const bytes = await read(path)
  const dump = {
    hash: createHash("sha256").update(bytes).digest("hex"),
    models: Object.fromEntries(Object.keys(MODELS).map((model) => [model, new Map()])),
    ignored: new Map(),
    counts: Object.fromEntries(Object.keys(MODELS).map((model) => [model, 0])),
    faults: [],
  }
  let place = 0
  let rows = 0
  for (const row of isArray(bytes) ? whole(path, bytes) : lines(path, bytes)) {
    place += 1
    if (isRow(row)) {
      rows += 1
      keep(dump, row)
    } else reject(dump, UNREADABLE, `no. ${place}`, "is not a row: it has no model or no fields")
  }
  if (place > 0 && rows === 0)
    throw new Error(`${path} is JSON, but no dump: manage.py dumpdata writes rows with "model", "pk" and "fields".`)
  requireCompany(path, dump)
  return dump
}

async function read(path) {
  try {
    return await readFile(path)
  } catch (error) {
    if (error.code === "ENOENT") throw new Error(`There is no file ${path}.`, { cause: error })
    if (error.code === "ERR_FS_FILE_TOO_LARGE")
      throw new Error(`${path} is larger than 2 GiB: dump only the models that are needed.`, { cause: error })
    throw new Error(`${path} cannot be read (${error.code}).`, { cause: error })
  }
}

const isArray = (bytes) => /^\s*\[/.test(bytes.subarray(0, 100).toString())

function whole(path, bytes) {
  try {
    return JSON.parse(bytes.toString())
  } catch (error) {
    if (error.code === "ERR_STRING_TOO_LONG")
      throw new Error(`${path} is too large for one array: dump with --format jsonl.`, { cause: error })
    throw new Error(`${path} is not JSON (${error.message}).`, { cause: error })
  }
}

function* lines(path, bytes) {
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
      throw new Error(`${path} is not JSON: line ${number} cannot be read. Is it cut off?`, { cause: error })
    }
    yield row
  }
  if (!bytes.some((byte) => byte > 0x20)) throw new Error(`${path} is empty, and so not JSON.`)
}

const isRow = (row) => isObject(row) && typeof row.model === "string" && isObject(row.fields)

function keep(dump, { model: fullName, pk, fields }) {
  const model = fullName.split(".").at(-1).toLowerCase()
  if (!Object.hasOwn(MODELS, model)) {
    dump.ignored.set(fullName, (dump.ignored.get(fullName) ?? 0) + 1)
    return
  }
  if (typeof pk !== "number" && typeof pk !== "string")
    return reject(dump, model, "none", "has no pk: dump without --natural-primary")
  if (dump.models[model].has(String(pk))) return reject(dump, model, pk, "is in the dump a second time")
  dump.counts[model] += 1
  dump.models[model].set(String(pk), fields)
}

function reject(dump, model, pk, reason) {
  dump.counts[model] = (dump.counts[model] ?? 0) + 1
  dump.faults.push({ model, pk, reason })
}

/** Without roles everybody would become a member, and without users nobody: better to be told before. */
function requireCompany(path, { models }) {
  for (const [model, leads] of Object.entries(MODELS)) {
    const isUsed = (field) => models[model].values().some((fields) => (fields[field] ?? null) !== null)
    const absent = Object.keys(leads).filter((field) => models[leads[field]].size === 0 && isUsed(field))
    const names = absent.map((field) => leads[field])
    if (names.length > 0)
      throw new Error(`${path} has rows of ${model}, but none of ${names.join(" or ")}: dump that as well.`)
  }
}
