import * as z from "zod/mini"
import { parseEmailAddress } from "../domain/email-address"
import { safeName, safeText } from "../domain/outside-text"
import { truncateUnits } from "../domain/text"
import { isTimeZone } from "../domain/time"

/** Text of 1 to `maxLength` characters, trimmed. */
export const requiredText = (maxLength: number) => z.string().check(z.trim(), z.minLength(1), z.maxLength(maxLength))

const spellings = (word: string) => [word, word.charAt(0).toUpperCase() + word.slice(1), word.toUpperCase()]
const TRUE_WORDS = ["true", "t", "yes", "y", "on"].flatMap(spellings).concat("1")
const FALSE_WORDS = ["false", "f", "no", "n", "off"].flatMap(spellings).concat("0")

/**
 * A boolean as Dalgo's backend reads it, for the routes that were kept from there: Pydantic also takes 0, 1 and words. The
 * typed client knows booleans only.
 */
export const LaxBoolean = z.pipe(
  z.union([z.boolean(), z.literal([0, 1]), z.enum([...TRUE_WORDS, ...FALSE_WORDS])]),
  z.transform((value: boolean | 0 | 1 | string) => value === true || value === 1 || TRUE_WORDS.includes(String(value))),
) as unknown as z.ZodMiniType<boolean, boolean>

/** An IANA name, for example `Asia/Kolkata`. */
export const TimeZone = z.string().check(z.refine(isTimeZone, "not the name of a time zone, such as Asia/Kolkata"))

/** One e-mail address, in its canonical form. */
export const EmailAddress = z.pipe(
  z.string().check(z.maxLength(1_000)),
  z.transform((text: string, context) => {
    const parsed = parseEmailAddress(text)
    if ("address" in parsed) return parsed.address
    context.issues.push({ code: "custom", input: text, message: `not an e-mail address: ${parsed.flaw}` })
    return z.NEVER
  }),
)

/** Text that another system wrote, made safe. */
export const outsideText = z.pipe(z.string(), z.transform(safeText))

const MAX_NAME_LENGTH = 200
/** A name that another system gave, made safe, as one line. */
export const outsideName = z.pipe(
  z.string(),
  z.transform((name: string) => truncateUnits(safeName(name), MAX_NAME_LENGTH)),
)

/** As `requiredText`, for the text of a failure: what is unsafe or too long is replaced and cut, not refused. */
export const requiredOutsideText = (maxLength: number) =>
  z.pipe(
    z.string().check(z.trim(), z.minLength(1)),
    z.transform((text: string) => truncateUnits(safeText(text), maxLength)),
  )

/** D1 would end a text at NUL, and store other characters for half of one. */
const isStorable = (text: string) => text.isWellFormed() && !text.includes("\0")

type Path = { name: string | number; parent: Path } | undefined

/**
 * The paths of the texts in a value, keys included, that cannot be stored as they are. Without recursion, since JSON may
 * be nested more deeply than calls.
 */
export function unstorableTexts(value: unknown): (string | number)[][] {
  const found: (string | number)[][] = []
  const rest: { value: unknown; path: Path }[] = [{ value, path: undefined }]
  for (let next = rest.pop(); next; next = rest.pop()) {
    const { value: each, path } = next
    if (typeof each === "string" && !isStorable(each)) found.push(namesIn(path))
    if (typeof each !== "object" || each === null) continue
    for (const [key, child] of Object.entries(each)) {
      const name = Array.isArray(each) ? Number(key) : key.toWellFormed().replaceAll("\0", "\uFFFD")
      if (!isStorable(key)) found.push(namesIn({ name, parent: path }))
      rest.push({ value: child, path: { name, parent: path } })
    }
  }
  return found
}

function namesIn(path: Path): (string | number)[] {
  const names: (string | number)[] = []
  for (let part = path; part; part = part.parent) names.unshift(part.name)
  return names
}

/** What is wrong with such a text. */
export const UNSTORABLE = "half of a character, or the character NUL"

/** The parsed JSON, for a schema to check; `undefined` if the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
