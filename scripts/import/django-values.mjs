const TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/
const OFFSET = /(Z|[+-]\d\d:?\d\d)$/i

/** A time as Django writes it, in ms since 1970. A time without an offset is UTC. Undefined if it is not a time. */
export function parseTime(value) {
  if (typeof value !== "string" || !TIME.test(value)) return undefined
  const text = value.replace(" ", "T")
  const time = Date.parse(OFFSET.test(text) ? text : `${text}Z`)
  return Number.isNaN(time) ? undefined : time
}

export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value)

/** SQLite's 1 for true, and 0 for anything else. */
export const toFlag = (value) => (value === true || value === 1 ? 1 : 0)

/** The text, or null if it is blank or not a text. */
export const nonBlank = (value) => (typeof value === "string" && value.trim() !== "" ? value : null)

/**
 * The row to which a foreign key points, or undefined. `index.byPk` has all rows by pk; `index.byName`, if given, resolves
 * natural keys of one part.
 */
export function resolveKey(index, key) {
  if (Array.isArray(key)) return key.length === 1 ? index.byName?.get(String(key[0])) : undefined
  return index.byPk.get(String(key))
}

/** The reason why `resolveKey` returned undefined. */
export function unresolvedReason(index, key, name) {
  if (key === null || key === undefined) return `has no ${name}`
  if (Array.isArray(key)) return `refers to its ${name} by an unsupported natural key`
  return index.inDump.has(String(key)) ? `refers to a skipped ${name}` : `refers to a ${name} that is not in the dump`
}
