import { CATEGORY, type Category } from "../../../domain/categories"
import type { NotificationLink } from "../../../domain/notification-link"
import { notificationHeading } from "../heading"
import { firstCharacters, httpUrl, isAtOrigin, readableText } from "../../../domain/text"

/** A message, before an adapter formats it for its product. */
export type ChatContent = {
  heading: string
  text: string
  /** The origins whose pages become links; `undefined`: every address does. */
  ownOrigins?: string[] | undefined
  /** To the page that the sender names, or to the inbox. */
  link: NotificationLink | undefined
}

type ChatContentInput = {
  category: Category
  urgent: boolean
  orgName: string
  message: string
  /** Given where the service itself wrote the message. */
  ownOrigins?: string[] | undefined
  inboxUrl: string | undefined
  link?: NotificationLink | undefined
}

export function toChatContent(input: ChatContentInput): ChatContent {
  const url = httpUrl(input.inboxUrl)
  return {
    heading: notificationHeading(input),
    text: readableText(input.message),
    ownOrigins: input.ownOrigins,
    link: input.link ?? (url ? { url, label: CATEGORY[input.category].action } : undefined),
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
  let cutAt = 0
  for (const { 0: piece, index } of text.matchAll(URL_OR_CHARACTER)) {
    formatted += format(piece)
    if (formatted.length <= maxLength - 1) cutAt = index + piece.length
    else if (formatted.length > maxLength) return `${formatAll(firstCharacters(text, cutAt), format).trimEnd()}…`
  }
  return formatted
}

/** Whether a piece of `fitText` is a URL that becomes a link. */
export const isLink = (piece: string, ownOrigins: string[] | undefined) =>
  isUrl(piece) && (ownOrigins === undefined || isAtOrigin(piece, ownOrigins))

const formatAll = (text: string, format: (piece: string) => string) =>
  Array.from(text.matchAll(URL_OR_CHARACTER), ([piece]) => format(piece)).join("")

export const isUrl = (piece: string) => piece.startsWith("http")
