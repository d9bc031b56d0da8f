import * as z from "zod/mini"
import { CATEGORIES } from "../categories"

export const Category = z.enum(CATEGORIES)

/** A time as ISO 8601; without an offset it is UTC. Milliseconds since 1970 inside. */
const Time = z.pipe(
  z.iso.datetime({ offset: true, local: true }),
  z.transform((text: string) => Date.parse(/(Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`)),
)

export const CreateNotification = z.strictObject({
  author: z.string().check(z.trim(), z.minLength(1), z.maxLength(254)),
  message: z.string().check(z.trim(), z.minLength(1), z.maxLength(10_000)),
  sent_to: z.enum(["all_users", "all_org_users", "single_user"]),
  urgent: z._default(z.boolean(), false),
  category: z._default(Category, "system"),
  scheduled_time: z.nullish(Time),
  user_email: z.nullish(z.string().check(z.trim(), z.toLowerCase(), z.maxLength(254))),
  org_slug: z.nullish(z.string().check(z.trim(), z.maxLength(100))),
  manager_or_above: z._default(z.boolean(), false),
  email_subject: z.nullish(z.string().check(z.trim(), z.maxLength(200))),
})
export type CreateNotification = z.infer<typeof CreateNotification>

const wholeNumber = (least: number, most: number) => z.coerce.number().check(z.int(), z.gte(least), z.lte(most))

export const InboxQuery = z.object({
  page: z._default(wholeNumber(1, Number.MAX_SAFE_INTEGER), 1),
  limit: z._default(wholeNumber(1, 100), 10),
  read_status: z.optional(
    z.pipe(
      z.enum(["0", "1"]),
      z.transform((value: "0" | "1") => value === "1"),
    ),
  ),
})

export const MarkRead = z.strictObject({
  notification_ids: z.array(z.int().check(z.positive())).check(z.maxLength(10_000)),
  read_status: z.boolean(),
})
