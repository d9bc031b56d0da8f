import { FLOW_ID, nulls, pipelineParameters, WORK_QUEUE } from "./deployment.mjs"
import { deploymentIdFor, uuidFrom } from "./failed-run.mjs"

const iso = (ms) => new Date(ms).toISOString()

const stateOf = ({ id, stateType, stateName, message, endMs }) => ({
  id: uuidFrom("state", id),
  type: stateType,
  name: stateName,
  timestamp: iso(endMs),
  message,
  data: null,
  state_details: {
    ...nulls("task_run_id", "child_flow_run_id", "scheduled_time", "cache_key", "cache_expiration", "pause_timeout"),
    ...nulls("pause_key", "run_input_keyset", "refresh_cache", "retriable", "task_parameters_id", "traceparent"),
    flow_run_id: id,
    transition_id: uuidFrom("transition", id),
    deferred: false,
    untrackable_result: false,
    pause_reschedule: false,
  },
})

function body(run) {
  const { id, orgSlug, deployment, startMs, endMs } = run
  const seconds = (endMs - startMs) / 1000
  const state = stateOf(run)
  return {
    ...nulls(
      "deployment_version",
      "next_scheduled_start_time",
      "infrastructure_document_id",
      "created_by",
      "job_variables",
    ),
    ...nulls("idempotency_key"),
    id,
    created: iso(startMs - 6_000),
    updated: iso(endMs),
    name: run.name,
    flow_id: FLOW_ID,
    flow_version: "5",
    state_id: state.id,
    state_type: state.type,
    state_name: state.name,
    state,
    deployment_id: deployment ? deploymentIdFor(orgSlug, deployment) : null,
    parent_task_run_id: deployment ? null : uuidFrom("wrapper", id),
    parameters: deployment ? pipelineParameters(orgSlug) : {},
    context: {},
    empirical_policy: {
      ...nulls("retry_type"),
      max_retries: 0,
      retry_delay_seconds: 0,
      retries: 0,
      retry_delay: 0,
      pause_keys: [],
      resuming: false,
    },
    tags: deployment ? ["auto-scheduled", orgSlug] : [],
    labels: {},
    run_count: 1,
    expected_start_time: iso(startMs - 2_000),
    start_time: iso(startMs),
    end_time: iso(endMs),
    total_run_time: seconds,
    estimated_run_time: seconds,
    estimated_start_time_delta: 2,
    auto_scheduled: Boolean(deployment),
    infrastructure_pid: "dalgo-worker-2:731",
    ...WORK_QUEUE,
    work_pool_id: uuidFrom("pool", "dalgo_work_pool"),
  }
}

/** The body of a pipeline run, or of a step that is a subflow. */
export function flowRunBody({ id, failure, orgSlug, startMs, endMs, step }) {
  if (!step) return body({ ...failure, id, orgSlug, startMs, endMs })
  const failed = step.stateType !== "COMPLETED"
  return body({
    id,
    orgSlug,
    name: step.slug === "git-pull" ? "shellop-git-pull" : `dbtjob-${step.slug}`,
    stateType: step.stateType,
    stateName: failed ? failure.stateName : "Completed",
    message: failed ? failure.message : null,
    startMs: startMs + step.startsAfterMs,
    endMs: startMs + step.endsAfterMs,
  })
}
