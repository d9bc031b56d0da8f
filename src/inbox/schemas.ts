import * as z from "zod/mini"
import { CATEGORIES } from "../domain/categories"
import { LaxBoolean } from "../runtime/zod"
import { parseCursor } from "./cursor"

export const Category = z.enum(CATEGORIES)

export const Slug = z.string().check(z.trim(), z.maxLength(100))
const Id = z.int().check(z.positive())
/** As Dalgo's backend reads it. The typed client knows numbers only. */
const LaxId = z.union([
  Id,
  z.pipe(
    z.string().check(z.regex(/^0*[1-9]\d{0,14}$/)),
    z.transform((digits: string) => Number(digits)),
  ),
]) as unknown as z.ZodMiniType<number, number>

// Times --------------------------------------------------------------------------------------------------

const DAY_MS = 24 * 60 * 60 * 1000
const isDate = (text: string) => !text.includes("T")
/** A date is its midnight. A time without an offset is UTC. */
const parseTime = (text: string) => Date.parse(isDate(text) || /(Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`)

const A_TIME = "a time such as 2026-11-03T08:12:00Z"
const DateTime = z.iso.datetime({ offset: true, local: true, error: `expected ${A_TIME}` })
/** ISO 8601 on the wire, milliseconds since 1970 after parsing. A time without an offset is UTC. */
export const Time = z.pipe(DateTime, z.transform(parseTime))

const DateOrTime = z.union([z.iso.date(), DateTime], { error: `expected a date such as 2026-11-03, or ${A_TIME}` })
const From = z.pipe(DateOrTime, z.transform(parseTime))
/** A date includes its whole day, in UTC. */
const To = z.pipe(
  DateOrTime,
  z.transform((text: string) => parseTime(text) + (isDate(text) ? DAY_MS - 1 : 0)),
)

// Query parameters ---------------------------------------------------------------------------------------

/** Digits only: `Number()` would also accept `0x2`, `1e1` and blanks. */
export const wholeNumber = (min: number, max: number) => {
  const error = `expected a whole number from ${min}${max === Number.MAX_SAFE_INTEGER ? "" : ` to ${max}`}`
  return z.pipe(
    z.transform((input: string | number) => (/^\d+$/.test(String(input)) ? Number(input) : input)),
    z.number({ error }).check(z.int({ error }), z.gte(min, { error }), z.lte(max, { error })),
  )
}
export const IdText = wholeNumber(1, Number.MAX_SAFE_INTEGER)

/** One parameter with commas, or the same parameter several times. */
export const listOf = <T extends z.ZodMiniType<string, string>>(item: T) =>
  z.pipe(
    z.transform((input: string | string[]) => [...new Set([input].flat().flatMap((part) => part.split(",")))]),
    z.array(item).check(z.minLength(1)),
  )

const Flag = z.pipe(
  z.enum(["true", "false", "1", "0"]),
  z.transform((value: "true" | "false" | "1" | "0") => (value === "true" || value === "1" ? true : undefined)),
)

/** A text that this service made, such as a cursor; `expected` says where it is from. `parse` answers `undefined` for any other. */
export const parsedBy = <T>(expected: string, parse: (text: string) => T | undefined) =>
  z.transform((text: string, { issues }): T => {
    const parsed = parse(text)
    if (parsed !== undefined) return parsed
    issues.push({ code: "custom", message: `expected ${expected}`, input: text })
    return z.NEVER
  })

// Pages and filters --------------------------------------------------------------------------------------

export const PAGE_FIELDS = {
  page: z._default(wholeNumber(1, Number.MAX_SAFE_INTEGER), 1),
  limit: z._default(wholeNumber(1, 100), 10),
}

export const FILTER_FIELDS = {
  read_status: z.optional(
    z.pipe(
      z.enum(["0", "1"]),
      z.transform((value: "0" | "1") => value === "1"),
    ),
  ),
  category: z.optional(listOf(Category)),
  urgent_only: z.optional(Flag),
  from: z.optional(From),
  to: z.optional(To),
}

export const fromBeforeTo = z.refine<{ from?: number | undefined; to?: number | undefined }>(
  ({ from, to }) => from === undefined || to === undefined || from <= to,
  { path: ["to"], error: "before `from`" },
)

export const A_CURSOR = "the `next_cursor` of the previous page"
export const CursorText = z.pipe(
  z.string().check(z.maxLength(40, { error: `expected ${A_CURSOR}` })),
  parsedBy(A_CURSOR, parseCursor),
)

/** The full-text index finds nothing shorter. */
const MIN_SEARCH_LENGTH = 3
export const Search = z.string().check(
  z.trim(),
  z.maxLength(50),
  z.refine((text) => Array.from(text).length >= MIN_SEARCH_LENGTH, `at least ${MIN_SEARCH_LENGTH} characters`),
  z.refine((text) => !text.includes("\0"), "a character that no text has"),
)

// Requests -----------------------------------------------------------------------------------------------

/** Dalgo ignores parameters that it does not know. New routes refuse them. */
export const InboxQuery = z.object({ ...PAGE_FIELDS, ...FILTER_FIELDS, q: z.optional(Search) }).check(fromBeforeTo)

export const FilteredQuery = z
  .strictObject({ ...PAGE_FIELDS, ...FILTER_FIELDS, q: z.optional(Search), cursor: z.optional(CursorText) })
  .check(fromBeforeTo)
export type FilteredQuery = z.infer<typeof FilteredQuery>

export const MarkRead = z.object({
  notification_ids: z.array(LaxId).check(z.maxLength(10_000)),
  read_status: LaxBoolean,
})

export const NotificationPath = z.object({ id: IdText })
