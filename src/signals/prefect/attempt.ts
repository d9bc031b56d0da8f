import type { Notification } from "../../db/schema"
import type { FlowRun } from "./schemas"

/** One attempt of a run. It fails once, even if Prefect calls it Failed first and Crashed afterwards. */
export type Attempt = {
  flowRunId: string
  /** Prefect's number of the attempt; 0 where nobody tells it. */
  runCount: number
  /** When it failed (milliseconds since 1970), where that is known. */
  failedAt: number | undefined
}

export const attemptOf = ({ id, run_count, state, end_time }: FlowRun): Attempt => ({
  flowRunId: id,
  runCount: run_count ?? 0,
  failedAt: state?.timestamp ?? end_time ?? undefined,
})

/** The prefix of all dedupe keys of a run's failures. */
export const keyPrefix = (flowRunId: string) => `prefect:${flowRunId.toLowerCase()}:`

/** Dedupe key of a failure. Each attempt of a run is published once, whoever reports it first. */
export const failureKey = ({ flowRunId, runCount }: Pick<Attempt, "flowRunId" | "runCount">) =>
  `${keyPrefix(flowRunId)}${runCount}`

/** Before `failureKey`: another program has told the platform admins of the attempt. */
export const REPORTED_PREFIX = "operators:reported:"

/** How long after the notification of a failure the same attempt may still change its state, from Failed to Crashed. */
const SAME_ATTEMPT_MS = 2 * 60_000

/**
 * The notification that has told of this attempt already. Reports of one attempt may differ in what they know: where one
 * of two has no run count, they are the same attempt if it failed before the notification, or soon after. Keys of
 * earlier versions end in the state's name in place of the run count.
 */
export function findEarlierReport(
  earlier: Notification[],
  { runCount, failedAt }: Attempt,
  now: number,
): Notification | undefined {
  return earlier.find(({ dedupeKey, createdAt }) => {
    const end = dedupeKey?.slice(dedupeKey.lastIndexOf(":") + 1) ?? ""
    const earlierCount = /^\d+$/.test(end) ? Number(end) : 0
    // A report of an older attempt may come after a newer one.
    if (runCount > 0 && earlierCount > 0) return earlierCount >= runCount
    return failedAt === undefined || Math.min(failedAt, now) <= createdAt + SAME_ATTEMPT_MS
  })
}
