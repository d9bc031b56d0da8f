import type { FlowRun } from "../prefect/schemas"
import { FAILED_TYPES } from "../prefect/states"

/**
 * The run as Prefect has it, with the reported error. A Worker may report a failure before Prefect records it; then the
 * run counts as `Failed`.
 */
export function toFailedRun(
  run: FlowRun,
  { errorMessage }: { errorMessage: string },
): { run: FlowRun; stateName: string } {
  if (FAILED_TYPES.includes(run.state_type ?? "")) {
    return { run: { ...run, state: { ...run.state, message: errorMessage } }, stateName: run.state_name ?? "Failed" }
  }
  const failed = { state_type: "FAILED", state_name: "Failed", state: { message: errorMessage }, end_time: null }
  return { run: { ...run, ...failed }, stateName: failed.state_name }
}
