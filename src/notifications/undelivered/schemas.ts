import * as z from "zod/mini"
import { A_CURSOR, listOf, PAGE_FIELDS, parsedBy, Slug } from "../../inbox/schemas"
import { DELIVERY_ID_PATTERN, parseDeliveryCursor, parseDeliveryId } from "./id"

const UNDELIVERED_STATUSES = ["failed", "dead"] as const
/** `failed`: refused for good. `dead`: every attempt failed. */
export const UndeliveredStatus = z.enum(UNDELIVERED_STATUSES)
export type UndeliveredStatus = z.infer<typeof UndeliveredStatus>

export const UndeliveredQuery = z.strictObject({
  status: z._default(listOf(UndeliveredStatus), [...UNDELIVERED_STATUSES]),
  org_slug: z.optional(Slug),
  limit: PAGE_FIELDS.limit,
  cursor: z.optional(
    z.pipe(
      z.string().check(z.maxLength(60, { error: `expected ${A_CURSOR}` })),
      parsedBy(A_CURSOR, parseDeliveryCursor),
    ),
  ),
})

const AN_ID = "an id such as 12-email-34, as in the list of deliveries"
export const DeliveryPath = z.object({
  id: z.pipe(
    z.string().check(z.regex(DELIVERY_ID_PATTERN, { error: `expected ${AN_ID}`, abort: true })),
    parsedBy(AN_ID, parseDeliveryId),
  ),
})
