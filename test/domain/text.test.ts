import { describe, expect, it } from "vitest"
import {
  lastCharacters,
  readableText,
  splitAtUrls,
  truncate,
  truncateUnits,
  withoutHidden,
} from "../../src/domain/text"

describe("a text that is shown", () => {
  it.each([
    ["overrides", "\u202Eevil\u202C", "evil"],
    ["isolates", "https://x.test/\u2067gpj.exe\u2069", "https://x.test/gpj.exe"],
    ["characters without width", "ali\u200Bce\u2060@ac\uFEFFme\u00AD", "alice@acme"],
    ["joiners that join nothing", "\u200Dali\u200Cce\u200B\u200D@ac\u200D\u200Cmé\u200Dtest", "alice@acmétest"],
  ])("hides no %s", (_, text, shown) => {
    expect(withoutHidden(text)).toBe(shown)
    expect(readableText(text)).toBe(shown)
  })

  it.each([
    ["lines and blanks", "One\n\n  two\tthree\u00A0four"],
    ["Persian", "می\u200Cخواهم"],
    ["Arabic beside digits", "\u0661\u200F12\u200E"],
    ["Hindi", "क्\u200Dष और क्\u200Cष"],
    ["Malayalam at the end of a word", "അവന്\u200D വന്നു"],
    ["accents", "é e\u0301"],
    ["emoji", "👩\u200D🚀 ❤\uFE0F 👩🏽\u200D❤\uFE0F\u200D👩🏽 1\uFE0F\u20E3"],
  ])("keeps %s as they are", (_, text) => {
    expect(withoutHidden(text)).toBe(text)
    expect(readableText(text)).toBe(text)
  })
})

describe("a message", () => {
  it("has one way to end a line, and nothing around it", () => {
    expect(readableText("\r\n one\r\ntwo\rthree\u2028four\u2029\n")).toBe("one\ntwo\nthree\nfour")
  })

  it("has no control characters and no half characters", () => {
    expect(readableText("a\0b\u0007c\u001Bd\u0085e\uD83Df")).toBe("abcde\uFFFDf")
  })
})

it.each([
  ["whole where it fits", "four", 4, "four"],
  ["cut with an ellipsis", "fives", 4, "fiv…"],
  ["cut without a blank before the ellipsis", "on the way", 4, "on…"],
  ["cut between characters", "😀😀😀", 2, "😀…"],
  ["cut before an emoji of several parts", "ok 👩\u200D👩\u200D👧\u200D👦 ok", 9, "ok…"],
  ["cut before a flag", "🇮🇳🇳🇵🇱🇰", 4, "🇮🇳…"],
  ["cut before a Devanagari syllable", "शिक्षित", 4, "शि…"],
  ["cut before a letter with its accent", "cafe\u0301s are", 5, "caf…"],
  ["cut within a letter of too many accents", `e${"\u0301".repeat(200)}`, 10, `e${"\u0301".repeat(8)}…`],
  ["empty where not one character fits", "😀😀", 1, "…"],
])("a text that must be short is %s", (_, text, maxLength, expected) => {
  expect(truncate(text, maxLength)).toBe(expected)
})

it.each([
  ["whole where it fits", "four", 4, "four"],
  ["its last characters", "fives", 4, "ives"],
  ["without the half of a character", "a😀b", 2, "b"],
  ["from between the parts of an overlong character", `e${"\u0301".repeat(200)}`, 10, "\u0301".repeat(10)],
  ["without a part of an emoji", "👩\u200D👩\u200D👧\u200D👦 ok", 5, " ok"],
  ["without a part of a syllable", "क्षि है", 5, " है"],
])("the end of a text is %s", (_, text, maxLength, expected) => {
  expect(lastCharacters(text, maxLength)).toBe(expected)
})

it("a cut at any place leaves whole characters", () => {
  const text = `🇮🇳 क्षि 👩\u200D🚀 é e\u0301 ${"e\u0301\u0302".repeat(60)} ${"👩\u200D".repeat(50)} 𝒳\r\n🏽`
  for (let length = 1; length <= text.length; length += 1) {
    for (const cut of [truncate(text, length), truncateUnits(text, length), lastCharacters(text, length)]) {
      expect(Array.from(cut).length).toBeLessThanOrEqual(length)
      expect(cut.isWellFormed()).toBe(true)
    }
  }
})

it.each([
  ["at the end of a sentence", "See https://acme.test/a?b=1.", ["See ", "https://acme.test/a?b=1", "."]],
  ["in brackets", "(http://acme.test)", ["(", "http://acme.test", ")"]],
  ["alone", "HTTPS://acme.test", ["", "HTTPS://acme.test", ""]],
  ["of http or https only", "javascript:alert(1) ftp://acme.test", ["javascript:alert(1) ftp://acme.test"]],
])("a text is split at a URL %s", (_, text, parts) => {
  expect(splitAtUrls(text)).toEqual(parts)
})
