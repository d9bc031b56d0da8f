import type { BarItem } from "../domain/bar-item"

/** The size limit of a frame that carries one item, in bytes of UTF-8. */
export const FRAME_BYTES = 1_000
/** The space that a frame needs for everything but author and message. */
const ENVELOPE_BYTES = 300
const AUTHOR_BYTES = 100
const QUOTES_BYTES = 2
const ELLIPSIS_BYTES = 3

/** The item with author and message shortened, so that its frame fits in `FRAME_BYTES`. The inbox has the full text. */
export function excerpt(item: BarItem): BarItem {
  const author = truncateJson(item.author, AUTHOR_BYTES)
  return { ...item, author, message: truncateJson(item.message, FRAME_BYTES - ENVELOPE_BYTES - jsonBytes(author)) }
}

const jsonBytes = (text: string) => jsonPrefix(text, Number.POSITIVE_INFINITY).bytes + QUOTES_BYTES

/**
 * Shortens a text to this many bytes of JSON. A shortened text ends in an ellipsis. It reads at most as many characters
 * as the limit has bytes, however long the text is.
 */
function truncateJson(text: string, maxBytes: number): string {
  const room = maxBytes - QUOTES_BYTES
  if (jsonPrefix(text, room).length === text.length) return text.toWellFormed()
  const kept = text.slice(0, jsonPrefix(text, room - ELLIPSIS_BYTES).length)
  return `${kept.toWellFormed().trimEnd()}…`
}

/** The longest beginning of a text, in whole characters, that takes at most `maxBytes` in JSON without its quotes. */
function jsonPrefix(text: string, maxBytes: number): { length: number; bytes: number } {
  let bytes = 0
  let length = 0
  while (length < text.length) {
    // Never `undefined`, since `length` is an index.
    const codePoint = text.codePointAt(length) as number
    const needed = jsonBytesOf(codePoint)
    if (bytes + needed > maxBytes) break
    bytes += needed
    length += codePoint > 0xffff ? 2 : 1
  }
  return { length, bytes }
}

const SHORT_ESCAPES = new Set(Array.from('"\\\b\t\n\f\r', (character) => character.codePointAt(0)))

/** The bytes of one character in JSON. Half a surrogate pair becomes U+FFFD, which has three. */
function jsonBytesOf(codePoint: number): number {
  if (SHORT_ESCAPES.has(codePoint)) return 2
  if (codePoint < 0x20) return 6
  if (codePoint < 0x80) return 1
  if (codePoint < 0x800) return 2
  return codePoint > 0xffff ? 4 : 3
}
