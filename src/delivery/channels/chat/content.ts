import { CATEGORY, type Category } from "../../../domain/categories"
import { notificationHeading } from "../heading"
import { httpUrl, readableText } from "../../../domain/text"

/** A message, before an adapter formats it for its product. */
export type ChatContent = {
  heading: string
  text: string
  /** To the notification in the inbox. */
  link: { url: string; label: string } | undefined
}

type ChatContentInput = {
  category: Category
  urgent: boolean
  orgName: string
  message: string
  inboxUrl: string | undefined
}

export function toChatContent(input: ChatContentInput): ChatContent {
  const url = httpUrl(input.inboxUrl)
  return {
    heading: notificationHeading(input),
    text: readableText(input.message),
    link: url ? { url, label: CATEGORY[input.category].action } : undefined,
  }
}

/** A URL, without the punctuation that ends its sentence; or one character. */
const URL_OR_CHARACTER = /https?:\/\/[^\s<>|]{1,500}(?<![.,;:!?'")\]])|[^]/gu

/**
 * The text with each URL and each character formatted by `format`, in at most `maxLength` UTF-16 units. A text that is
 * cut ends in an ellipsis; a formatted piece is never cut in two.
 */
export function fitText(
  text: string,
  { maxLength, format }: { maxLength: number; format: (piece: string) => string },
): string {
  let formatted = ""
  let cut = ""
  for (const [piece] of text.matchAll(URL_OR_CHARACTER)) {
    formatted += format(piece)
    if (formatted.length <= maxLength - 1) cut = formatted
    else if (formatted.length > maxLength) return `${cut.trimEnd()}…`
  }
  return formatted
}

export const isUrl = (piece: string) => piece.startsWith("http")
