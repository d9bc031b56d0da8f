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
      "`deployment_name`, `state_name`, `state_type`, `run_count`, `message`, `occurred`, `tags` and `parameters`. " +
      "If quotes or line breaks in a message have broken the JSON, the run and the state are searched for in the " +
      "text. The body must name the id of a run. The rest is fetched from Prefect's API, the state too if the body " +
      "has none.\n\n" +
      "A body may name up to 100 runs: in a list, JSON line by line, or in a text. Each is an event of its own. Of " +
      "more, the first 100 are processed, and the body is answered 422. Of a body over 64 kB, what a notification " +
      "needs is stored.\n\n" +
      "The events are stored before the answer and processed later. An unreadable body is stored too, and answered " +
      "422. The same failure twice, in any form, makes one notification, also if it is called Failed, then Crashed. " +
      "A run that is retried and fails again makes another one.",
    fields: {
      body: "Prefect's default message, or `Flow run <name> with id <uuid> entered state <state>`; or another field",
    },
    body: WebhookBody,
    response: z.object({ status: z.literal("ok") }),
    errors: {
      invalid: "The body was stored, but not understood, or names more than 100 runs.",
      unavailable: "No key is configured, or none that is usable, so that nothing is accepted.",
    },
    example: {
      body: { body: "Flow run crimson-fox with id 0b9a8a3e-3a4c-4a53-9a43-4f3d7c3f1f10 entered state Failed" },
    },
  },
}
