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

/** The characters that people see: an emoji of several parts and a Devanagari syllable are one each. */
const characterAt = (text: string, at: number) => {
  characters ??= new Intl.Segmenter("en", { granularity: "grapheme" })
  return characters.segment(text).containing(at)
}
let characters: Intl.Segmenter | undefined
/** A longer character, such as a letter with hundreds of accents, is cut between its code points. */
const MAX_CHARACTER_LENGTH = 64

/** The last position up to `at` that does not lie within a character. Positions are UTF-16 units. */
function characterBoundary(text: string, at: number): number {
  if (at <= 0) return 0
  if (at >= text.length) return text.length
  // A row of flags shows only from its beginning where one ends.
  const start = Math.max(0, text.lastIndexOf("\n", at - 1), codePointBoundary(text, at - 1_000))
  const window = text.slice(start, at + MAX_CHARACTER_LENGTH)
  const { index, segment } = characterAt(window, at - start) ?? { index: 0, segment: window }
  return segment.length < MAX_CHARACTER_LENGTH ? start + index : codePointBoundary(text, at)
}

const codePointBoundary = (text: string, at: number) =>
  /^[\uD800-\uDBFF][\uDC00-\uDFFF]/.test(text.slice(Math.max(0, at - 1), at + 1)) ? at - 1 : at

/** At most `maxLength` code points; a cut text ends in an ellipsis. */
export function truncate(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text
  let count = 0
  let limit = 0
  let length = 0
  for (const codePoint of text) {
    count += 1
    length += codePoint.length
    if (count < maxLength) limit = length
    else if (count > maxLength) return `${text.slice(0, characterBoundary(text, limit)).trimEnd()}…`
  }
  return text
}

/** As `truncate`, with `maxLength` in UTF-16 units, as `String.length` and the limits of the API count. */
export const truncateUnits = (text: string, maxLength: number) =>
  text.length <= maxLength ? text : `${firstCharacters(text, maxLength - 1).trimEnd()}…`

/** The beginning of a text, at most `maxLength` UTF-16 units, without an ellipsis. */
export const firstCharacters = (text: string, maxLength: number) => text.slice(0, characterBoundary(text, maxLength))

/** The end of a text, at most `maxLength` UTF-16 units. */
export function lastCharacters(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text
  const at = text.length - maxLength
  const before = characterBoundary(text, at)
  const { length } = characterAt(text.slice(before, at + MAX_CHARACTER_LENGTH), 0)?.segment ?? ""
  const after = before === at ? at : before + length
  return text.slice(after < at + MAX_CHARACTER_LENGTH ? after : codePointBoundary(text, at + 1))
}

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
