import { isObject } from "./django-values.mjs"
import { NO_ROW, parseRows } from "./parse-rows.mjs"

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
/** Another app may have a model of the same name. */
const APP = { user: "auth" }
const DALGO = "ddpui"

const UNREADABLE = "(unreadable)"

/**
 * The rows of a dump, as UTF-8.
 * @returns `{models, counts, ignored, invalid, mended, isCut}`. `models` has a Map from pk (text) to fields per model, in the
 *   order of the dump. `counts` has the number of rows per model, and `ignored` that of models that are not imported. `invalid`
 *   lists the rows that cannot be used, with the reason, and `mended` those that were mended. `isCut`: the file is incomplete.
 *   `hasBrokenRows`: a row could not be read, to which others may refer.
 */
export function collectRows(bytes) {
  const dump = {
    models: Object.fromEntries(Object.keys(MODELS).map((model) => [model, new Map()])),
    ignored: new Map(),
    counts: Object.fromEntries(Object.keys(MODELS).map((model) => [model, 0])),
    invalid: [],
    mended: [],
    isCut: false,
    hasBrokenRows: false,
  }
  const rows = parseRows(bytes)
  let hasObjects = false
  let rowCount = 0
  let next = rows.next()
  for (; !next.done; next = rows.next()) {
    const { line, row, notes, flaw } = next.value
    hasObjects ||= row !== undefined && !flaw
    if (flaw) rejectFlawed(dump, { line, row, flaw })
    else if (isRow(row)) {
      rowCount += 1
      addRow(dump, row, notes)
    } else reject(dump, UNREADABLE, `line ${line}`, "is not a row: model or fields are missing")
  }
  dump.isCut = next.value.isCut
  if (rowCount === 0) requireNoText(dump, { bytes, hasObjects })
  if (!dump.hasBrokenRows) requireReferencedModels(dump)
  return dump
}

function requireNoText({ invalid }, { bytes, hasObjects }) {
  if (hasObjects)
    throw new Error('is JSON, but not a dump. manage.py dumpdata writes rows with "model", "pk" and "fields".')
  if (invalid.length > 0) throw new Error("is not JSON, or not complete: it has no row that can be read.")
  if (!bytes.some((byte) => byte > 0x20)) throw new Error("is empty.")
}

const isRow = (row) => isObject(row) && typeof row.model === "string" && isObject(row.fields)

const isKey = (pk) => typeof pk === "number" || typeof pk === "string"

/** The model of a row, if it is imported. */
function modelOf(row) {
  const [app, model] = typeof row?.model === "string" ? row.model.toLowerCase().split(".") : []
  return Object.hasOwn(MODELS, model) && app === (APP[model] ?? DALGO) ? model : undefined
}

function addRow(dump, { model: fullName, pk, fields }, notes) {
  const model = modelOf({ model: fullName })
  if (!model) {
    dump.ignored.set(fullName, (dump.ignored.get(fullName) ?? 0) + 1)
    return
  }
  if (!isKey(pk)) return reject(dump, model, "none", "has no pk (dump without --natural-primary)")
  if (dump.models[model].has(String(pk))) return reject(dump, model, pk, "is a duplicate: the pk occurs twice")
  dump.counts[model] += 1
  dump.models[model].set(String(pk), fields)
  for (const reason of notes) dump.mended.push({ model, pk, reason })
}

/** Names the row by its model and pk, where both can be read. */
function rejectFlawed(dump, { line, row, flaw }) {
  if (flaw !== NO_ROW) dump.hasBrokenRows = true
  const model = modelOf(row)
  if (model && isKey(row.pk)) reject(dump, model, row.pk, flaw)
  else reject(dump, UNREADABLE, `line ${line}`, flaw)
}

function reject(dump, model, pk, reason) {
  dump.counts[model] = (dump.counts[model] ?? 0) + 1
  dump.invalid.push({ model, pk, reason })
}

/** Without roles, every user would become a plain member. Without users, no user would be imported. So both must be dumped. */
function requireReferencedModels({ models }) {
  for (const [model, foreignKeys] of Object.entries(MODELS)) {
    const isUsed = (field) => models[model].values().some((fields) => (fields[field] ?? null) !== null)
    const absent = Object.keys(foreignKeys).filter((field) => models[foreignKeys[field]].size === 0 && isUsed(field))
    const names = absent.map((field) => foreignKeys[field])
    if (names.length > 0)
      throw new Error(`has rows of ${model}, but none of ${names.join(" or ")}. Dump that model as well.`)
  }
}
