import { CATEGORY, type Category, isUrgentFor } from "../../categories"
import type { Deps } from "../../deps"
import { AppError, notFound } from "../../errors"
import { type Announcement, publish } from "../../notifications/publish"
import { orgsBySlugs } from "../../orgs/queries"
import type { DbtTestFailure, JobFailure, LateRun, SchemaChange } from "./schemas"
import { dbtTestFailureWords, jobFailureWords, lateRunWords, schemaChangeWords } from "./words"

// What other Workers of the platform noticed, in the form in which they tell us.

const AUTHOR = "Dalgo"
const DAY_MS = 24 * 60 * 60 * 1000

/** The same run as Prefect's own webhook tells of: whoever comes first is heard. */
export const announceJobFailure = (deps: Deps, failure: JobFailure) =>
  announce(deps, failure.orgSlug, "job_failure", jobFailureWords(failure), () => ({
    key: `prefect:${failure.flowRunId.toLowerCase()}:Failed`,
  }))

export const announceDbtTestFailure = (deps: Deps, failure: DbtTestFailure) =>
  announce(deps, failure.orgSlug, "dbt_test_failure", dbtTestFailureWords(failure), forADay(failure))

/** Once for each run that was due. */
export const announceLateRun = (deps: Deps, late: LateRun) =>
  announce(deps, late.orgSlug, "late_run", lateRunWords(late), (orgId) => ({
    key: `late:${orgId}:${late.flowName}:${Date.parse(late.expectedTime)}`,
  }))

export const announceSchemaChange = (deps: Deps, change: SchemaChange) =>
  announce(deps, change.orgSlug, "schema_change", schemaChangeWords(change), forADay(change))

const forADay =
  ({ idempotencyKey }: { idempotencyKey?: string | undefined }) =>
  (orgId: number) =>
    idempotencyKey === undefined ? undefined : { key: `announced:${orgId}:${idempotencyKey}`, forMs: DAY_MS }

async function announce(
  deps: Deps,
  orgSlug: string,
  category: Category,
  message: string,
  dedupeOf: (orgId: number) => Announcement["dedupe"],
) {
  const [org] = await orgsBySlugs(deps.db, { slugs: [orgSlug] })
  if (!org) throw notFound("organisation")
  const published = await publish(deps, {
    orgId: org.id,
    audience: { kind: "org", orgId: org.id, adminsOnly: CATEGORY[category].addresses === "admins" },
    author: AUTHOR,
    message,
    category,
    urgent: isUrgentFor(category, org.urgentCategories),
    dedupe: dedupeOf(org.id),
  })
  if (published.kind === "nobody") throw new AppError("rejected", "No users found for the given information")
  if (published.kind === "conflict") throw new AppError("conflict", "this event was told before in another way")
  return published.notification
}
