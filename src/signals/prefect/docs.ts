import * as z from "zod/mini"
import type { DocsByRoute } from "../../http/route-docs"
import { WebhookBody } from "./schemas"

export const prefectDocs: DocsByRoute = {
  "POST /webhooks/v1/notification": {
    summary: "A run in Prefect entered a state",
    description:
      "What Prefect 2 and 3 send, of any content type or of none: the JSON or the form of a notification block, with " +
      "Prefect's own message or another text in any of its fields; and what a template of an automation renders, be it " +
      "an event, a run, fields such as `flow_run_id` and `state_name`, or a text. Where a message with quotes or lines " +
      "has broken its JSON, the run and the state are looked for in the text. It must name the id of a run and its " +
      "state; the rest Prefect is asked.\n\n" +
      "It is stored before it is answered, and worked on later; what cannot be read is kept as well, and answered " +
      "422. The same event twice, in whatever form, is one notification. A body that tells of several runs is taken " +
      "for the first of them.",
    fields: {
      body: "Prefect's own message, or `Flow run <name> with id <uuid> entered state <state>`; it may have another name",
    },
    body: WebhookBody,
    response: z.object({ status: z.literal("ok") }),
    errors: {
      invalid: "Kept, but not understood.",
      unavailable: "No key is configured: the door is closed.",
    },
    example: {
      body: { body: "Flow run crimson-fox with id 0b9a8a3e-3a4c-4a53-9a43-4f3d7c3f1f10 entered state Failed" },
    },
  },
}
