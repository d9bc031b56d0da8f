import type { Deps } from "../../deps"
import { PrefectError, prefectClientFrom } from "./client"
import type { FlowRun } from "./schemas"

export type FetchedRun =
  | { kind: "found"; run: FlowRun }
  /** Prefect has no such run, or no Prefect is configured. */
  | { kind: "not_found" }
  /** Prefect could not be asked. `reason` is safe to log. */
  | { kind: "unavailable"; reason: string }

/** Fetches the run as Prefect has it now. */
export async function fetchRun({ config }: Deps, { flowRunId }: { flowRunId: string }): Promise<FetchedRun> {
  const prefect = prefectClientFrom(config)
  if (!prefect) return { kind: "not_found" }
  try {
    return { kind: "found", run: await prefect.flowRun(flowRunId) }
  } catch (error) {
    if (!(error instanceof PrefectError)) throw error
    return error.isNotFound ? { kind: "not_found" } : { kind: "unavailable", reason: error.message }
  }
}
