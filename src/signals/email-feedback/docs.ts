import * as z from "zod/mini"
import type { DocsByRoute } from "../../http/route-docs"

export const emailFeedbackDocs: DocsByRoute = {
  "POST /webhooks/v1/ses": {
    summary: "Receive bounces and complaints from Amazon SES",
    description:
      "The endpoint for a subscription of Amazon SNS over HTTPS. It takes JSON with any `Content-Type`: a `Notification` " +
      "whose `Message` is an event of SES, a `SubscriptionConfirmation`, which is confirmed automatically, and an " +
      "`UnsubscribeConfirmation`. A message is accepted if Amazon signed it (`SignatureVersion` 1 or 2), if its topic is " +
      "in `SES_SNS_TOPIC_ARNS`, and if it is not older than an hour.\n\n" +
      "A permanent bounce or a complaint turns e-mail off for every member with that address, and each of them gets a " +
      "notice in their inbox. Every other event is stored and ignored. A repeated message is one event. A message that " +
      "cannot be understood is stored too, and answered with 422.",
    response: z.object({ status: z.literal("ok") }),
    errors: {
      invalid: "Stored, but not understood.",
      unavailable: "`SES_SNS_TOPIC_ARNS` is not configured, or Amazon's certificate cannot be fetched.",
    },
  },
}
