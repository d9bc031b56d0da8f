import type { Deps } from "../../deps"
import { PrefectError, prefectClientFrom } from "./client"
import { failedStep, failureMessage } from "./interpret"
import type { Deployment, FlowRun } from "./schemas"

export type FetchedRun = { kind: "run"; run: FlowRun } | { kind: "absent" } | { kind: "silent"; reason: string }

/** The run as Prefect has it now. */
export async function fetchRun({ config }: Deps, { flowRunId }: { flowRunId: string }): Promise<FetchedRun> {
  const prefect = prefectClientFrom(config)
  if (!prefect) return { kind: "absent" }
  try {
    return { kind: "run", run: await prefect.flowRun(flowRunId) }
  } catch (error) {
    if (!(error instanceof PrefectError)) throw error
    return error.exists ? { kind: "silent", reason: error.message } : { kind: "absent" }
  }
}

type FailedRun = { run: FlowRun; told?: Deployment | undefined; stateName: string }

/**
 * What people are told of a run that failed, and where it is deployed: by Prefect, or else as it was `told`. What
 * nobody knows is left out.
 */
export async function describeFailure({ config }: Deps, { run, told, stateName }: FailedRun) {
  const prefect = prefectClientFrom(config)
  const [asked, graph] = await Promise.allSettled([
    run.deployment_id ? prefect?.deployment(run.deployment_id) : undefined,
    prefect?.graph(run.id),
  ])
  const deployment = (asked.status === "fulfilled" && asked.value) || told
  const step = graph.status === "fulfilled" && graph.value ? failedStep(graph.value) : undefined
  return {
    deployment,
    message: failureMessage({ run, deployment, step, stateName, frontendUrl: config.FRONTEND_URL }),
  }
}
