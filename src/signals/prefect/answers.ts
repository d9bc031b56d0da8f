import * as z from "zod/mini"
import type { DescribedRoutes } from "../../openapi/described"
import { WebhookBody } from "./schemas"

export const prefectAnswers: DescribedRoutes = {
  "POST /webhooks/v1/notification": {
    summary: "A run in Prefect entered a state",
    description:
      "What Prefect's notification block sends. It is stored before it is answered, and understood later; what " +
      "cannot be read is kept as well, and answered 422. The same event twice is one notification.",
    fields: { body: "Prefect's sentence: `Flow run <name> with id <uuid> entered state <state>`" },
    body: WebhookBody,
    answer: z.object({ status: z.literal("ok") }),
    refuses: {
      invalid: "Kept, but not understood.",
      unavailable: "No key is configured: the door is closed.",
    },
    example: {
      body: { body: "Flow run crimson-fox with id 0b9a8a3e-3a4c-4a53-9a43-4f3d7c3f1f10 entered state Failed" },
    },
  },
}
