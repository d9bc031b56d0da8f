import type { Deps } from "../../deps"
import { prefectClientFrom } from "./client"
import { failureMessage } from "./message"
import type { Deployment, FlowRun, Graph } from "./schemas"
import { failedStep, hasFailedStep, logRunsOf } from "./steps"

type FailedRun = {
  run: FlowRun
  stateName: string
  /** The deployment as the event describes it, for when Prefect does not. */
  eventDeployment?: Deployment | undefined
  /** `false` while Prefect refuses us or is away: then it is not asked. */
  canAskPrefect?: boolean
}

export type FailureDescription = {
  deployment: Deployment | undefined
  message: string
  /** The flow runs whose log explains the failure; `undefined` if the run's graph was not fetched. */
  logRunIds: string[] | undefined
  /** `undefined` if the run's graph was not fetched. */
  graph: Graph | undefined
}

/**
 * Describes a failed run in words. Fetches its deployment and its graph; parts that Prefect does not give are left out.
 */
export async function describeFailure({ config }: Deps, failed: FailedRun): Promise<FailureDescription> {
  const { run, stateName, eventDeployment, canAskPrefect = true } = failed
  const prefect = canAskPrefect ? prefectClientFrom(config) : undefined
  const [deploymentResult, graphResult] = await Promise.allSettled([
    run.deployment_id ? prefect?.deployment(run.deployment_id) : undefined,
    prefect?.graph(run.id),
  ])
  const deployment = valueOf(deploymentResult) ?? eventDeployment
  const graph = valueOf(graphResult)
  const step = graph && failedStep(graph)
  return {
    deployment,
    message: failureMessage({ run, deployment, step, stateName, frontendUrl: config.FRONTEND_URL }),
    // Without a failed step yet, the summary fetches the graph again.
    graph,
    logRunIds: graph && hasFailedStep(graph) ? logRunsOf({ flowRunId: run.id, graph }) : undefined,
  }
}

const valueOf = <T>(result: PromiseSettledResult<T>) => (result.status === "fulfilled" ? result.value : undefined)
