import type { RunEvent } from "./parse/run-event"
import type { FlowRun } from "./schemas"
import { FAILED_TYPES, isNonFailureState } from "./states"

export type Verdict =
  | { kind: "job_failure"; stateName: string }
  | {
      kind: "ignore"
      reason: "not_a_failure" | "no_longer_failed" | "will_be_retried" | "not_top_level" | "only_generate_edr"
    }
  /** The event names a failed run, but neither it nor Prefect describes the run. */
  | { kind: "unknown_organisation" }

/** Whether an event may be a failure. Prefect is asked about no other. */
export const couldBeFailure = ({ stateName, isSubflow }: RunEvent) => !isSubflow && !isNonFailureState(stateName)

/**
 * Judges an event by the run as Prefect has it now. The run's state counts, not the event's: a run that will be
 * retried, or has completed since, has not failed.
 */
export function judge(event: RunEvent, run: FlowRun | undefined): Verdict {
  if (isNonFailureState(event.stateName)) return { kind: "ignore", reason: "not_a_failure" }
  if (event.isSubflow) return { kind: "ignore", reason: "not_top_level" }
  if (!run) return { kind: "unknown_organisation" }
  if (!run.deployment_id || run.parent_task_run_id) return { kind: "ignore", reason: "not_top_level" }
  const tasks = run.parameters?.config?.tasks ?? []
  if (tasks.length === 1 && tasks[0]?.slug === "generate-edr") return { kind: "ignore", reason: "only_generate_edr" }
  if (run.state_name === "AwaitingRetry") return { kind: "ignore", reason: "will_be_retried" }
  if (!FAILED_TYPES.includes(run.state_type ?? "")) return { kind: "ignore", reason: "no_longer_failed" }
  return { kind: "job_failure", stateName: run.state_name ?? event.stateName }
}
