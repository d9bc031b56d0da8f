import { sql } from "drizzle-orm"
import type { Db } from "../../db/client"
import { flowRuns } from "../../db/schema"
import type { Deployment, FlowRun } from "./schemas"

/** Stores the run as seen at `now`. An older view never replaces a newer one. */
export const upsertFlowRun = (
  db: Db,
  { run, deployment, orgId, now }: { run: FlowRun; deployment: Deployment | undefined; orgId: number; now: number },
) => {
  const seen = {
    name: run.name,
    deploymentId: run.deployment_id ?? null,
    deploymentName: deployment?.name ?? null,
    stateType: run.state_type ?? "",
    stateName: run.state_name ?? "",
    startedAt: run.start_time ?? null,
    endedAt: run.end_time ?? null,
    updatedAt: now,
  }
  return db
    .insert(flowRuns)
    .values({ id: run.id, orgId, ...seen })
    .onConflictDoUpdate({ target: flowRuns.id, set: seen, setWhere: sql`${flowRuns.updatedAt} <= ${now}` })
}

/** Deletes up to `limit` runs that were last seen before that time. */
export const deleteOldFlowRuns = (db: Db, { before, limit }: { before: number; limit: number }) =>
  db.delete(flowRuns).where(sql`${flowRuns.id} IN (
    SELECT id FROM ${flowRuns} WHERE updated_at < ${before} LIMIT ${limit}
  )`)
