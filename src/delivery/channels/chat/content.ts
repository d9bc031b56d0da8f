import { CATEGORY, type Category } from "../../../domain/categories"
import { notificationHeading } from "../heading"
import { httpUrl, readableText } from "../../../domain/text"

/** What is said in a room, before it is written as that room writes. */
export type ChatContent = {
  heading: string
  text: string
  /** Where the whole of it is, and what the link to that says. */
  link: { url: string; says: string } | undefined
}

type ChatContentInput = {
  category: Category
  urgent: boolean
  orgName: string
  message: string
  inboxUrl: string | undefined
}

export function toChatContent(said: ChatContentInput): ChatContent {
  const url = httpUrl(said.inboxUrl)
  return {
    heading: notificationHeading(said),
    text: readableText(said.message),
    link: url ? { url, says: CATEGORY[said.category].action } : undefined,
  }
}

/** An address up to what ends a sentence, or one character. */
const URL_OR_CHARACTER = /https?:\/\/[^\s<>|]{1,500}(?<![.,;:!?'")\]])|[^]/gu

/**
 * The text as `write` writes it, an address or a character at a time, in at most so many UTF-16 units. What is left out
 * leaves an ellipsis.
 */
export function fitText(text: string, { most, write }: { most: number; write: (piece: string) => string }): string {
  let written = ""
  let cut = ""
  for (const [piece] of text.matchAll(URL_OR_CHARACTER)) {
    written += write(piece)
    if (written.length <= most - 1) cut = written
    else if (written.length > most) return `${cut.trimEnd()}…`
  }
  return written
}

export const isUrl = (piece: string) => piece.startsWith("http")
