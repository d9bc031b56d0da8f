import * as z from "zod/mini"
import type { DocsByRoute } from "../../http/route-docs"
import { SentNotification } from "../../notifications/docs"

const response = z.strictObject({ res: SentNotification, errors: z.array(z.string()).check(z.maxLength(0)) })
const NOBODY = "No users found for the given information"
const ONCE_A_DAY =
  "The same `Idempotency-Key` is one notification for 24 hours. Without a key, the same content is announced once a day (UTC)."

export const reportedDocs: DocsByRoute = {
  "POST /api/signals/job-failure": {
    summary: "Report a failed flow run",
    description:
      "The same event as Prefect's webhook for that attempt of the run: the first report makes the notification, and " +
      "repeating one has no effect. What Prefect knows of the run is added.",
    fields: { flow_run_id: "Prefect's id of the run", error_message: "what a reader may see of the error" },
    response,
    badRequests: [NOBODY],
    errors: {
      not_found: "There is no such organisation.",
      conflict: "Prefect says that the run is another organisation's, or the failure was announced to another one.",
    },
    example: {
      body: {
        flow_run_id: "0b9a8a3e-3a4c-4a53-9a43-4f3d7c3f1f10",
        org_slug: "acme",
        error_message: "RuntimeError: the survey source refused the login",
      },
    },
  },
  "POST /api/signals/dbt-test-failure": {
    summary: "Report a dbt test that failed",
    description: ONCE_A_DAY,
    response,
    badRequests: [NOBODY],
    errors: { not_found: "There is no such organisation." },
    example: { body: { test_name: "not_null_farmers_id", org_slug: "acme", error_details: "Got 3 results" } },
  },
  "POST /api/signals/late-run": {
    summary: "Report a run that has not started in time",
    description: "Announced once for each run that was due, however often its delay is reported.",
    fields: { expected_time: "when it should have started, with an offset", delay_minutes: "so far" },
    response,
    badRequests: [NOBODY],
    errors: { not_found: "There is no such organisation.", conflict: "Its notification was deleted long ago." },
    example: {
      body: {
        flow_name: "Nightly sync",
        org_slug: "acme",
        expected_time: "2026-11-25T02:00:00Z",
        delay_minutes: 45,
      },
    },
  },
  "POST /api/signals/schema-change": {
    summary: "Report a change of a source's tables or columns",
    description: ONCE_A_DAY,
    fields: { changes: "one line for each" },
    response,
    badRequests: [NOBODY],
    errors: { not_found: "There is no such organisation." },
    example: { body: { org_slug: "acme", source: "KoboToolbox", changes: ["the column age is gone"] } },
  },
  "POST /api/signals/platform-admins": {
    summary: "Tell the platform admins of a failed flow run",
    description:
      "By `ADMIN_EMAIL` and `ADMIN_DISCORD_WEBHOOK`, once for each attempt of the run: also where Prefect's webhook has " +
      "told them, or will. The answer is the notification that tells them. `NOTIFY_PLATFORM_ADMINS_OF_ERRORS` does not " +
      "matter here.",
    fields: { state: "the state of the run, for example `CRASHED`", failed_step: "the name of the task that failed" },
    response,
    errors: {
      not_found: "There is no such organisation.",
      conflict: "The notification of this run was deleted long ago.",
      unavailable: "Neither `ADMIN_EMAIL` nor `ADMIN_DISCORD_WEBHOOK` is set.",
    },
    example: {
      body: {
        org_slug: "acme",
        flow_run_id: "0b9a8a3e-3a4c-4a53-9a43-4f3d7c3f1f10",
        state: "CRASHED",
        failed_step: "dbt-run",
      },
    },
  },
}
