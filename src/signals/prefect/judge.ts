import type { StoredFlowRun } from "../../db/schema"
import { attemptOf } from "./attempt"
import type { RunEvent } from "./parse/run-event"
import type { FlowRun } from "./schemas"
import { FAILED_TYPES, isNonFailureState, UNKNOWN_STATE } from "./states"

export type Verdict =
  | { kind: "job_failure"; stateName: string }
  | {
      kind: "ignore"
      reason: "not_a_failure" | "no_longer_failed" | "not_top_level" | "only_generate_edr" | "crashed_after_completion"
    }
  /** Prefect will run it again. It is a failure if nothing has followed at `until`. */
  | { kind: "hold"; reason: "will_be_retried"; until: number }
  /** The event names a failed run, but neither it nor Prefect describes the run. */
  | { kind: "unknown_organisation" }
  /** The event names a run without its state, and Prefect does not know the run. */
  | { kind: "unknown_state" }

/** How long after its time a retry may start. */
const RETRY_GRACE_MS = 15 * 60_000

const AWAITING_RETRY = "AwaitingRetry"

/** Whether an event may be a failure, or become one. Prefect is asked about no other. */
export const couldBeFailure = ({ stateName, isSubflow }: RunEvent) =>
  !isSubflow && (stateName === AWAITING_RETRY || !isNonFailureState(stateName))

/**
 * Judges an event by the run as Prefect has it now, else as the event describes it. The run's state counts, not the
 * event's: a run that has completed since has not failed. `receivedAt` stands in for a retry time that is not known.
 */
export function judge(
  event: RunEvent,
  run: FlowRun | undefined,
  { receivedAt, now }: { receivedAt: number; now: number },
): Verdict {
  if (!couldBeFailure(event)) return { kind: "ignore", reason: event.isSubflow ? "not_top_level" : "not_a_failure" }
  if (!run) {
    if (event.stateName === UNKNOWN_STATE) return { kind: "unknown_state" }
    return event.stateName === AWAITING_RETRY
      ? { kind: "ignore", reason: "not_a_failure" }
      : { kind: "unknown_organisation" }
  }
  if (!run.deployment_id || run.parent_task_run_id) return { kind: "ignore", reason: "not_top_level" }
  const tasks = run.parameters?.config?.tasks ?? []
  if (tasks.length === 1 && tasks[0]?.slug === "generate-edr") return { kind: "ignore", reason: "only_generate_edr" }
  const stateName = run.state_name ?? run.state?.name
  if (stateName === AWAITING_RETRY) {
    const until = (retryAt(run) ?? receivedAt) + RETRY_GRACE_MS
    return now < until ? { kind: "hold", reason: "will_be_retried", until } : { kind: "job_failure", stateName }
  }
  const type = run.state_type ?? run.state?.type ?? ""
  if (!FAILED_TYPES.includes(type)) return { kind: "ignore", reason: "no_longer_failed" }
  if (type === "CRASHED" && event.isAfterCompletion) return { kind: "ignore", reason: "crashed_after_completion" }
  return { kind: "job_failure", stateName: stateName ?? event.stateName }
}

const retryAt = (run: FlowRun) =>
  run.state?.state_details?.scheduled_time ?? run.next_scheduled_start_time ?? run.state?.timestamp

/**
 * Whether what is stored of the run is newer than the failure. Where the run was fetched it is as Prefect has it now,
 * but a run that crashes after it has completed has not failed.
 */
export function isOutdated(
  run: FlowRun,
  { stored, isFetched }: { stored: StoredFlowRun; isFetched: boolean },
): boolean {
  const { failedAt, runCount } = attemptOf(run)
  if (FAILED_TYPES.includes(stored.stateType) || (runCount > 0 && runCount > (stored.runCount ?? runCount)))
    return false
  if (run.state_type === "CRASHED" && stored.stateType === "COMPLETED") return true
  return !isFetched && failedAt !== undefined && stored.stateAt !== null && failedAt < stored.stateAt
}
