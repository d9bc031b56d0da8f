import { encodeBase64 } from "hono/utils/encode"

/** An encoded word has at most 75 characters: `=?UTF-8?B?`, 60 of Base64, and `?=`. RFC 2047, section 2. */
const MAX_WORD_BYTES = 45

const encoder = new TextEncoder()

/**
 * A text in any script as ASCII, for a header: encoded words with a space between them, which readers remove. No character
 * is divided between two words. RFC 2047.
 */
export function encodedWords(text: string): string {
  const words = [""]
  for (const part of wholeCharacters(text)) {
    const word = words.at(-1) ?? ""
    if (byteLength(word + part) <= MAX_WORD_BYTES) words[words.length - 1] = word + part
    else words.push(part)
  }
  return words.map((word) => `=?UTF-8?B?${encodeBase64(encoder.encode(word).buffer)}?=`).join(" ")
}

/** The characters that people see. One that is too long for a word is divided into its code points. */
function wholeCharacters(text: string): string[] {
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" })
  return Array.from(segmenter.segment(text)).flatMap(({ segment }) =>
    byteLength(segment) <= MAX_WORD_BYTES ? segment : Array.from(segment),
  )
}
let segmenter: Intl.Segmenter | undefined

const byteLength = (text: string) => encoder.encode(text).length
