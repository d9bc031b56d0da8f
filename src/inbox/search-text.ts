/** The full-text index has an entry for each run of three characters. */
export const TRIGRAM_LENGTH = 3
/** Limits the entries of the index that a search merges. */
const MAX_TRIGRAMS = 6

/**
 * Trigrams of a text, spread over its whole length: every match contains all of them. They select candidates from the
 * index without the positions of each entry, which a phrase would read.
 */
export function trigramsOf(text: string): string[] {
  const characters = Array.from(text)
  const last = characters.length - TRIGRAM_LENGTH
  const count = Math.min(MAX_TRIGRAMS, Math.ceil(characters.length / TRIGRAM_LENGTH))
  const starts = Array.from({ length: count }, (_, i) => (count === 1 ? 0 : Math.round((i * last) / (count - 1))))
  return [...new Set(starts.map((start) => characters.slice(start, start + TRIGRAM_LENGTH).join("")))]
}

/** A letter beyond ASCII, in upper and lower case. SQLite's `lower` folds ASCII only. */
export type CasePair = { upper: string; lower: string }

/** The letters of a text beyond ASCII that have two cases, each of one character. */
export function casePairsOf(text: string): CasePair[] {
  const letters = new Set(Array.from(text.toLowerCase()).filter((letter) => letter > "\u007F"))
  return [...letters]
    .map((lower) => ({ upper: lower.toUpperCase(), lower }))
    .filter(({ upper, lower }) => upper !== lower && Array.from(upper).length === 1)
}
