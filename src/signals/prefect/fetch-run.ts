import type { Deps } from "../../deps"
import { PrefectError } from "./client"
import { failedStep, messageFor } from "./interpret"
import type { Deployment, FlowRun } from "./schemas"

export type Answer = { kind: "run"; run: FlowRun } | { kind: "absent" } | { kind: "silent"; reason: string }

/** The run as Prefect has it now. */
export async function askForRun({ prefect }: Deps, { flowRunId }: { flowRunId: string }): Promise<Answer> {
  if (!prefect) return { kind: "absent" }
  try {
    return { kind: "run", run: await prefect.flowRun(flowRunId) }
  } catch (error) {
    if (!(error instanceof PrefectError)) throw error
    return error.isThere ? { kind: "silent", reason: error.message } : { kind: "absent" }
  }
}

type Failed = { run: FlowRun; told?: Deployment | undefined; stateName: string }

/**
 * What people are told of a run that failed, and where it is deployed: by Prefect, or else as it was `told`. What
 * nobody knows is left out.
 */
export async function describe({ prefect, settings }: Deps, { run, told, stateName }: Failed) {
  const [asked, graph] = await Promise.allSettled([
    run.deployment_id ? prefect?.deployment(run.deployment_id) : undefined,
    prefect?.graph(run.id),
  ])
  const deployment = (asked.status === "fulfilled" && asked.value) || told
  const step = graph.status === "fulfilled" && graph.value ? failedStep(graph.value) : undefined
  return { deployment, message: messageFor({ run, deployment, step, stateName, frontendUrl: settings.FRONTEND_URL }) }
}
