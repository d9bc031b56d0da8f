import type { BarItem } from "../domain/bar-item"

/** The size limit of a frame that carries one item, in bytes of UTF-8. */
export const FRAME_BYTES = 1_000
/** The space that a frame needs for everything but author and message. */
const ENVELOPE_BYTES = 300
const AUTHOR_BYTES = 100

/** The item with author and message shortened, so that its frame fits in `FRAME_BYTES`. The inbox has the full text. */
export function excerpt(item: BarItem): BarItem {
  const author = truncateBytes(item.author, AUTHOR_BYTES)
  return { ...item, author, message: truncateBytes(item.message, FRAME_BYTES - ENVELOPE_BYTES - jsonBytes(author)) }
}

const encoder = new TextEncoder()
const jsonBytes = (text: string) => encoder.encode(JSON.stringify(text)).length

/** Shortens a text to this many bytes of JSON. A shortened text ends in an ellipsis. */
function truncateBytes(text: string, bytes: number): string {
  if (jsonBytes(text) <= bytes) return text
  let kept = ""
  let used = jsonBytes("…")
  for (const character of text) {
    used += jsonBytes(character) - 2
    if (used > bytes) break
    kept += character
  }
  return `${kept.trimEnd()}…`
}
