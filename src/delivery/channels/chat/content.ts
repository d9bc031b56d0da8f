import type { Category } from "../../../domain/categories"
import { headingOf, LOOK } from "../category-style"
import { pageAddress } from "../../../domain/one-line"
import { readable } from "../../../domain/text"

/** What is said in a room, before it is written as that room writes. */
export type Note = {
  heading: string
  text: string
  /** Where the whole of it is, and what the link to that says. */
  link: { url: string; says: string } | undefined
}

type Said = { category: Category; urgent: boolean; orgName: string; message: string; inboxUrl: string | undefined }

export function noteOf(said: Said): Note {
  const url = pageAddress(said.inboxUrl)
  return {
    heading: headingOf(said),
    text: readable(said.message),
    link: url ? { url, says: LOOK[said.category].action } : undefined,
  }
}

/** An address up to what ends a sentence, or one character. */
const PIECE = /https?:\/\/[^\s<>|]{1,500}(?<![.,;:!?'")\]])|[^]/gu

/**
 * The text as `write` writes it, an address or a character at a time, in at most so many UTF-16 units. What is left out
 * leaves an ellipsis.
 */
export function fitted(text: string, { most, write }: { most: number; write: (piece: string) => string }): string {
  let written = ""
  let cut = ""
  for (const [piece] of text.matchAll(PIECE)) {
    written += write(piece)
    if (written.length <= most - 1) cut = written
    else if (written.length > most) return `${cut.trimEnd()}…`
  }
  return written
}

export const isAddress = (piece: string) => piece.startsWith("http")
