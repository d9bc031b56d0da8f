import type { Category } from "../../domain/categories"
import type { Notification } from "../../db/schema"
import type { Deps } from "../../deps"
import { AppError, notFound } from "../../runtime/errors"
import { hashRequest } from "../../runtime/idempotency-key"
import { type PublishRequest, publish, type PublishResult } from "../../notifications/publish"
import { selectOrgsBySlugs } from "../../orgs/queries"
import { systemAnnouncement, type OrgWithSettings } from "../system-announcement"
import { describeFailure } from "../prefect/describe-failure"
import { type FetchedRun, fetchRun } from "../prefect/fetch-run"
import { toPlatformAdmins } from "../prefect/platform-admin-message"
import { failureKey, publishRunFailure } from "../prefect/publish-failure"
import { upsertFlowRun } from "../prefect/queries"
import { uuid } from "../prefect/schemas"
import { toFailedRun } from "./failed-run"
import { dbtTestFailureMessage, jobFailureMessage, lateRunMessage, schemaChangeMessage } from "./messages"
import type { DbtTestFailure, JobFailure, LateRun, SchemaChange } from "./schemas"

const DAY_MS = 24 * 60 * 60 * 1000

/**
 * Publishes a failed flow run that a Worker of the platform reports. Prefect's webhook reports the same failure; the
 * first report makes the notification. Throws `AppError`: `not_found`, `rejected`, `conflict`.
 *
 * 1. Find the organisation, and fetch the run from Prefect.
 * 2. Publish the failure as the webhook would, and store the run. If Prefect is unavailable, the text is the reported
 *    one, and the summary looks for the log later. If Prefect does not have the run, there is no log and no summary.
 */
export async function reportJobFailure(deps: Deps, failure: JobFailure): Promise<Notification> {
  const org = await requireOrg(deps, failure)
  const id = uuid.safeParse(failure.flowRunId)
  const flowRunId = id.data ?? failure.flowRunId
  const fetched: FetchedRun = id.success ? await fetchRun(deps, { flowRunId }) : { kind: "not_found" }
  const asReported = { flowRunId, org, stateName: "Failed", message: jobFailureMessage(failure) }
  switch (fetched.kind) {
    case "not_found":
      return publishReport(deps, {
        org,
        category: "job_failure",
        message: asReported.message,
        dedupe: { key: failureKey(asReported) },
        platformAdmins: toPlatformAdmins(deps.config, asReported),
      })
    case "unavailable":
      return notificationOrThrow(await publishRunFailure(deps, asReported))
    case "found": {
      const { run, stateName } = toFailedRun(fetched.run, failure)
      const { deployment, message, logRunIds } = await describeFailure(deps, { run, stateName })
      const upsertRun = upsertFlowRun(deps.db, { run, deployment, orgId: org.id, now: deps.now() })
      const described = { flowRunId, org, stateName, message, run, logRunIds, alongside: () => [upsertRun] }
      return notificationOrThrow(await publishRunFailure(deps, described))
    }
  }
}

export async function reportDbtTestFailure(deps: Deps, failure: DbtTestFailure): Promise<Notification> {
  const org = await requireOrg(deps, failure)
  const category = "dbt_test_failure"
  const dedupe = await dedupeForOneDay(org, category, failure)
  return publishReport(deps, { org, category, message: dbtTestFailureMessage(failure), dedupe })
}

/** Publishes once for each run that was due, however often its delay is reported. */
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

type PublishOptions = Pick<PublishRequest, "dedupe" | "platformAdmins">

/** Dedupe by the caller's key for 24 hours. The same key with another body is a conflict. */
async function dedupeForOneDay(
  org: OrgWithSettings,
  category: Category,
  event: DbtTestFailure | SchemaChange,
): Promise<PublishRequest["dedupe"]> {
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
  if (published.kind === "no_recipients") throw new AppError("rejected", "No users found for the given information")
  if (published.kind === "conflict") throw new AppError("conflict", "this event was reported before with other data")
  return published.notification
}
