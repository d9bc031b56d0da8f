import type { Category } from "../../domain/categories"
import type { Notification } from "../../db/schema"
import type { Deps } from "../../deps"
import { AppError, notFound } from "../../runtime/errors"
import { hashOf } from "../../runtime/idempotency-key"
import { type Announcement, publish, type Published } from "../../notifications/publish"
import { orgsBySlugs } from "../../orgs/queries"
import { inOwnVoice, type Org } from "../system-announcement"
import { askForRun, describe } from "../prefect/fetch-run"
import { failedAsTold } from "../prefect/interpret"
import { toOperators } from "../prefect/platform-admin-message"
import { recordRun } from "../prefect/queries"
import { keyOf, sayFailure } from "../prefect/publish-failure"
import { uuid } from "../prefect/schemas"
import type { DbtTestFailure, JobFailure, LateRun, SchemaChange } from "./schemas"
import { dbtTestFailureWords, jobFailureWords, lateRunWords, schemaChangeWords } from "./messages"

// What other Workers of the platform noticed, in the form in which they tell us.

const DAY_MS = 24 * 60 * 60 * 1000

/**
 * The same run as Prefect's own webhook tells of, in the same words: whoever comes first is heard.
 *
 * 1. Ask Prefect for the run. What it does not know has no log either, and is said without a summary.
 * 2. Say it as the webhook would, and record the run. If Prefect is silent, what we were told has to do; the summary
 *    may find the log later.
 */
export async function announceJobFailure(deps: Deps, failure: JobFailure): Promise<Notification> {
  const org = await orgNamed(deps, failure)
  const id = uuid.safeParse(failure.flowRunId)
  const flowRunId = id.data ?? failure.flowRunId
  const answer = id.success ? await askForRun(deps, { flowRunId }) : { kind: "absent" as const }
  const asTold = { stateName: "Failed", message: jobFailureWords(failure), alongside: [] }
  switch (answer.kind) {
    case "absent":
      return announce(deps, {
        org,
        category: "job_failure",
        message: asTold.message,
        dedupe: { key: keyOf({ flowRunId, stateName: asTold.stateName }) },
        operators: toOperators(deps.settings, { flowRunId, org, ...asTold }),
      })
    case "silent":
      return notificationOf(await sayFailure(deps, { flowRunId, org, ...asTold }))
    case "run": {
      const { run, stateName } = failedAsTold(answer.run, failure)
      const { deployment, message } = await describe(deps, { run, stateName })
      const alongside = [recordRun(deps.db, { run, deployment, orgId: org.id, now: deps.now() })]
      return notificationOf(await sayFailure(deps, { flowRunId, org, stateName, message, run, alongside }))
    }
  }
}

export async function announceDbtTestFailure(deps: Deps, failure: DbtTestFailure): Promise<Notification> {
  const org = await orgNamed(deps, failure)
  const category = "dbt_test_failure"
  const dedupe = await forADay(org, category, failure)
  return announce(deps, { org, category, message: dbtTestFailureWords(failure), dedupe })
}

/** Once for each run that was due. */
export async function announceLateRun(deps: Deps, late: LateRun): Promise<Notification> {
  const org = await orgNamed(deps, late)
  const dedupe = { key: `late:${org.id}:${late.flowName}:${Date.parse(late.expectedTime)}` }
  return announce(deps, { org, category: "late_run", message: lateRunWords(late), dedupe })
}

export async function announceSchemaChange(deps: Deps, change: SchemaChange): Promise<Notification> {
  const org = await orgNamed(deps, change)
  const category = "schema_change"
  const dedupe = await forADay(org, category, change)
  return announce(deps, { org, category, message: schemaChangeWords(change), dedupe })
}

type Dedupe = Announcement["dedupe"]
type Rest = Pick<Announcement, "dedupe" | "operators">

/** Another body under the same key is another event, which is refused. */
async function forADay(org: Org, category: Category, event: DbtTestFailure | SchemaChange): Promise<Dedupe> {
  const { idempotencyKey: key } = event
  if (key === undefined) return undefined
  return { key: `announced:${category}:${org.id}:${key}`, forMs: DAY_MS, requestHash: await hashOf(event) }
}

async function orgNamed(deps: Deps, { orgSlug }: { orgSlug: string }): Promise<Org> {
  const [org] = await orgsBySlugs(deps.db, { slugs: [orgSlug] })
  if (!org) throw notFound("organisation")
  return org
}

async function announce(
  deps: Deps,
  { org, category, message, ...rest }: { org: Org; category: Category; message: string } & Rest,
): Promise<Notification> {
  return notificationOf(await publish(deps, { ...inOwnVoice({ org, category, message }), ...rest }))
}

function notificationOf(published: Published): Notification {
  if (published.kind === "nobody") throw new AppError("rejected", "No users found for the given information")
  if (published.kind === "conflict") throw new AppError("conflict", "this event was told before in another way")
  return published.notification
}
