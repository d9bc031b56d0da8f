import { describe, expect, it } from "vitest"
import { foldCase, letterReplacements, spreadTrigrams } from "../../src/inbox/search-text"

describe("foldCase", () => {
  it.each([
    ["HERON", "heron"],
    ["École À Çà", "école à çà"],
    ["ОТЧЁТ", "отчёт"],
    ["ΣΊΣΥΦΟΣ", "σίσυφοσ"],
    ["Σίσυφος", "σίσυφοσ"],
    ["डेटा", "डेटा"],
    ["Straße", "straße"],
    ["İstanbul", "İstanbul"],
    ["🙂", "🙂"],
  ])("folds %j to %j", (phrase, folded) => {
    expect(foldCase(phrase)).toBe(folded)
    expect(foldCase(folded)).toBe(folded)
  })
})

describe("letterReplacements", () => {
  it.each([
    ["heron", []],
    ["डेटा 🙂 ß", []],
    [
      "école à",
      [
        ["É", "é"],
        ["À", "à"],
      ],
    ],
    [
      "σσ",
      [
        ["Σ", "σ"],
        ["ς", "σ"],
      ],
    ],
  ])("of %j are %j", (folded, replacements) => {
    expect(letterReplacements(folded)).toEqual(replacements)
  })
})

describe("spreadTrigrams", () => {
  it.each([
    ["abc", ["abc"]],
    ["abcd", ["abc", "bcd"]],
    ["abcdef", ["abc", "bcd", "cde", "def"]],
    ["abcdefghijklmnop", ["abc", "efg", "jkl", "nop"]],
    ["aaaaaaaa", ["aaa"]],
    ["🙂🙃😀😁", ["🙂🙃😀", "🙃😀😁"]],
  ])("of %j are %j", (phrase, trigrams) => {
    expect(spreadTrigrams(phrase, 4)).toEqual(trigrams)
  })
})
