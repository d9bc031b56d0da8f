import { SERVICE_AUTHOR } from "./announcement"

const NAME = SERVICE_AUTHOR.toLowerCase()

/** Letters and digits of other scripts and shapes that look like those of the name, after NFKC and without accents. */
const LOOK_ALIKES = new Map(
  Object.entries({
    d: ["\u0501", "\u13E7", "\u0111", "\u00F0", "\u0256", "\u0257", "\u13A0", "\u15DE", "\u15EA", "\uA4D3"],
    a: ["\u0430", "\u03B1", "\u0251", "\u2C65", "\u13AA", "\u15C5", "\uA4EE", "4"],
    l: ["\u04CF", "\u0406", "\u0399", "\u0131", "\u0142", "\u019A", "\u026B", "\u13DE", "\u14AA", "\uA4E1", "1", "|"],
    g: ["\u0261", "\u0581", "\u01E5", "\u0260", "\u050D", "\u13C0", "\uA4D6", "9"],
    o: ["\u043E", "\u03BF", "\u0585", "\u00F8", "\u0275", "\u0D20", "\u2C9F", "\uA4F3", "0"],
  }).flatMap(([letter, others]) => others.map((other) => [other, letter] as const)),
)

/** A capital I within small letters, as in "DaIgo". The given name Daigo has a small one. */
const CAPITAL_I = /(?<=\p{Ll})I/gu
const MARKS = /[\p{M}\p{Default_Ignorable_Code_Point}\p{Cf}]/gu
const CAMEL_CASE = /(?<=\p{Ll})(?=\p{Lu}\p{Ll})/gu
/** Words that may stand beside the name without a space. */
const GLUED = new RegExp(
  `^(the|team)?${NAME}(team|support|help|helpdesk|admins?|bots?|system|services?|notifications?|alerts?|official|platform|security)?$`,
)

/**
 * Whether a text takes the name of the service: as one of its words, or as all of them together, however it is written.
 * Case, accents, invisible characters, blanks between letters and look-alikes of other scripts do not matter. A longer word
 * such as "Dalgona" is another name.
 */
export function takesServiceName(text: string): boolean {
  return [text, text.replaceAll("@", "a")].some((each) => {
    const words = wordsOf(each)
    return words.includes(NAME) || GLUED.test(words.join("")) || lettersInARow(words).includes(NAME)
  })
}

function wordsOf(text: string): string[] {
  const plain = text.normalize("NFKC").normalize("NFD").replaceAll(MARKS, "").replaceAll(CAPITAL_I, "l")
  const folded = Array.from(plain.replaceAll(CAMEL_CASE, " "), (character) => {
    return LOOK_ALIKES.get(character) ?? LOOK_ALIKES.get(character.toLowerCase()) ?? character.toLowerCase()
  })
  return folded
    .join("")
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean)
}

/** Words of one letter, joined: of "D a l g o Team", "dalgo". */
const lettersInARow = (words: string[]) =>
  words
    .map((word) => (word.length === 1 ? word : " "))
    .join("")
    .split(" ")
