import { pipelineSteps, uuidFrom } from "./failed-run.mjs"

export const FLOW_ID = uuidFrom("flow", "deployment_schedule_flow_v5")
export const WORK_QUEUE = {
  work_queue_id: uuidFrom("queue", "ddp"),
  work_queue_name: "ddp",
  work_pool_name: "dalgo_work_pool",
}

const CREATED = "2026-02-01T04:00:00.000Z"

/** Prefect sends null for fields without a value instead of leaving them out. */
export const nulls = (...names) => Object.fromEntries(names.map((name) => [name, null]))

function task(orgSlug, slug, index) {
  const common = {
    seq: index + 1,
    slug,
    flow_name: slug,
    flow_run_name: slug,
    orgtask_uuid: uuidFrom("orgtask", orgSlug, slug),
  }
  const project = `/data/${orgSlug}/dbtrepo`
  if (slug === "airbyte-sync")
    return {
      ...common,
      type: "Airbyte Connection",
      airbyte_server_block: `${orgSlug}-airbyte`,
      connection_id: uuidFrom("connection", orgSlug),
      timeout: 3600,
    }
  const command = { working_dir: project, env: {}, commands: [slug.replace("-", " ")] }
  if (slug === "git-pull") return { ...common, type: "Shell Operation", ...command }
  return {
    ...common,
    type: "dbt Core Operation",
    ...command,
    profiles_dir: `${project}/profiles`,
    project_dir: project,
    cli_profile_block: `${orgSlug}-profile`,
    cli_args: [],
  }
}

/** The parameters with which Dalgo starts a pipeline. */
export const pipelineParameters = (orgSlug) => ({
  config: {
    org_slug: orgSlug,
    continue_on_sync_failure: false,
    tasks: pipelineSteps.map((slug, index) => task(orgSlug, slug, index)),
  },
})

const schedule = (deploymentId, cron) => ({
  ...nulls("max_scheduled_runs", "slug"),
  id: uuidFrom("schedule", deploymentId),
  created: CREATED,
  updated: CREATED,
  deployment_id: deploymentId,
  schedule: { cron, timezone: "Asia/Kolkata", day_or: true },
  active: true,
  parameters: {},
})

export function deploymentBody({ id, orgSlug, name }) {
  return {
    ...nulls("version", "description", "concurrency_limit", "global_concurrency_limit", "concurrency_options"),
    ...nulls(
      "last_polled",
      "pull_steps",
      "storage_document_id",
      "infrastructure_document_id",
      "created_by",
      "updated_by",
    ),
    id,
    created: CREATED,
    updated: CREATED,
    name,
    flow_id: FLOW_ID,
    paused: false,
    schedules: [schedule(id, name.startsWith("weekly") ? "0 5 * * 1" : "0 5 * * *")],
    parameters: pipelineParameters(orgSlug),
    parameter_openapi_schema: {},
    tags: [orgSlug],
    labels: {},
    job_variables: {},
    ...WORK_QUEUE,
    status: "READY",
    path: "/app",
    entrypoint: "proxy/prefect_flows_runner.py:deployment_schedule_flow_v5",
    enforce_parameter_schema: false,
  }
}
