const TIME =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?)?\s*(?:Z|([+-])(\d\d)(?::?(\d\d)(?::?(\d\d))?)?)?$/i

/**
 * A time as Django, PostgreSQL or Python writes it, in ms since 1970. A time without an offset is UTC, and a date is its
 * midnight. Undefined if it is not a time.
 */
export function parseTime(value) {
  const match = typeof value === "string" ? TIME.exec(value.trim()) : null
  if (!match) return undefined
  const [, year, month, day, hour = 0, minute = 0, second = 0, fraction = "0", sign, ...offset] = match
  const [hours, minutes = 0, seconds = 0] = offset.map((part) => Number(part ?? 0))
  if (hour > 23 || minute > 59 || second > 59 || hours > 23 || minutes > 59) return undefined
  const at = Date.UTC(year, month - 1, day, hour, minute, second, Number(fraction.slice(0, 3).padEnd(3, "0")))
  // Date.UTC takes 30 February for 1 or 2 March.
  if (new Date(at).getUTCDate() !== Number(day) || month < 1 || month > 12) return undefined
  const offsetMs = (hours * 3600 + minutes * 60 + seconds) * 1000
  return at - (sign === "-" ? -offsetMs : sign === "+" ? offsetMs : 0)
}

export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value)

const TRUE_WORDS = ["true", "t", "yes", "y", "on", "1"]
const FALSE_WORDS = ["false", "f", "no", "n", "off", "0"]

/** A boolean, also as a number or a word, as databases and spreadsheets export it; undefined if it is none. */
export function parseBoolean(value) {
  const word = typeof value === "object" ? "" : String(value).trim().toLowerCase()
  if (TRUE_WORDS.includes(word)) return true
  return FALSE_WORDS.includes(word) ? false : undefined
}

/**
 * SQLite's 1 for true, and 0 for false. `absent` is for a field without a value, and for one that is no boolean, which
 * `note` is told.
 */
export function toFlag(value, { absent = false, note } = {}) {
  const isBlank = value === null || value === undefined || value === ""
  const parsed = isBlank ? absent : parseBoolean(value)
  if (parsed === undefined) note?.()
  return (parsed ?? absent) ? 1 : 0
}

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
