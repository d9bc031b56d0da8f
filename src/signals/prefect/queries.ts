import { and, eq, gt, isNotNull, lt, or, sql } from "drizzle-orm"
import type { Db } from "../../db/client"
import { flowRuns, notifications } from "../../db/schema"
import { keyPrefix, REPORTED_PREFIX } from "./attempt"
import type { Deployment, FlowRun } from "./schemas"

type SeenRun = { run: FlowRun; deployment: Deployment | undefined; orgId: number | undefined; now: number }

/** Stores the run as seen at `now`. An older view, or an older state, never replaces a newer one. */
export const upsertFlowRun = (db: Db, { run, deployment, orgId, now }: SeenRun) => {
  const stateAt = run.state?.timestamp ?? run.end_time ?? null
  const seen = {
    ...(orgId !== undefined && { orgId }),
    name: run.name,
    deploymentId: run.deployment_id ?? null,
    deploymentName: deployment?.name ?? null,
    stateType: run.state_type ?? "",
    stateName: run.state_name ?? "",
    stateAt,
    runCount: run.run_count ?? null,
    startedAt: run.start_time ?? null,
    endedAt: run.end_time ?? null,
    updatedAt: now,
  }
  return db
    .insert(flowRuns)
    .values({ id: run.id, ...seen })
    .onConflictDoUpdate({
      target: flowRuns.id,
      set: seen,
      setWhere: sql`${flowRuns.updatedAt} <= ${now} AND coalesce(${flowRuns.stateAt} <= ${stateAt}, 1)`,
    })
}

export const selectFlowRun = (db: Db, { id }: { id: string }) => db.select().from(flowRuns).where(eq(flowRuns.id, id))

/** The notifications whose dedupe key begins with this prefix, which ends in a colon. */
export const selectByKeyPrefix = (db: Db, { prefix }: { prefix: string }) =>
  db.select().from(notifications).where(hasKeyPrefix(prefix))

const hasKeyPrefix = (prefix: string) =>
  and(gt(notifications.dedupeKey, prefix), lt(notifications.dedupeKey, `${prefix.slice(0, -1)};`))

/** Earlier announcements of this run to the platform admins: its notification, one without an organisation, or a report. */
export const selectPlatformAdminReports = (db: Db, { flowRunId }: { flowRunId: string }) => {
  const key = keyPrefix(flowRunId)
  return db
    .select()
    .from(notifications)
    .where(
      and(
        or(hasKeyPrefix(key), hasKeyPrefix(`operators:${key}`), hasKeyPrefix(`${REPORTED_PREFIX}${key}`)),
        isNotNull(notifications.operatorNote),
      ),
    )
}

/** Deletes up to `limit` runs that were last seen before that time. */
export const deleteOldFlowRuns = (db: Db, { before, limit }: { before: number; limit: number }) =>
  db.delete(flowRuns).where(sql`${flowRuns.id} IN (
    SELECT id FROM ${flowRuns} WHERE updated_at < ${before} LIMIT ${limit}
  )`)
