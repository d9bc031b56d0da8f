import type { Deps } from "../deps"
import { AppError } from "../runtime/errors"
import { errorName, log } from "../runtime/log"
import type { Health } from "./docs"
import * as queries from "./health-queries"

const MINUTE_MS = 60_000
/** The cron runs each minute, and enqueues what is overdue. */
const MAX_LATE_MS = 5 * MINUTE_MS
const MAX_COUNTED = 1_000

/**
 * Whether somebody must act. `withDetails`: says about what, which is for the people who run the service only. Throws
 * `unavailable` if the database does not answer.
 */
export async function getHealth(deps: Deps, { withDetails }: { withDetails: boolean }): Promise<Health> {
  const now = deps.now()
  const limit = withDetails ? MAX_COUNTED : 1
  const facts = await queries.selectHealth(deps.db, { now, limit }).catch((error: unknown) => {
    log({ event: "request_failed", reason: errorName(error), status: 503 })
    throw new AppError("unavailable", "the database does not answer")
  })
  const variables = deps.findConfigProblems()
  const isDegraded = variables.length > 0 || needsAttention(facts, now)
  return { status: isDegraded ? "degraded" : "ok", ...(withDetails && { variables, ...toDetails(facts, now) }) }
}

type Facts = Awaited<ReturnType<typeof queries.selectHealth>>

/** A cron that never ran does not count: what it leaves undone does. Dead letters do not count: they stay for months. */
function needsAttention({ cronRun, due }: Facts, now: number): boolean {
  const isCronLate = cronRun !== undefined && (now - cronRun.ranAt > MAX_LATE_MS || cronRun.failedTasks.length > 0)
  return isCronLate || due.some(({ oldestDueAt }) => oldestDueAt !== null && now - oldestDueAt > MAX_LATE_MS)
}

function toDetails({ cronRun, letters, due }: Facts, now: number): Omit<Required<Health>, "status" | "variables"> {
  const secondsSince = (at: number | null | undefined) =>
    typeof at === "number" ? Math.floor((now - at) / 1000) : null
  const toTime = (at: number | null | undefined) => (typeof at === "number" ? new Date(at).toISOString() : null)
  const overdue = (wanted: queries.DueTable) => {
    const { count = 0, oldestDueAt = null } = due.find(({ name }) => name === wanted) ?? {}
    return { count, oldest_seconds: secondsSince(oldestDueAt) }
  }
  return {
    cron: {
      last_run_at: toTime(cronRun?.ranAt),
      seconds_ago: secondsSince(cronRun?.ranAt),
      failed_tasks: cronRun?.failedTasks ?? [],
    },
    overdue: {
      signal_events: overdue("signal_events"),
      deliveries: overdue("deliveries"),
      summaries: overdue("summaries"),
      notifications: overdue("notifications"),
    },
    dead_letters: { count: letters?.count ?? 0, newest_at: toTime(letters?.newestAt) },
  }
}
