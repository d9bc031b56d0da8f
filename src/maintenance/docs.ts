import * as z from "zod/mini"
import type { DocsByRoute } from "../http/route-docs"

const count = z.int().check(z.gte(0))
const seconds = z.nullable(z.int())
const time = z.nullable(z.iso.datetime())
const Overdue = z.strictObject({ count, oldest_seconds: seconds })

/** Everything but the status is for service keys only. */
const Health = z.strictObject({
  status: z.enum(["ok", "degraded"]),
  variables: z.exactOptional(
    z.array(z.strictObject({ name: z.string(), problem: z.enum(["missing", "invalid"]), affects: z.string() })),
  ),
  cron: z.exactOptional(z.strictObject({ last_run_at: time, seconds_ago: seconds, failed_tasks: z.array(z.string()) })),
  overdue: z.exactOptional(
    z.strictObject({ signal_events: Overdue, deliveries: Overdue, summaries: Overdue, notifications: Overdue }),
  ),
  dead_letters: z.exactOptional(z.strictObject({ count, newest_at: time })),
})
export type Health = z.infer<typeof Health>

export const healthDocs: DocsByRoute = {
  "GET /healthz": {
    summary: "Check that the service and its database answer",
    description:
      "`degraded` means that the service answers and somebody must act: a variable is missing or not usable, the cron " +
      "is late or a task of it failed, or something is overdue by more than five minutes. With a service key, the answer " +
      "has the details. `variables` lists variables and bindings, and what each affects. `overdue` counts rows up to 1,000. " +
      "Times are null where there is nothing. Other callers, with or without a token, get the status only.",
    response: Health,
    errors: { unavailable: "The database does not answer." },
  },
}
