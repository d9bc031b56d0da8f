import type { BarItem } from "../domain/bar-item"

/** A frame that announces one item is at most this long, as UTF-8. */
export const FRAME_BYTES = 1_000
/** The most that a frame holds besides author and message. */
const ENVELOPE_BYTES = 300
const AUTHOR_BYTES = 100

/** The same item, its texts cut so that a frame with it stays within `FRAME_BYTES`. The inbox has the whole. */
export function excerpt(item: BarItem): BarItem {
  const author = truncateBytes(item.author, AUTHOR_BYTES)
  return { ...item, author, message: truncateBytes(item.message, FRAME_BYTES - ENVELOPE_BYTES - jsonBytes(author)) }
}

const encoder = new TextEncoder()
const jsonBytes = (text: string) => encoder.encode(JSON.stringify(text)).length

/** The longest beginning that needs no more bytes as JSON, with an ellipsis if something was left out. */
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
