import type { Deps } from "../../deps"
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

/** Fetches the run as Prefect has it now. */
export async function fetchRun({ config }: Deps, { flowRunId }: { flowRunId: string }): Promise<FetchedRun> {
  const prefect = prefectClientFrom(config)
  if (!prefect) return { kind: "not_found" }
  try {
    return { kind: "found", run: await prefect.flowRun(flowRunId) }
  } catch (error) {
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
