import type { Deps } from "../../deps"
import type { Failure } from "../../domain/failure"
import { DEFAULT_TIME_ZONE } from "../../domain/time"
import type { OrgWithSettings } from "../system-announcement"
import { prefectClientFrom } from "./client"
import { type FailureContext, failureFacts } from "./failure-facts"
import { platformAdminChannels } from "./platform-admin-message"
import type { Deployment, FlowRun, Graph } from "./schemas"
import { failedStep, hasFailedStep, logRunsOf, reachOf } from "./steps"

type FailedRun = {
  run: FlowRun
  /** `undefined` where it is not known. */
  org: OrgWithSettings | undefined
  /** The deployment as the event describes it, for when Prefect does not. */
  eventDeployment?: Deployment | undefined
  /** `false` while Prefect refuses us or is away: then it is not asked. */
  canAskPrefect?: boolean
}

export type FailureDescription = {
  deployment: Deployment | undefined
  failure: Failure
  /** The flow runs whose log explains the failure; `undefined` if the run's graph was not fetched. */
  logRunIds: string[] | undefined
  /** `undefined` if the run's graph was not fetched. */
  graph: Graph | undefined
}

/**
 * Describes a failed run. Fetches its deployment, its graph, and when the pipeline last went through, all at once; parts
 * that Prefect does not give are left out.
 */
export async function describeFailure(deps: Deps, failed: FailedRun): Promise<FailureDescription> {
  const { run, org, eventDeployment, canAskPrefect = true } = failed
  const prefect = canAskPrefect ? prefectClientFrom(deps.config) : undefined
  const [deploymentResult, graphResult, lastCompletedResult] = await Promise.allSettled([
    run.deployment_id ? prefect?.deployment(run.deployment_id) : undefined,
    prefect?.graph(run.id),
    run.deployment_id ? prefect?.lastCompletedAt(run.deployment_id) : undefined,
  ])
  const deployment = valueOf(deploymentResult) ?? eventDeployment
  const graph = valueOf(graphResult)
  const known = {
    run,
    deployment,
    step: graph && failedStep(graph),
    reach: graph && reachOf(graph),
    lastCompletedAt: valueOf(lastCompletedResult),
  }
  return {
    deployment,
    failure: failureFacts(known, failureContext(deps, org)),
    // Without a failed step yet, the summary fetches the graph again.
    graph,
    logRunIds: graph && hasFailedStep(graph) ? logRunsOf({ flowRunId: run.id, graph }) : undefined,
  }
}

/** What a failure's message takes from the organisation and from the configuration. */
export const failureContext = ({ config, now }: Deps, org: OrgWithSettings | undefined): FailureContext => ({
  orgSlug: org?.slug,
  facts: {
    orgName: org?.name ?? "Dalgo",
    timeZone: org?.timezone ?? DEFAULT_TIME_ZONE,
    link: config.FRONTEND_URL ? `${config.FRONTEND_URL}/orchestrate` : null,
    isTeamTold: platformAdminChannels(config).length > 0,
    usesAi: config.AUTO_GENERATE_LLM_FAILURE_SUMMARIES && org?.llmOptin !== false,
    publishedAt: now(),
  },
})

const valueOf = <T>(result: PromiseSettledResult<T>) => (result.status === "fulfilled" ? result.value : undefined)
