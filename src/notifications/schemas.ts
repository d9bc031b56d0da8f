import * as z from "zod/mini"
import { CATEGORIES } from "../domain/categories"
import { parseCursor } from "../inbox/cursor"
import { DELIVERY_ID_PATTERN, parseDeliveryCursor, parseDeliveryId } from "./undelivered/id"

export const Category = z.enum(CATEGORIES)

const Slug = z.string().check(z.trim(), z.maxLength(100))
const Id = z.int().check(z.positive())

const DAY_MS = 24 * 60 * 60 * 1000
const isDate = (text: string) => !text.includes("T")
/** A date is its midnight; without an offset it is UTC. */
const parseTime = (text: string) => Date.parse(isDate(text) || /(Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`)

const DateTime = z.iso.datetime({ offset: true, local: true })
/** A time as ISO 8601; without an offset it is UTC. Milliseconds since 1970 inside. */
const Time = z.pipe(DateTime, z.transform(parseTime))

/** Something that can be seen: not blanks, controls and characters of no width only. */
const hasVisibleText = z.refine<string>((text) => /[^\s\p{C}]/u.test(text), "nothing that can be read")

export const CreateNotification = z.strictObject({
  author: z.string().check(z.trim(), z.minLength(1), z.maxLength(254)),
  message: z.string().check(z.trim(), z.minLength(1, { abort: true }), z.maxLength(10_000), hasVisibleText),
  sent_to: z.enum(["all_users", "all_org_users", "single_user"]),
  urgent: z._default(z.boolean(), false),
  category: z._default(Category, "system"),
  scheduled_time: z.nullish(Time),
  user_email: z.nullish(z.string().check(z.trim(), z.toLowerCase(), z.maxLength(254))),
  org_slug: z.nullish(Slug),
  manager_or_above: z._default(z.boolean(), false),
  email_subject: z.nullish(z.string().check(z.trim(), z.maxLength(200))),
})
export type CreateNotification = z.infer<typeof CreateNotification>

export const MarkRead = z.strictObject({
  notification_ids: z.array(Id).check(z.maxLength(10_000)),
  read_status: z.boolean(),
})

// Pages --------------------------------------------------------------------------------------------------

/** Digits and nothing else: JavaScript takes `0x2`, `1e1` and blanks for numbers too. */
const wholeNumber = (least: number, most: number) =>
  z.pipe(
    z.transform((given: string | number) => (/^\d+$/.test(String(given)) ? Number(given) : given)),
    z.number().check(z.int(), z.gte(least), z.lte(most)),
  )

/** Given once with commas between, or several times. */
const listOf = <T extends z.ZodMiniType<string, string>>(word: T) =>
  z.pipe(
    z.transform((given: string | string[]) => [...new Set([given].flat().flatMap((one) => one.split(",")))]),
    z.array(word).check(z.minLength(1)),
  )

const Flag = z.pipe(
  z.enum(["true", "false", "1", "0"]),
  z.transform((value: "true" | "false" | "1" | "0") => (value === "true" || value === "1" ? true : undefined)),
)

const DateOrTime = z.union([z.iso.date(), DateTime])
const From = z.pipe(DateOrTime, z.transform(parseTime))
/** A day lasts until midnight, UTC. */
const To = z.pipe(
  DateOrTime,
  z.transform((text: string) => parseTime(text) + (isDate(text) ? DAY_MS - 1 : 0)),
)

/** The index of texts knows three characters and more. */
const MIN_SEARCH_LENGTH = 3
const Search = z.string().check(
  z.trim(),
  z.maxLength(100),
  z.refine((text) => Array.from(text).length >= MIN_SEARCH_LENGTH, `at least ${MIN_SEARCH_LENGTH} characters`),
  z.refine((text) => !text.includes("\0"), "a character that no text has"),
)

/** A text that we made, read back. */
const parsedBy = <T>(what: string, parse: (text: string) => T | undefined) =>
  z.transform((text: string, { issues }): T => {
    const parsed = parse(text)
    if (parsed !== undefined) return parsed
    issues.push({ code: "custom", message: `not ${what} of ours`, input: text })
    return z.NEVER
  })

const CursorText = z.pipe(z.string().check(z.maxLength(40)), parsedBy("a cursor", parseCursor))

const page = {
  page: z._default(wholeNumber(1, Number.MAX_SAFE_INTEGER), 1),
  limit: z._default(wholeNumber(1, 100), 10),
}
const filter = {
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
const fromBeforeTo = z.refine<{ from?: number | undefined; to?: number | undefined }>(
  ({ from, to }) => from === undefined || to === undefined || from <= to,
  { path: ["to"], error: "before `from`" },
)

export const InboxQuery = z.object({ ...page, ...filter, q: z.optional(Search) }).check(fromBeforeTo)
export const FilteredQuery = z
  .object({ ...page, ...filter, q: z.optional(Search), cursor: z.optional(CursorText) })
  .check(fromBeforeTo)
export type FilteredQuery = z.infer<typeof FilteredQuery>

export const HistoryQuery = z
  .object({ ...page, ...filter, org_slug: z.optional(Slug), cursor: z.optional(CursorText) })
  .check(fromBeforeTo)

const IdText = wholeNumber(1, Number.MAX_SAFE_INTEGER)
export const NotificationIdQuery = z.object({ notification_id: IdText })
export const NotificationPath = z.object({ id: IdText })
/** `after` is the `next` of the answer before. */
export const RecipientsQuery = z.object({
  notification_id: IdText,
  after: z._default(wholeNumber(0, Number.MAX_SAFE_INTEGER), 0),
})

// What was given up on ------------------------------------------------------------------------------------

/** Refused for good, or tried as often as we try. */
const UNDELIVERED_STATUSES = ["failed", "dead"] as const
export const UndeliveredStatus = z.enum(UNDELIVERED_STATUSES)
export type UndeliveredStatus = z.infer<typeof UndeliveredStatus>

export const UndeliveredQuery = z.object({
  status: z._default(listOf(UndeliveredStatus), [...UNDELIVERED_STATUSES]),
  org_slug: z.optional(Slug),
  limit: page.limit,
  cursor: z.optional(z.pipe(z.string().check(z.maxLength(60)), parsedBy("a cursor", parseDeliveryCursor))),
})
export const DeliveryPath = z.object({
  id: z.pipe(z.string().check(z.regex(DELIVERY_ID_PATTERN)), parsedBy("an id", parseDeliveryId)),
})
