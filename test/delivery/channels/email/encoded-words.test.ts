import { describe, expect, it } from "vitest"
import { encodedWords } from "../../../../src/delivery/channels/email/encoded-words"

/** As a mail program reads it: words of one text have only blanks between them. RFC 2047, section 6.2. */
const decode = (header: string) =>
  header
    .split(" ")
    .map((word) => {
      const [, base64 = ""] = /^=\?UTF-8\?B\?([A-Za-z0-9+/]+=*)\?=$/.exec(word) ?? []
      const bytes = Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0))
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
    })
    .join("")

const FAMILY = "👨‍👩‍👧‍👦"

describe("encoded words", () => {
  it.each([
    ["a short name", "Größe", 1],
    ["45 bytes", "ñ".repeat(22) + "n", 1],
    ["46 bytes", "ñ".repeat(23), 2],
    ["a long name", "Dalgo – सूचनाएँ और चेतावनियाँ, für alle Einrichtungen und ihre Partner weltweit", 3],
    ["emoji of several parts", FAMILY.repeat(4), 4],
    ["one letter with a hundred accents", `a${"\u0301".repeat(100)}`, 5],
    ["blanks at the seams", `${"ü".repeat(22)}  ${"ü".repeat(22)}`, 2],
  ])("of %s have at most 75 characters each and give the text back", (_, text, words) => {
    const header = encodedWords(text)
    expect(decode(header)).toBe(text)
    expect(header).toMatch(/^[ -~]+$/)
    expect(header.split(" ")).toHaveLength(words)
    for (const word of header.split(" ")) expect(word.length).toBeLessThanOrEqual(75)
  })

  it("divide no character", () => {
    for (const word of encodedWords(FAMILY.repeat(4)).split(" ")) expect(decode(word)).toBe(FAMILY)
    for (const word of encodedWords("की".repeat(30)).split(" ")) expect(decode(word)).toMatch(/^(की)+$/)
  })
})
