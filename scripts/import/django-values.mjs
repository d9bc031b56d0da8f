const TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/
const OFFSET = /(Z|[+-]\d\d:?\d\d)$/i

/** A time as Django writes it, in ms since 1970. Without an offset it is UTC. Undefined where it is no time. */
export function timeOf(value) {
  if (typeof value !== "string" || !TIME.test(value)) return undefined
  const text = value.replace(" ", "T")
  const time = Date.parse(OFFSET.test(text) ? text : `${text}Z`)
  return Number.isNaN(time) ? undefined : time
}

export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value)

export const flagOf = (value) => (value === true || value === 1 ? 1 : 0)

/** Text with something in it, else null. */
export const textOf = (value) => (typeof value === "string" && value.trim() !== "" ? value : null)

/** What a foreign key points to: `index` is by pk, and by name where it may be a natural key of one part. */
export function find(index, key) {
  if (Array.isArray(key)) return key.length === 1 ? index.byName?.get(String(key[0])) : undefined
  return index.byPk.get(String(key))
}

/** Why `find` found nothing. */
export function whyNot(index, key, name) {
  if (key === null || key === undefined) return `names no ${name}`
  if (Array.isArray(key)) return `names its ${name} by a natural key that is not understood`
  return index.inDump.has(String(key)) ? `its ${name} was skipped` : `its ${name} is not in the dump`
}
