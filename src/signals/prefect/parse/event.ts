import type { RunEvent } from "./run-event"
import { type Deployment, FlowRun, FlowRunEvent, RunInState } from "../schemas"
import { canonicalStateName, isFilled, stateType, UNKNOWN_STATE } from "../states"

/**
 * Reads an object that describes a run: an event of Prefect 3, the fields of a template, or the run; else `undefined`.
 */
export function parseObject(value: object): RunEvent | undefined {
  const event = "resource" in value ? FlowRunEvent.safeParse(value).data : undefined
  if (event) return fromEvent(event)
  const fields = "flow_run_id" in value ? RunInState.safeParse(value).data : undefined
  if (fields) return fromFields(fields)
  const run = isRun(value) ? FlowRun.safeParse(value).data : undefined
  return run && fromRun(run)
}

/** Other objects have an id and a name too, such as a deployment. */
const isRun = (value: object) =>
  "id" in value &&
  "name" in value &&
  typeof value.name === "string" &&
  ("state_name" in value || "state_type" in value || "state" in value)

function fromEvent({ event, resource, related, payload }: FlowRunEvent): RunEvent {
  const state = payload?.validated_state
  const relatedAs = (role: string) => related.filter((each) => each["prefect.resource.role"] === role)
  const [deployment] = relatedAs("deployment")
  const [parent] = relatedAs("task-run")
  const run = {
    id: resource["prefect.resource.id"],
    name: resource["prefect.resource.name"] ?? resource["prefect.resource.id"],
    deployment_id: deployment ? idWithoutPrefix(deployment) : null,
    parent_task_run_id: parent && idWithoutPrefix(parent),
    run_count: resource["prefect.run-count"],
    state_type: state?.type ?? resource["prefect.state-type"],
    state_name: state?.name || resource["prefect.state-name"] || stateOfEvent(event),
    state: {
      message: state?.message ?? resource["prefect.state-message"],
      timestamp: resource["prefect.state-timestamp"],
    },
    tags: relatedAs("tag").map(idWithoutPrefix),
  }
  return {
    ...fromRun(run, deployment?.["prefect.resource.name"]),
    ...afterCompletion(payload?.initial_state?.type),
  }
}

const afterCompletion = (initialType: string | null | undefined) =>
  initialType?.toUpperCase() === "COMPLETED" && { isAfterCompletion: true }

const EVENT_PREFIX = "prefect.flow-run."

/** `Failed` of `prefect.flow-run.Failed`. */
const stateOfEvent = (event: string) => event.slice(EVENT_PREFIX.length)

/** `acme` of `prefect.tag.acme`. */
const idWithoutPrefix = ({ "prefect.resource.id": id }: FlowRunEvent["related"][number]) =>
  id.replace(/^prefect\.[a-z-]+\./, "")

function fromFields({
  flow_run_id,
  flow_run_name,
  deployment_name,
  message,
  occurred,
  ...fields
}: RunInState): RunEvent {
  const { deployment_id, parent_task_run_id, run_count, state_type, tags, parameters } = fields
  const event = fields.event?.startsWith(EVENT_PREFIX) ? fields.event : undefined
  const run = {
    id: flow_run_id,
    name: flow_run_name ?? flow_run_id,
    deployment_id,
    parent_task_run_id: parent_task_run_id && isFilled(parent_task_run_id) ? parent_task_run_id : undefined,
    run_count,
    state_type,
    state_name: fields.state_name || fields.state || (state_type ? null : event && stateOfEvent(event)),
    state: { message, timestamp: occurred },
    tags,
    parameters,
  }
  return { ...fromRun(run, deployment_name), ...afterCompletion(fields.initial_state_type) }
}

/**
 * The run is embedded where it can be judged by itself: its deployment (or that it has none) and its state type are
 * known. Only Prefect knows when a run is retried.
 */
function fromRun(run: FlowRun, deploymentName?: string | null): RunEvent {
  const { deployment_id, state } = run
  const name = [run.state_name, state?.name, run.state_type, state?.type].map(usableName).find(Boolean)
  const stateName = name ?? UNKNOWN_STATE
  const state_type = stateType(stateName, run.state_type ?? state?.type)
  const canBeJudged = deployment_id !== undefined && state_type !== undefined && stateName !== "AwaitingRetry"
  const deployment: Deployment | undefined =
    deployment_id && deploymentName ? { id: deployment_id, name: deploymentName } : undefined
  return {
    flowRunId: run.id,
    stateName,
    isSubflow: Boolean(run.parent_task_run_id),
    ...(canBeJudged && { embedded: { run: { ...run, state_name: stateName, state_type }, deployment } }),
  }
}

/** The name as Prefect writes it; `undefined` where there is none. */
function usableName(text: string | null | undefined): string | undefined {
  const name = canonicalStateName(text ?? "")
  return isFilled(name) ? name : undefined
}
