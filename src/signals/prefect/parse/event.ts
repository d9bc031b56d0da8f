import type { RunEvent } from "./run-event"
import { type Deployment, FlowRun, FlowRunEvent, RunInState } from "../schemas"
import { canonicalStateName, stateType } from "../states"

/**
 * Reads an object that describes a run: an event of Prefect 3, the fields of a template, or the run; else `undefined`.
 */
export function parseObject(value: object): RunEvent | undefined {
  const event = "resource" in value ? FlowRunEvent.safeParse(value).data : undefined
  if (event) return fromEvent(event)
  const fields = "flow_run_id" in value ? RunInState.safeParse(value).data : undefined
  if (fields) return fromFields(fields)
  const run = "id" in value ? FlowRun.safeParse(value).data : undefined
  return run && fromRun(run)
}

function fromEvent({ event, resource, related, payload }: FlowRunEvent): RunEvent | undefined {
  const state = payload?.validated_state
  const relatedAs = (role: string) => related.filter((each) => each["prefect.resource.role"] === role)
  const [deployment] = relatedAs("deployment")
  const [parent] = relatedAs("task-run")
  const run = {
    id: resource["prefect.resource.id"],
    name: resource["prefect.resource.name"] ?? resource["prefect.resource.id"],
    deployment_id: deployment ? idWithoutPrefix(deployment) : null,
    parent_task_run_id: parent && idWithoutPrefix(parent),
    state_type: state?.type ?? resource["prefect.state-type"],
    state_name: state?.name ?? resource["prefect.state-name"] ?? event.slice("prefect.flow-run.".length),
    state: {
      message: state?.message ?? resource["prefect.state-message"],
      timestamp: resource["prefect.state-timestamp"],
    },
    tags: relatedAs("tag").map(idWithoutPrefix),
  }
  return fromRun(run, deployment?.["prefect.resource.name"])
}

/** `acme` of `prefect.tag.acme`. */
const idWithoutPrefix = ({ "prefect.resource.id": id }: FlowRunEvent["related"][number]) =>
  id.replace(/^prefect\.[a-z-]+\./, "")

function fromFields({ flow_run_id, flow_run_name, deployment_name, message, occurred, ...fields }: RunInState) {
  const { deployment_id, state_type, tags, parameters } = fields
  const run = {
    id: flow_run_id,
    name: flow_run_name ?? flow_run_id,
    deployment_id,
    state_type,
    state_name: fields.state_name ?? fields.state,
    state: { message, timestamp: occurred },
    tags,
    parameters,
  }
  return fromRun(run, deployment_name)
}

/**
 * The run is embedded where it can be judged by itself: its deployment (or that it has none) and its state type are
 * known.
 */
function fromRun(run: FlowRun, deploymentName?: string | null): RunEvent | undefined {
  const { deployment_id, state } = run
  const name = run.state_name ?? state?.name ?? run.state_type ?? state?.type
  if (!name) return undefined
  const stateName = canonicalStateName(name)
  const state_type = stateType(stateName, run.state_type ?? state?.type)
  const canBeJudged = deployment_id !== undefined && state_type !== undefined
  const deployment: Deployment | undefined =
    deployment_id && deploymentName ? { id: deployment_id, name: deploymentName } : undefined
  return {
    flowRunId: run.id,
    stateName,
    isSubflow: Boolean(run.parent_task_run_id),
    ...(canBeJudged && { embedded: { run: { ...run, state_name: stateName, state_type }, deployment } }),
  }
}
