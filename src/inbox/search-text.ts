// A search takes upper and lower case as the same, in every script. The text index folds the case of each letter. SQLite's
// `lower()` folds ASCII only, so the other letters of a phrase are replaced one by one.

const CASE_FOLDS_TO_SIGMA = "ς"

/** The letter in lower case. Letters that become several, such as ß, and such that become ASCII stay as they are. */
function foldLetter(letter: string): string {
  const folded = letter.toUpperCase().toLowerCase()
  const isOne = Array.from(folded).length === 1
  return isOne && isAscii(folded) === isAscii(letter) ? folded : letter
}

const isAscii = (letter: string) => letter < "\u{80}"

/** A phrase in lower case, letter by letter. */
export const foldCase = (phrase: string) => Array.from(phrase, foldLetter).join("")

/** The letters beyond ASCII to replace in a text before a folded phrase is looked for in it. */
export function letterReplacements(folded: string): [from: string, to: string][] {
  const letters = new Set(Array.from(folded).filter((letter) => !isAscii(letter)))
  return Array.from(letters).flatMap((letter) => {
    const others = [letter.toUpperCase(), ...(letter === "σ" ? [CASE_FOLDS_TO_SIGMA] : [])]
    return others
      .filter((other) => other !== letter && foldLetter(other) === letter)
      .map((other): [string, string] => [other, letter])
  })
}

/** At most `max` of the phrase's trigrams, the first and the last included. A text without one of them lacks the phrase. */
export function spreadTrigrams(phrase: string, max: number): string[] {
  const letters = Array.from(phrase)
  const last = letters.length - 3
  const steps = Math.max(1, Math.min(max - 1, last))
  const starts = Array.from({ length: steps + 1 }, (_, i) => Math.round((i * last) / steps))
  return [...new Set(starts.map((start) => letters.slice(start, start + 3).join("")))]
}
