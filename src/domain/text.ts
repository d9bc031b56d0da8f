// Three degrees of strictness: `readableText` for a message that is shown, `oneLine` for a header, and whole values
// (an address, a URL) that are taken as they stand or not at all.

const CONTROLS = /(?![\n\t])\p{Cc}/gu

/** Bidirectional overrides and isolates, which reorder the letters around them, and characters without width. */
const HIDDEN = /[\u00AD\u200B\u202A-\u202E\u2060-\u206F\uFEFF]/g

/** Emoji, Hindi and Persian are written with joiners. After a Latin letter or an ASCII sign a joiner has no effect. */
const JOINERS_AFTER_LATIN = /(?<=^|[\p{ASCII}\p{Script=Latin}])[\u200C\u200D]+/gu

/** Removes the characters that make a text look other than it is. */
export const withoutHidden = (text: string) => text.replaceAll(HIDDEN, "").replaceAll(JOINERS_AFTER_LATIN, "")

/** A message as people read it, with `\n` at the end of each line. */
export const readableText = (message: string) =>
  withoutHidden(
    message
      .toWellFormed()
      .replaceAll(/\r\n?|[\u2028\u2029]/g, "\n")
      .replaceAll(CONTROLS, ""),
  ).trim()

/** Line breaks, which would begin another header, and other control characters. */
const LINE_BREAKS = /[\p{Cc}\u2028\u2029]+/gu

/** Everything invisible, except joiners and variation selectors, whose effect is visible. */
const INVISIBLE = /(?!\u200C|\u200D|\uFE0E|\uFE0F)[\p{Default_Ignorable_Code_Point}\uFFF9-\uFFFB]/gu

/** A joiner has an effect only between two of these, neither of them Latin. */
const JOINED = "[\\p{L}\\p{M}\\p{Extended_Pictographic}\\p{Emoji_Modifier}\\uFE0F]"
const STRAY_JOINERS = new RegExp(
  `(?<!(?!\\p{Script=Latin})${JOINED})[\\u200C\\u200D]|[\\u200C\\u200D](?!(?!\\p{Script=Latin})${JOINED})`,
  "gu",
)

/** The text as one line that may stand in a header: no line break, no control character, nothing invisible. */
export const oneLine = (text: string) =>
  text
    .toWellFormed()
    .replaceAll(LINE_BREAKS, " ")
    .replaceAll(INVISIBLE, "")
    .replaceAll(STRAY_JOINERS, "")
    .replaceAll(/ {2,}/g, " ")
    .trim()

/** At most `maxLength` characters (code points); a cut text ends in an ellipsis. */
export function truncate(text: string, maxLength: number): string {
  const characters = Array.from(text)
  if (characters.length <= maxLength) return text
  const kept = characters.slice(0, maxLength - 1).join("")
  return `${kept.trimEnd()}…`
}

/** Whether the text is one e-mail address and nothing else: no display name, no second recipient, no header. */
export const isSingleAddress = (text: string) => /^[^\s\p{C}<>()[\],;:"@]+@[^\s\p{C}<>()[\],;:"@]+$/u.test(text)

/** The URL in its normal form, safe in a header or a link; `undefined` unless it is one of http or https. */
export function httpUrl(text: string | undefined): string | undefined {
  const url = text === undefined ? null : URL.parse(text)
  return url && ["http:", "https:"].includes(url.protocol) ? url.href : undefined
}

const URL_PATTERN = /(https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]}'])/i

/** Text and URLs by turns, text first. The punctuation after a URL belongs to the text. */
export const splitAtUrls = (text: string): string[] => text.split(URL_PATTERN)

/** Whether the URL is a page of one of these origins. */
export function isAtOrigin(url: string, origins: string[]): boolean {
  const origin = URL.parse(url)?.origin
  return origins.some((own) => URL.parse(own)?.origin === origin)
}

/**
 * The text with every URL beyond these origins broken by an invisible space, so that neither we nor a mail program makes
 * it a link. What the service itself says quotes logs, whose addresses nobody should follow.
 */
export const withoutForeignLinks = (text: string, origins: string[]): string =>
  splitAtUrls(text)
    .map((part, i) => (i % 2 === 0 || isAtOrigin(part, origins) ? part : part.replace("://", ":\u200B//")))
    .join("")
