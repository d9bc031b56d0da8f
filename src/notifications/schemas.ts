import * as z from "zod/mini"
import {
  Category,
  CursorText,
  FILTER_FIELDS,
  fromBeforeTo,
  IdText,
  PAGE_FIELDS,
  Search,
  Slug,
  Time,
  wholeNumber,
} from "../inbox/schemas"
import { toLookupAddress } from "../domain/email-address"
import { MAX_LINK_LENGTH } from "../domain/notification-link"
import { UserId } from "../orgs/schemas"
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

const MAX_RECIPIENTS = 10_000

const Recipient = z.strictObject({ org_slug: Slug, user_id: UserId })
export type Recipient = z.infer<typeof Recipient>

const isEachNamedOnce = z.check<Recipient[]>(({ value, issues }) => {
  const seen = new Set<string>()
  for (const [i, { org_slug, user_id }] of value.entries()) {
    const key = JSON.stringify([org_slug, user_id])
    if (seen.has(key)) {
      issues.push({ code: "custom", input: user_id, path: [i, "user_id"], message: "named twice in this list" })
    }
    seen.add(key)
  }
})

const MAX_LABEL_LENGTH = 60

/** Its address is checked where `FRONTEND_URL` is known. */
const Link = z.strictObject({
  url: requiredText(MAX_LINK_LENGTH),
  label: z.string().check(z.trim(), z.minLength(1, { abort: true }), z.maxLength(MAX_LABEL_LENGTH), hasVisibleText),
})

const SENT_TO = ["all_users", "all_org_users", "single_user"] as const

const FIELDS = {
  author: requiredText(254),
  message: z.string().check(z.trim(), z.minLength(1, { abort: true }), z.maxLength(10_000), hasVisibleText),
  sent_to: z.nullish(z.enum(SENT_TO)),
  urgent: LaxFlag,
  category: z._default(Category, "system"),
  scheduled_time: z.nullish(Time),
  user_email: z.nullish(z.pipe(z.string().check(z.trim(), z.maxLength(254)), z.transform(toLookupAddress))),
  org_slug: z.nullish(Slug),
  manager_or_above: LaxFlag,
  email_subject: z.nullish(z.string().check(z.trim(), z.maxLength(200))),
  recipients: z.nullish(z.array(Recipient).check(z.maxLength(MAX_RECIPIENTS), isEachNamedOnce)),
  skip_email: z.nullish(z.boolean()),
  link: z.nullish(Link),
}

/** Either `sent_to` or `recipients`. Fields that narrow `sent_to` would have no effect beside `recipients`. */
const namesRecipientsOnce = z.check<z.infer<z.ZodMiniObject<typeof FIELDS>>>(({ value, issues }) => {
  const refuse = (field: string, message: string) =>
    issues.push({ code: "custom", input: undefined, path: [field], message })
  if (!value.recipients) {
    if (!value.sent_to) refuse("sent_to", `one of ${SENT_TO.join(", ")}`)
    return
  }
  for (const field of ["sent_to", "user_email", "org_slug"] as const) {
    if (value[field]) refuse(field, "not together with recipients")
  }
  if (value.manager_or_above) refuse("manager_or_above", "not together with recipients")
})

/** Unknown fields are ignored. */
export const CreateNotification = z.object(FIELDS).check(namesRecipientsOnce)
/** `CreateNotification` for callers that are not kept from Dalgo. */
export const StrictCreateNotification = z.strictObject(FIELDS).check(namesRecipientsOnce)
export type CreateNotification = z.infer<typeof CreateNotification>

export const HistoryQuery = z
  .object({
    ...PAGE_FIELDS,
    ...FILTER_FIELDS,
    q: z.optional(Search),
    org_slug: z.optional(Slug),
    cursor: z.optional(CursorText),
  })
  .check(fromBeforeTo)

export const NotificationIdQuery = z.object({ notification_id: IdText })

/** `after` is the `next` of the previous answer. */
export const RecipientsQuery = z.object({
  notification_id: IdText,
  after: z._default(wholeNumber(0, Number.MAX_SAFE_INTEGER), 0),
})
