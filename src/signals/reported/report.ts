import type { Category } from "../../domain/categories"
import type { Notification } from "../../db/schema"
import type { Deps } from "../../deps"
import { AppError, notFound } from "../../runtime/errors"
import { hashRequest } from "../../runtime/idempotency-key"
import { type PublishRequest, publish, type PublishResult } from "../../notifications/publish"
import { selectOrgsBySlugs } from "../../orgs/queries"
import { systemAnnouncement, type OrgWithSettings } from "../system-announcement"
import { fetchRun, describeFailure } from "../prefect/fetch-run"
import { withReportedFailure } from "../prefect/interpret"
import { toPlatformAdmins } from "../prefect/platform-admin-message"
import { upsertFlowRun } from "../prefect/queries"
import { failureKey, publishRunFailure } from "../prefect/publish-failure"
import { uuid } from "../prefect/schemas"
import type { DbtTestFailure, JobFailure, LateRun, SchemaChange } from "./schemas"
import { dbtTestFailureMessage, jobFailureMessage, lateRunMessage, schemaChangeMessage } from "./messages"

// What other Workers of the platform noticed, in the form in which they tell us.

const DAY_MS = 24 * 60 * 60 * 1000

/**
 * The same run as Prefect's own webhook tells of, in the same words: whoever comes first is heard.
 *
 * 1. Ask Prefect for the run. What it does not know has no log either, and is said without a summary.
 * 2. Say it as the webhook would, and record the run. If Prefect is silent, what we were told has to do; the summary
 *    may find the log later.
 */
export async function reportJobFailure(deps: Deps, failure: JobFailure): Promise<Notification> {
  const org = await requireOrg(deps, failure)
  const id = uuid.safeParse(failure.flowRunId)
  const flowRunId = id.data ?? failure.flowRunId
  const answer = id.success ? await fetchRun(deps, { flowRunId }) : { kind: "absent" as const }
  const asTold = { stateName: "Failed", message: jobFailureMessage(failure), alongside: [] }
  switch (answer.kind) {
    case "absent":
      return publishReport(deps, {
        org,
        category: "job_failure",
        message: asTold.message,
        dedupe: { key: failureKey({ flowRunId, stateName: asTold.stateName }) },
        platformAdmins: toPlatformAdmins(deps.config, { flowRunId, org, ...asTold }),
      })
    case "silent":
      return notificationOrThrow(await publishRunFailure(deps, { flowRunId, org, ...asTold }))
    case "run": {
      const { run, stateName } = withReportedFailure(answer.run, failure)
      const { deployment, message } = await describeFailure(deps, { run, stateName })
      const alongside = [upsertFlowRun(deps.db, { run, deployment, orgId: org.id, now: deps.now() })]
      return notificationOrThrow(await publishRunFailure(deps, { flowRunId, org, stateName, message, run, alongside }))
    }
  }
}

export async function reportDbtTestFailure(deps: Deps, failure: DbtTestFailure): Promise<Notification> {
  const org = await requireOrg(deps, failure)
  const category = "dbt_test_failure"
  const dedupe = await dedupeForOneDay(org, category, failure)
  return publishReport(deps, { org, category, message: dbtTestFailureMessage(failure), dedupe })
}

/** Once for each run that was due. */
export async function reportLateRun(deps: Deps, late: LateRun): Promise<Notification> {
  const org = await requireOrg(deps, late)
  const dedupe = { key: `late:${org.id}:${late.flowName}:${Date.parse(late.expectedTime)}` }
  return publishReport(deps, { org, category: "late_run", message: lateRunMessage(late), dedupe })
}

export async function reportSchemaChange(deps: Deps, change: SchemaChange): Promise<Notification> {
  const org = await requireOrg(deps, change)
  const category = "schema_change"
  const dedupe = await dedupeForOneDay(org, category, change)
  return publishReport(deps, { org, category, message: schemaChangeMessage(change), dedupe })
}

type Dedupe = PublishRequest["dedupe"]
type PublishOptions = Pick<PublishRequest, "dedupe" | "platformAdmins">

/** Another body under the same key is another event, which is refused. */
async function dedupeForOneDay(
  org: OrgWithSettings,
  category: Category,
  event: DbtTestFailure | SchemaChange,
): Promise<Dedupe> {
  const { idempotencyKey: key } = event
  if (key === undefined) return undefined
  return { key: `announced:${category}:${org.id}:${key}`, forMs: DAY_MS, requestHash: await hashRequest(event) }
}

async function requireOrg(deps: Deps, { orgSlug }: { orgSlug: string }): Promise<OrgWithSettings> {
  const [org] = await selectOrgsBySlugs(deps.db, { slugs: [orgSlug] })
  if (!org) throw notFound("organisation")
  return org
}

async function publishReport(
  deps: Deps,
  { org, category, message, ...rest }: { org: OrgWithSettings; category: Category; message: string } & PublishOptions,
): Promise<Notification> {
  return notificationOrThrow(await publish(deps, { ...systemAnnouncement({ org, category, message }), ...rest }))
}

function notificationOrThrow(published: PublishResult): Notification {
  if (published.kind === "nobody") throw new AppError("rejected", "No users found for the given information")
  if (published.kind === "conflict") throw new AppError("conflict", "this event was told before in another way")
  return published.notification
}
