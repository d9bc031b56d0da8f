import * as z from "zod/mini"
import { listOf, PAGE_FIELDS, parsedBy, Slug } from "../../inbox/schemas"
import { DELIVERY_ID_PATTERN, parseDeliveryCursor, parseDeliveryId } from "./id"

const UNDELIVERED_STATUSES = ["failed", "dead"] as const
/** `failed`: refused for good. `dead`: every attempt failed. */
export const UndeliveredStatus = z.enum(UNDELIVERED_STATUSES)
export type UndeliveredStatus = z.infer<typeof UndeliveredStatus>

export const UndeliveredQuery = z.object({
  status: z._default(listOf(UndeliveredStatus), [...UNDELIVERED_STATUSES]),
  org_slug: z.optional(Slug),
  limit: PAGE_FIELDS.limit,
  cursor: z.optional(z.pipe(z.string().check(z.maxLength(60)), parsedBy("a cursor", parseDeliveryCursor))),
})

export const DeliveryPath = z.object({
  id: z.pipe(z.string().check(z.regex(DELIVERY_ID_PATTERN)), parsedBy("an id", parseDeliveryId)),
})
