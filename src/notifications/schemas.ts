import * as z from "zod/mini"
import {
  Category,
  CursorText,
  FILTER_FIELDS,
  fromBeforeTo,
  IdText,
  PAGE_FIELDS,
  Slug,
  Time,
  wholeNumber,
} from "../inbox/schemas"
import { toLookupAddress } from "../domain/email-address"
import { LaxBoolean, requiredText } from "../runtime/zod"

/** At least one character that a reader can see: no blank, no control character, none of zero width. */
const hasVisibleText = z.refine<string>((text) => /[^\s\p{C}]/u.test(text), "nothing that can be read")

/** As Dalgo's backend reads it: `null` is false. */
const LaxFlag = z._default(
  z.pipe(
    z.nullable(LaxBoolean),
    z.transform((value: boolean | null) => value ?? false),
  ),
  false,
)

/** Unknown fields are ignored. */
export const CreateNotification = z.object({
  author: requiredText(254),
  message: z.string().check(z.trim(), z.minLength(1, { abort: true }), z.maxLength(10_000), hasVisibleText),
  sent_to: z.enum(["all_users", "all_org_users", "single_user"]),
  urgent: LaxFlag,
  category: z._default(Category, "system"),
  scheduled_time: z.nullish(Time),
  user_email: z.nullish(z.pipe(z.string().check(z.trim(), z.maxLength(254)), z.transform(toLookupAddress))),
  org_slug: z.nullish(Slug),
  manager_or_above: LaxFlag,
  email_subject: z.nullish(z.string().check(z.trim(), z.maxLength(200))),
})
export type CreateNotification = z.infer<typeof CreateNotification>

export const HistoryQuery = z
  .object({ ...PAGE_FIELDS, ...FILTER_FIELDS, org_slug: z.optional(Slug), cursor: z.optional(CursorText) })
  .check(fromBeforeTo)

export const NotificationIdQuery = z.object({ notification_id: IdText })

/** `after` is the `next` of the previous answer. */
export const RecipientsQuery = z.object({
  notification_id: IdText,
  after: z._default(wholeNumber(0, Number.MAX_SAFE_INTEGER), 0),
})
