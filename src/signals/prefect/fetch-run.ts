import type { Deps } from "../../deps"
import { MisconfiguredError } from "../../runtime/errors"
import { PrefectError, prefectClientFrom } from "./client"
import type { FlowRun } from "./schemas"

export type FetchedRun =
  | { kind: "found"; run: FlowRun }
  /** Prefect has no such run, or no Prefect is configured. */
  | { kind: "not_found" }
  /** Prefect refuses us, and asking again does not mend that. `reason` is safe to log. */
  | { kind: "refused"; reason: string }
  /** Prefect could not be asked. `reason` is safe to log. */
  | { kind: "unavailable"; reason: string; retryAfterMs: number | undefined }

/**
 * Fetches the run as Prefect has it now. If a setting of Prefect is not usable, it throws `MisconfiguredError`, or
 * counts that as a refusal where `isOptional` says that the failure can be told without the run.
 */
export async function fetchRun(
  { config }: Deps,
  { flowRunId, isOptional }: { flowRunId: string; isOptional: boolean },
): Promise<FetchedRun> {
  try {
    const prefect = prefectClientFrom(config)
    return prefect ? { kind: "found", run: await prefect.flowRun(flowRunId) } : { kind: "not_found" }
  } catch (error) {
    if (isOptional && error instanceof MisconfiguredError) return { kind: "refused", reason: error.message }
    if (!(error instanceof PrefectError)) throw error
    const { kind, message: reason, details } = error
    switch (kind) {
      case "not_found":
        return { kind }
      case "refused":
        return { kind, reason }
      case "unavailable":
        return { kind, reason, retryAfterMs: details.retryAfterMs }
    }
  }
}
