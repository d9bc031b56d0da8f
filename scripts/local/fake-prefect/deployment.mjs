import { pipelineSteps, uuidOf } from "./failed-run.mjs"

export const FLOW_ID = uuidOf("flow", "deployment_schedule_flow_v5")
export const QUEUE = {
  work_queue_id: uuidOf("queue", "ddp"),
  work_queue_name: "ddp",
  work_pool_name: "dalgo_work_pool",
}

const MADE = "2026-02-01T04:00:00.000Z"

/** Prefect spells out every field it has no value for, and clients may count on that. */
export const nulls = (...names) => Object.fromEntries(names.map((name) => [name, null]))

function task(orgSlug, slug, index) {
  const common = {
    seq: index + 1,
    slug,
    flow_name: slug,
    flow_run_name: slug,
    orgtask_uuid: uuidOf("orgtask", orgSlug, slug),
  }
  const project = `/data/${orgSlug}/dbtrepo`
  if (slug === "airbyte-sync")
    return {
      ...common,
      type: "Airbyte Connection",
      airbyte_server_block: `${orgSlug}-airbyte`,
      connection_id: uuidOf("connection", orgSlug),
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

/** What Dalgo starts a pipeline with. */
export const parametersOf = (orgSlug) => ({
  config: {
    org_slug: orgSlug,
    continue_on_sync_failure: false,
    tasks: pipelineSteps.map((slug, index) => task(orgSlug, slug, index)),
  },
})

const schedule = (deploymentId, cron) => ({
  ...nulls("max_scheduled_runs", "slug"),
  id: uuidOf("schedule", deploymentId),
  created: MADE,
  updated: MADE,
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
    created: MADE,
    updated: MADE,
    name,
    flow_id: FLOW_ID,
    paused: false,
    schedules: [schedule(id, name.startsWith("weekly") ? "0 5 * * 1" : "0 5 * * *")],
    parameters: parametersOf(orgSlug),
    parameter_openapi_schema: {},
    tags: [orgSlug],
    labels: {},
    job_variables: {},
    ...QUEUE,
    status: "READY",
    path: "/app",
    entrypoint: "proxy/prefect_flows_runner.py:deployment_schedule_flow_v5",
    enforce_parameter_schema: false,
  }
}
