/** What ends a line: it would begin another header. */
const LINE_BREAKS = /[\p{Cc}\u2028\u2029]+/gu

/** What cannot be seen, or turns the order of letters around. Of joiners, and of an emoji's two looks, one sees the effect. */
const INVISIBLE = /(?!\u200C|\u200D|\uFE0E|\uFE0F)[\p{Default_Ignorable_Code_Point}\uFFF9-\uFFFB]/gu

/** Persian, Hindi and others are written with joiners, and emoji are made with them. Anywhere else they hide. */
const JOINED = "[\\p{L}\\p{M}\\p{Extended_Pictographic}\\p{Emoji_Modifier}\\uFE0F]"
const STRAY_JOINERS = new RegExp(
  `(?<!(?!\\p{Script=Latin})${JOINED})[\\u200C\\u200D]|[\\u200C\\u200D](?!(?!\\p{Script=Latin})${JOINED})`,
  "gu",
)

/** Of any text one line that may stand in a header: nothing that ends a line, nothing that is not seen. */
export const oneLine = (text: string) =>
  text
    .toWellFormed()
    .replaceAll(LINE_BREAKS, " ")
    .replaceAll(INVISIBLE, "")
    .replaceAll(STRAY_JOINERS, "")
    .replaceAll(/ {2,}/g, " ")
    .trim()

/** One address and nothing beside it, neither a header nor a second recipient. */
export const isSingleAddress = (text: string) => /^[^\s\p{C}<>()[\],;:"@]+@[^\s\p{C}<>()[\],;:"@]+$/u.test(text)

/** The address of a page, as it may stand in a header or a link; `undefined` if it is none. */
export function httpUrl(text: string | undefined): string | undefined {
  const url = text === undefined ? null : URL.parse(text)
  return url && ["http:", "https:"].includes(url.protocol) ? url.href : undefined
}
