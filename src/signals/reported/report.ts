import type { Category } from "../../domain/categories"
import { type NamedTime, utcDay } from "../../domain/time"
import type { Notification } from "../../db/schema"
import type { Deps } from "../../deps"
import { AppError, notFound } from "../../runtime/errors"
import { hashRequest } from "../../runtime/idempotency-key"
import { type PublishRequest, publish, type PublishResult } from "../../notifications/publish"
import { selectOrgsBySlugs } from "../../orgs/queries"
import { systemAnnouncement, type OrgWithSettings } from "../system-announcement"
import { alertPrefectApi } from "../prefect/alert-prefect-api"
import { attemptOf } from "../prefect/attempt"
import { describeFailure, failureContext } from "../prefect/describe-failure"
import { reportedFacts } from "../prefect/failure-facts"
import { type FetchedRun, fetchRun } from "../prefect/fetch-run"
import { findOrg, type FoundOrg } from "../prefect/find-org"
import { publishRunFailure, type RunFailure } from "../prefect/publish-failure"
import { upsertFlowRun } from "../prefect/queries"
import { type FlowRun, uuid } from "../prefect/schemas"
import { alertToldElsewhere } from "../prefect/unknown-org"
import { toFailedRun } from "./failed-run"
import { dbtTestFailureMessage, lateRunMessage, schemaChangeMessage } from "./messages"
import type { DbtTestFailure, JobFailure, LateRun, SchemaChange } from "./schemas"

const DAY_MS = 24 * 60 * 60 * 1000

/**
 * Publishes a failed flow run that a Worker of the platform reports. Prefect's webhook reports the same failure; the
 * first report makes the notification. Throws `AppError`: `not_found`, `rejected`, `conflict`.
 *
 * 1. Find the organisation, and fetch the run from Prefect. If Prefect says that the run is another organisation's,
 *    nobody is told: the webhook will report it to the right one.
 * 2. Publish the failure as the webhook would, and store the run. If Prefect refuses us or is away, the text is the
 *    reported one, and the summary looks for the log later. If Prefect does not have the run, there is no log and no
 *    summary.
 */
export async function reportJobFailure(deps: Deps, failure: JobFailure): Promise<Notification> {
  const org = await requireOrg(deps, failure)
  const { flowRunId, isUuid } = toFlowRunId(failure.flowRunId)
  const fetched: FetchedRun = isUuid ? await fetchRun(deps, { flowRunId, isOptional: true }) : { kind: "not_found" }
  const attempt = { flowRunId, runCount: 0, failedAt: undefined }
  const reported = reportedFacts(failure.errorMessage, failureContext(deps, org))
  const asReported = { attempt, org, stateName: "Failed", failure: reported }
  switch (fetched.kind) {
    case "not_found":
      return publishReportedRun(deps, { ...asReported, hasLog: false })
    case "refused":
      await alertPrefectApi(deps, fetched)
      return publishReportedRun(deps, asReported)
    case "unavailable":
      return publishReportedRun(deps, asReported)
    case "found": {
      if (isAnotherOrgs(fetched.run, await findOrg(deps, fetched.run), org))
        throw new AppError("conflict", "Prefect says that this run belongs to another organisation")
      const { run, stateName } = toFailedRun(fetched.run, failure)
      const { deployment, failure: described, logRunIds } = await describeFailure(deps, { run, org })
      const upsertRun = upsertFlowRun(deps.db, { run, deployment, orgId: org.id, now: deps.now() })
      const found = { attempt: attemptOf(run), org, stateName, failure: described, run, logRunIds }
      return publishReportedRun(deps, { ...found, alongside: () => [upsertRun] })
    }
  }
}

/** The id as Prefect writes it; as it was given, if it is no UUID. */
export function toFlowRunId(given: string): { flowRunId: string; isUuid: boolean } {
  const { data } = uuid.safeParse(withDashes(given))
  return { flowRunId: data ?? given, isUuid: data !== undefined }
}

/** Without dashes, in braces or as a URN an id names the same run. */
const withDashes = (id: string) =>
  id.replace(
    /^(?:urn:uuid:)?\{?([\da-f]{8})-?([\da-f]{4})-?([\da-f]{4})-?([\da-f]{4})-?([\da-f]{12})\}?$/i,
    "$1-$2-$3-$4-$5",
  )

/** A run whose parameters and tags name no organisation may be any one's. */
function isAnotherOrgs(run: FlowRun, found: FoundOrg, { id }: OrgWithSettings): boolean {
  switch (found.kind) {
    case "found":
      return found.org.id !== id
    case "ambiguous":
      return found.orgs.every((org) => org.id !== id)
    case "unknown":
      return Boolean(run.parameters?.config?.org_slug)
  }
}

async function publishReportedRun(deps: Deps, failure: RunFailure): Promise<Notification> {
  const published = await publishRunFailure(deps, failure)
  if (published.kind !== "told_elsewhere") return notificationOrThrow(published)
  await alertToldElsewhere(deps, failure)
  throw new AppError("conflict", "this failure was announced to another organisation before")
}

export async function reportDbtTestFailure(deps: Deps, failure: DbtTestFailure): Promise<Notification> {
  const org = await requireOrg(deps, failure)
  const category = "dbt_test_failure"
  const dedupe = await dedupeForOneDay(deps, { org, category, event: failure })
  return publishReport(deps, { org, category, message: dbtTestFailureMessage(failure), dedupe })
}

/** Publishes once for each run that was due, however often its delay is reported. */
export async function reportLateRun(deps: Deps, late: LateRun): Promise<Notification> {
  const org = await requireOrg(deps, late)
  const dedupe = { key: `late:${org.id}:${late.flowName}:${Date.parse(late.expectedTime)}` }
  return publishReport(deps, { org, category: "late_run", ...lateRunMessage(late, { org, now: deps.now() }), dedupe })
}

export async function reportSchemaChange(deps: Deps, change: SchemaChange): Promise<Notification> {
  const org = await requireOrg(deps, change)
  const category = "schema_change"
  const dedupe = await dedupeForOneDay(deps, { org, category, event: change })
  return publishReport(deps, { org, category, message: schemaChangeMessage(change), dedupe })
}

type Report = { org: OrgWithSettings; category: Category; message: string; times?: NamedTime[] | undefined } & Pick<
  PublishRequest,
  "dedupe"
>

/**
 * Dedupe by the caller's key for 24 hours; the same key with another body is a conflict. Without a key, the same content
 * on the same day (UTC) is the same event. The hash makes the purge forget the key.
 */
async function dedupeForOneDay(
  deps: Deps,
  { org, category, event }: { org: OrgWithSettings; category: Category; event: DbtTestFailure | SchemaChange },
): Promise<PublishRequest["dedupe"]> {
  const requestHash = await hashRequest(event)
  const prefix = `announced:${category}:${org.id}`
  if (event.idempotencyKey !== undefined)
    return { key: `${prefix}:${event.idempotencyKey}`, forMs: DAY_MS, requestHash }
  return { key: `content:${prefix}:${utcDay(deps.now())}:${requestHash}`, requestHash }
}

export async function requireOrg(deps: Deps, { orgSlug }: { orgSlug: string }): Promise<OrgWithSettings> {
  const [org] = await selectOrgsBySlugs(deps.db, { slugs: [orgSlug] })
  if (!org) throw notFound("organisation")
  return org
}

async function publishReport(deps: Deps, { org, category, message, times, dedupe }: Report): Promise<Notification> {
  return notificationOrThrow(await publish(deps, { ...systemAnnouncement({ org, category, message, times }), dedupe }))
}

export function notificationOrThrow(published: PublishResult): Notification {
  if (published.kind === "no_recipients") throw new AppError("rejected", "No users found for the given information")
  if (published.kind === "conflict") throw new AppError("conflict", "this event was reported before with other data")
  return published.notification
}
