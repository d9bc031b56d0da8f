// Reads the rows of a dump one by one, so that one broken row, or a line that manage.py or a shell printed before the JSON,
// does not stop the others. It takes a JSON array, JSON lines, or rows with anything between them.

const [NEWLINE, QUOTE, BACKSLASH, COMMA] = [0x0a, 0x22, 0x5c, 0x2c]
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d]
const MODEL = new TextEncoder().encode('"model"')
/** A row in D1 may hold 2 MB. A row without its last brace must not take the rest of the file with it. */
const MAX_ROW_BYTES = 16_000_000

/** The flaw of what is no row at all, such as a line of a log. */
export const NO_ROW = "is text that is not a row"

const isBlank = (byte) => byte <= 0x20

/** The file as UTF-8 without a byte order mark. Throws an Error of one sentence for an encoding that is not supported. */
export function toUtf8(bytes) {
  const [a, b, c, d] = bytes
  if (a === 0xef && b === 0xbb && c === 0xbf) return bytes.subarray(3)
  if ((a === 0xff && b === 0xfe && c === 0 && d === 0) || (a === 0 && b === 0 && c === 0xfe && d === 0xff))
    throw new Error("is in UTF-32: save it as UTF-8.")
  // Without a byte order mark, UTF-16 has a zero in each ASCII character.
  const isLittle = (a === 0xff && b === 0xfe) || (a !== 0 && b === 0)
  const isBig = (a === 0xfe && b === 0xff) || (a === 0 && b !== 0 && b !== undefined)
  if (!isLittle && !isBig) return bytes
  return new TextEncoder().encode(new TextDecoder(isLittle ? "utf-16le" : "utf-16be").decode(bytes))
}

/**
 * Yields, in the order of the file, `{line, row, notes}` for each JSON object, and `{line, flaw}` for each text that is none, with
 * `row` if it can be told whose it is. `notes` says what was mended. Returns `{isCut}`: whether the file ends in the middle.
 */
export function* parseRows(bytes) {
  let line = 1
  let isOpenList = false
  let hasRows = false
  for (let at = 0; at < bytes.length; ) {
    const byte = bytes[at]
    if (byte === NEWLINE) line += 1
    if (byte === OPEN_LIST && !hasRows) isOpenList = true
    if (byte === CLOSE_LIST) isOpenList = false
    if (isBlank(byte) || byte === COMMA || byte === OPEN_LIST || byte === CLOSE_LIST) {
      at += 1
      continue
    }
    // A byte order mark may also stand behind a log line, or between two dumps in one file.
    if (byte === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf) {
      at += 3
      continue
    }
    if (!beginsObject(bytes, at)) {
      const end = endOfText(bytes, at)
      yield { line, flaw: NO_ROW }
      // A log line may begin with a bracket, and the last entry of the list may be such a text.
      if (!hasRows || endsWithClosedList(bytes, at, end)) isOpenList = false
      at = end
      continue
    }
    hasRows = true
    const end = endOfObject(bytes, at)
    const parsed = end === undefined ? undefined : parseRow(bytes.subarray(at, end))
    const next = parsed ? end : (nextRow(bytes, at, end ?? bytes.length) ?? end ?? bytes.length)
    const isCut = end === undefined && next === bytes.length
    if (parsed) yield { line, ...parsed }
    else yield { line, flaw: isCut ? "is cut off: the file ends here" : "is not JSON" }
    if (isCut) return { isCut }
    for (let i = at; i < next; i++) if (bytes[i] === NEWLINE) line += 1
    at = next
  }
  return { isCut: isOpenList }
}

function beginsObject(bytes, at) {
  if (bytes[at] !== OPEN_OBJECT) return false
  let next = at + 1
  while (next < bytes.length && isBlank(bytes[next])) next += 1
  return next === bytes.length || bytes[next] === QUOTE || bytes[next] === CLOSE_OBJECT
}

/** The end of the line, or the beginning of a row that follows on it. */
function endOfText(bytes, from) {
  let at = from + 1
  while (at < bytes.length && bytes[at] !== NEWLINE && !beginsObject(bytes, at)) at += 1
  return at
}

function endsWithClosedList(bytes, from, end) {
  let last = end - 1
  while (last > from && isBlank(bytes[last])) last -= 1
  return bytes[last] === CLOSE_LIST
}

/** The position after the object's last brace; undefined if there is none. A text of JSON does not contain a line break. */
function endOfObject(bytes, from) {
  let depth = 0
  let isInText = false
  const limit = Math.min(bytes.length, from + MAX_ROW_BYTES)
  for (let at = from; at < limit; at++) {
    const byte = bytes[at]
    if (isInText) {
      if (byte === BACKSLASH) at += 1
      else if (byte === QUOTE) isInText = false
      else if (byte === NEWLINE) return undefined
    } else if (byte === QUOTE) isInText = true
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth += 1
    else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
      depth -= 1
      if (depth === 0) return at + 1
    }
  }
  return undefined
}

/** The next row that lies within a broken one: the brace before the second "model". */
function nextRow(bytes, from, end) {
  const first = indexOfModel(bytes, from, end)
  const second = first === undefined ? undefined : indexOfModel(bytes, first + 1, end)
  for (let at = second ?? from; at > from; at--) if (bytes[at] === OPEN_OBJECT) return at
  return undefined
}

function indexOfModel(bytes, from, end) {
  for (let at = from; at <= end - MODEL.length; at++)
    if (bytes[at] === QUOTE && MODEL.every((byte, i) => bytes[at + i] === byte)) return at
  return undefined
}

const STRICT = new TextDecoder("utf-8", { fatal: true })
const LENIENT = new TextDecoder("utf-8")

/** `{row, notes}`, or undefined if it is not JSON. */
function parseRow(bytes) {
  const notes = []
  const text = decode(bytes, notes)
  const row = parseJson(text) ?? parseJson(mend(text, notes))
  if (!row) return undefined
  const twice = repeatedName(text)
  if (twice) {
    const flaw = `has the field ${twice} twice`
    return twice === "pk" || twice === "model" ? { flaw } : { row, flaw }
  }
  const isStorable = !/\\u(?:0000|[dD][89a-fA-F])/.test(text)
  return { row: isStorable ? row : withStorableTexts(row, notes), notes }
}

function decode(bytes, notes) {
  try {
    return STRICT.decode(bytes)
  } catch {
    notes.push("has bytes that are not UTF-8: imported with �")
    return LENIENT.decode(bytes)
  }
}

/** Integers beyond 2^53 stay as they are written: as numbers, two different keys would become equal. */
function parseJson(text) {
  try {
    if (!/\d{16}/.test(text)) return JSON.parse(text)
    return JSON.parse(text, (_, value, { source } = {}) =>
      typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(source ?? "") ? source : value,
    )
  } catch {
    return undefined
  }
}

/** Python writes NaN and Infinity, and people leave commas behind the last value. */
function mend(text, notes) {
  notes.push("is not strict JSON: imported with NaN as null, without commas that are too many")
  return text.replaceAll(/"[^"\\]*(?:\\.[^"\\]*)*"|-?\b(?:NaN|Infinity)\b|,(?=\s*[}\]])/gs, (token) => {
    if (token.startsWith('"')) return token
    return token === "," ? "" : "null"
  })
}

/** The name of a field that an object of the row has twice. JSON.parse would take the last one. */
function repeatedName(text) {
  const names = []
  for (const [token, name, colon] of text.matchAll(/"([^"\\]*(?:\\.[^"\\]*)*)"(\s*:)?|[{}]/gs)) {
    if (token === "{") names.push(new Set())
    else if (token === "}") names.pop()
    else if (colon) {
      if (names.at(-1)?.has(name)) return name
      names.at(-1)?.add(name)
    }
  }
  return undefined
}

/** D1 would end a text at NUL, and store other characters for half of one. */
function withStorableTexts(row, notes) {
  let isChanged = false
  const storable = (value) => {
    if (typeof value === "string") {
      const text = value.toWellFormed().replaceAll("\0", "\uFFFD")
      isChanged ||= text !== value
      return text
    }
    if (Array.isArray(value)) return value.map(storable)
    if (typeof value !== "object" || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, storable(child)]))
  }
  const result = storable(row)
  if (isChanged) notes.push("has half of a character, or the character NUL: imported with �")
  return result
}
