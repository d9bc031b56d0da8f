import type { Deployment, FlowRun } from "../schemas"

/** What a webhook body says: a flow run entered a state. */
export type RunEvent = {
  flowRunId: string
  /** `UNKNOWN_STATE` where the body names none. */
  stateName: string
  /** The run is a step of another run, which reports the failure itself. */
  isSubflow?: boolean
  /** The run had completed before it entered this state. */
  isAfterCompletion?: boolean
  /** The run as the body describes it, for when Prefect's API cannot be asked. */
  embedded?: { run: FlowRun; deployment: Deployment | undefined }
}
