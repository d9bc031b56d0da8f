import { and, eq, isNull, ne, sql } from "drizzle-orm"
import type { Db } from "../db/client"
import { type DueRow, dueInTurn } from "../db/due-in-turn"
import { inList } from "../db/in-list"
import { insertSelect } from "../db/insert-select"
import { notifications, summaries } from "../db/schema"
import type { Failure } from "../domain/failure"
import type { NamedTime } from "../domain/time"

type NewSummary = {
  flowRunId: string
  publicationId: string
  /** The flow runs whose log is read; `undefined` where they are still to be found. */
  logRunIds: string[] | undefined
  failure: Failure
  now: number
  dueAt: number
}

/** Requests a summary for this run, if its notification was written. */
export const insertSummary = (db: Db, { flowRunId, publicationId, logRunIds, failure, now, dueAt }: NewSummary) =>
  insertSelect(db, summaries, {
    values: {
      flowRunId,
      notificationId: sql`n.id`,
      status: "running",
      logRunIds: logRunIds ?? null,
      failure,
      createdAt: now,
      updatedAt: now,
      dueAt,
      orgId: sql`n.org_id`,
    },
    from: sql`${notifications} n WHERE n.publication_id = ${publicationId}`,
  }).onConflictDoNothing()

export const selectSummary = (db: Db, { flowRunId }: { flowRunId: string }) =>
  db.select().from(summaries).where(eq(summaries.flowRunId, flowRunId))

/** Due summaries, of all organisations in turn. */
export const selectOverdueSummaries = (db: Db, { now, limit }: { now: number; limit: number }) =>
  db.all<DueRow>(dueInTurn(summaries, { key: sql.raw("flow_run_id"), now, limit }))

/** Lets the sweep request the summary again at `dueAt`. */
export const postponeSummary = (db: Db, { flowRunId, dueAt }: { flowRunId: string; dueAt: number }) =>
  db
    .update(summaries)
    .set({ dueAt })
    .where(and(eq(summaries.flowRunId, flowRunId), eq(summaries.status, "running")))

/** Claims a summary that is not finished and that no other worker holds. */
export const claimSummary = (
  db: Db,
  { flowRunId, now, leaseMs }: { flowRunId: string; now: number; leaseMs: number },
) =>
  db
    .update(summaries)
    .set({ attempts: sql`${summaries.attempts} + 1`, dueAt: now + leaseMs, updatedAt: now })
    .where(
      and(
        eq(summaries.flowRunId, flowRunId),
        eq(summaries.status, "running"),
        sql`(${summaries.attempts} = 0 OR ${summaries.dueAt} <= ${now})`,
      ),
    )
    .returning()

/** The first summary stays, since the message was composed with it. */
export const completeSummary = (
  db: Db,
  summary: {
    flowRunId: string
    source: "ai" | "extract"
    model: string | null
    text: string
    reason: string | null
    now: number
  },
) =>
  db
    .update(summaries)
    .set({
      status: "completed",
      source: summary.source,
      model: summary.model,
      text: summary.text,
      reason: summary.reason,
      dueAt: null,
      updatedAt: summary.now,
    })
    .where(and(eq(summaries.flowRunId, summary.flowRunId), ne(summaries.status, "completed")))

export const failSummary = (db: Db, { flowRunId, reason, now }: { flowRunId: string; reason: string; now: number }) =>
  db
    .update(summaries)
    .set({ status: "failed", reason, dueAt: null, updatedAt: now })
    .where(and(eq(summaries.flowRunId, flowRunId), ne(summaries.status, "completed")))

/** Replaces the message of a failure by what the log tells, once. Mails that have left keep theirs. */
export const updateMessage = (
  db: Db,
  {
    notificationId,
    now,
    ...told
  }: { notificationId: number; message: string; times: NamedTime[]; emailSubject: string; now: number },
) =>
  db
    .update(notifications)
    .set({ ...told, summarisedAt: now })
    .where(and(eq(notifications.id, notificationId), isNull(notifications.summarisedAt)))

export const deleteSummaries = (db: Db, { ids }: { ids: number[] }) =>
  db.delete(summaries).where(inList(summaries.notificationId, ids))
