import * as z from "zod/mini"
import { CATEGORIES, type Category } from "../domain/categories"
import { EmailAddress, requiredText, TimeZone } from "../runtime/zod"
import { ROLE_BY_NAME, type RoleName } from "../domain/roles"
import { USER_ID } from "../domain/user-id"

export const OrgPath = z.object({
  slug: z.string().check(z.regex(/^[A-Za-z0-9_-]{1,100}$/, "1 to 100 letters, digits, _ or -")),
})

const PLAIN_TEXT_RULE = "1 to 100 printable ASCII characters, without blanks"
const PlainText = z.string().check(z.regex(USER_ID, PLAIN_TEXT_RULE))
const WholeNumber = z.pipe(
  z.int(),
  z.transform((id: number) => String(id)),
)

/** `user_id` of the access token, a text or an integer. It is stored as text. */
export const UserId = z.union([PlainText, WholeNumber], `a whole number, or ${PLAIN_TEXT_RULE}`)

export const MemberPath = z.extend(OrgPath, { user_id: PlainText })

export const RemoveQuery = z.strictObject({
  erase: z.optional(
    z.pipe(
      z.enum(["true", "false", "1", "0"]),
      z.transform((value: "true" | "false" | "1" | "0") => value === "true" || value === "1"),
    ),
  ),
})

/** Absent fields stay as they are; `null` resets a field to its default. */
export const OrgChange = z.strictObject({
  name: requiredText(200),
  timezone: z.nullish(TimeZone),
  llm_optin: z.nullish(z.boolean()),
  urgent_categories: z.nullish(
    z.pipe(
      z.array(z.enum(CATEGORIES)).check(z.maxLength(100)),
      // Sorted, so that equal choices are stored as equal text.
      z.transform((chosen: Category[]) => CATEGORIES.filter((category) => chosen.includes(category))),
    ),
  ),
})
export type OrgChange = z.infer<typeof OrgChange>

const Role = z.pipe(
  z.enum(Object.keys(ROLE_BY_NAME) as RoleName[]),
  z.transform((name: RoleName) => ROLE_BY_NAME[name]),
)

export const Member = z.strictObject({
  user_id: UserId,
  email: EmailAddress,
  name: z.nullish(z.string().check(z.trim(), z.maxLength(200))),
  role: Role,
})
export type Member = z.infer<typeof Member>

const MAX_MEMBERS = 10_000
export const Members = z.array(Member).check(z.maxLength(MAX_MEMBERS))

/** The same list before its rows are read: one wrong row must not refuse the others. */
export const MemberRows = z.array(z.unknown()).check(z.maxLength(MAX_MEMBERS))
