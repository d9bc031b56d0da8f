/** What no reader sees, and what turns the order of letters around. */
const UNREADABLE = /(?![\n\t])\p{Cc}|[\u202A-\u202E\u2066-\u2069]/gu

/** The message without what no reader sees, in lines. */
export const readableText = (message: string) =>
  message
    .toWellFormed()
    .replaceAll(/\r\n?|[\u2028\u2029]/g, "\n")
    .replaceAll(UNREADABLE, "")
    .trim()

/** In at most so many characters. What is left out leaves an ellipsis. */
export function truncate(text: string, longest: number): string {
  const characters = Array.from(text)
  if (characters.length <= longest) return text
  const kept = characters.slice(0, longest - 1).join("")
  return `${kept.trimEnd()}…`
}
