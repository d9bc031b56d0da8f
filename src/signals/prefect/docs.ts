import * as z from "zod/mini"
import type { DocsByRoute } from "../../http/route-docs"
import { WebhookBody } from "./schemas"

export const prefectDocs: DocsByRoute = {
  "POST /webhooks/v1/notification": {
    summary: "Receive a state of a Prefect flow run",
    description:
      "Accepts what Prefect 2 and 3 send, with any content type or none: the JSON or the form of a notification " +
      "block, with Prefect's default message or another text in any field; and what the template of an automation " +
      "renders: an event, a run, a text, or fields such as `flow_run_id`, `flow_run_name`, `deployment_id`, " +
      "`deployment_name`, `state_name`, `state_type`, `message`, `occurred`, `tags` and `parameters`. If quotes " +
      "or line breaks in a message have broken the JSON, the run and the state are searched for in the text. The " +
      "body must name the id of a run and its state. The rest is fetched from Prefect's API.\n\n" +
      "The event is stored before the answer and processed later. An unreadable body is stored too, and answered " +
      "422. The same event twice, in any form, makes one notification. Of a body that names several runs, the " +
      "first one counts.",
    fields: {
      body: "Prefect's default message, or `Flow run <name> with id <uuid> entered state <state>`; or another field",
    },
    body: WebhookBody,
    response: z.object({ status: z.literal("ok") }),
    errors: {
      invalid: "The body was stored, but not understood.",
      unavailable: "No key is configured, or none that is usable, so that nothing is accepted.",
    },
    example: {
      body: { body: "Flow run crimson-fox with id 0b9a8a3e-3a4c-4a53-9a43-4f3d7c3f1f10 entered state Failed" },
    },
  },
}
