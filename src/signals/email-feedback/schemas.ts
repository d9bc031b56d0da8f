import * as z from "zod/mini"

const text = z.catch(z.nullish(z.string()), null)

const Recipients = z.array(z.object({ emailAddress: z.string() }))

/**
 * An event that Amazon SES publishes to SNS. It has `eventType` if a configuration set publishes it, `notificationType`
 * if an identity does. https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
 */
export const SesEvent = z.object({
  eventType: z.optional(z.string()),
  notificationType: z.optional(z.string()),
  mail: z.optional(z.object({ destination: z.catch(z.array(z.string()), []) })),
  bounce: z.optional(z.object({ bounceType: z.string(), bouncedRecipients: Recipients })),
  complaint: z.optional(z.object({ complaintFeedbackType: text, complainedRecipients: Recipients })),
})
export type SesEvent = z.infer<typeof SesEvent>

/**
 * An event that Cloudflare's Email Service puts on a queue.
 * https://developers.cloudflare.com/email-service/platform/event-subscriptions/
 */
export const CloudflareEvent = z.object({
  type: z.string().check(z.startsWith("cf.email.sending.message.")),
  payload: z.object({
    eventId: text,
    recipient: z.string(),
    bounce: z.optional(z.object({ type: text })),
    complaint: z.optional(z.object({ type: text })),
  }),
})
export type CloudflareEvent = z.infer<typeof CloudflareEvent>
