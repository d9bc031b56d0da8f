import * as z from "zod/mini"
import type { DocsByRoute } from "../../http/route-docs"

export const emailFeedbackDocs: DocsByRoute = {
  "POST /webhooks/v1/ses": {
    summary: "Amazon SES tells what became of a mail",
    description:
      "What Amazon SNS posts, as it posts it, whatever type it says that is: a `Notification` with an event of SES in " +
      "its `Message`, and the confirmations of a subscription, of which the first is answered by itself. It is taken if " +
      "it is signed by Amazon (`SignatureVersion` 1 or 2), of a topic in `SES_SNS_TOPIC_ARNS`, and not older than an " +
      "hour.\n\n" +
      "A permanent bounce, and a complaint, switch e-mail off for every member with that address, who are told so in " +
      "their inbox. All else is kept and ignored. The same message twice is one event; what cannot be read is kept as " +
      "well, and answered 422.",
    response: z.object({ status: z.literal("ok") }),
    errors: {
      invalid: "Kept, but not understood.",
      unavailable: "No topic is configured: the door is closed. Or Amazon's certificate cannot be fetched.",
    },
  },
}
