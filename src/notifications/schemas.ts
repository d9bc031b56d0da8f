import * as z from "zod"
import { CATEGORIES } from "../categories"

export const Category = z.enum(CATEGORIES)

/** A time as ISO 8601; without an offset it is UTC. Milliseconds since 1970 inside. */
const Time = z.iso
  .datetime({ offset: true, local: true })
  .transform((text) => Date.parse(/(Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`))

export const CreateNotification = z.strictObject({
  author: z.string().trim().min(1).max(254),
  message: z.string().trim().min(1).max(10_000),
  sent_to: z.enum(["all_users", "all_org_users", "single_user"]),
  urgent: z.boolean().default(false),
  category: Category.default("system"),
  scheduled_time: Time.nullish(),
  user_email: z.string().trim().toLowerCase().max(254).nullish(),
  org_slug: z.string().trim().max(100).nullish(),
  manager_or_above: z.boolean().default(false),
  email_subject: z.string().trim().max(200).nullish(),
})
export type CreateNotification = z.infer<typeof CreateNotification>

export const InboxQuery = z.object({
  page: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).default(1),
  limit: z.coerce.number().int().min(1).max(100).default(10),
  read_status: z
    .enum(["0", "1"])
    .transform((value) => value === "1")
    .optional(),
})

export const MarkRead = z.strictObject({
  notification_ids: z.array(z.int().positive()).max(10_000),
  read_status: z.boolean(),
})
