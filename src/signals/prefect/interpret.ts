import { redact } from "../../domain/redact"
import type { Deployment, FlowRun, Graph } from "./schemas"
import { FAILED_TYPES, isNonFailureState } from "./states"

/** What a webhook says: a run entered a state. */
export type RunEvent = {
  flowRunId: string
  stateName: string
  /** A run within a run: its parent tells of its failure. */
  isSubflow?: boolean
  /** The run as the event itself has it, for when Prefect cannot be asked. */
  embedded?: { run: FlowRun; deployment: Deployment | undefined }
}

export type Verdict =
  | { kind: "job_failure"; stateName: string }
  | { kind: "ignore"; reason: "not_a_failure" | "failed_no_more" | "will_be_retried" | "not_top_level" | "only_edr" }
  /** The event names a failure but not whose, and Prefect did not tell. */
  | { kind: "unknown_organisation" }

/** Whether this event could be a failure: for no other is there a question to Prefect. */
export const couldBeFailure = ({ stateName, isSubflow }: RunEvent) => !isSubflow && !isNonFailureState(stateName)

/**
 * What an event means, given the run as Prefect has it now. The run is the truth: a run that will be retried, or
 * has meanwhile gone through, has not failed.
 */
export function judge(event: RunEvent, run: FlowRun | undefined): Verdict {
  if (isNonFailureState(event.stateName)) return { kind: "ignore", reason: "not_a_failure" }
  if (event.isSubflow) return { kind: "ignore", reason: "not_top_level" }
  if (!run) return { kind: "unknown_organisation" }
  if (!run.deployment_id || run.parent_task_run_id) return { kind: "ignore", reason: "not_top_level" }
  const tasks = run.parameters?.config?.tasks ?? []
  if (tasks.length === 1 && tasks[0]?.slug === "generate-edr") return { kind: "ignore", reason: "only_edr" }
  if (run.state_name === "AwaitingRetry") return { kind: "ignore", reason: "will_be_retried" }
  if (!FAILED_TYPES.includes(run.state_type ?? "")) return { kind: "ignore", reason: "failed_no_more" }
  return { kind: "job_failure", stateName: run.state_name ?? event.stateName }
}

/** The run as Prefect has it, with what somebody says who noticed earlier: that it failed, and why. */
export function withReportedFailure(run: FlowRun, { errorMessage }: { errorMessage: string }) {
  if (!FAILED_TYPES.includes(run.state_type ?? "")) {
    const failed = { state_type: "FAILED", state_name: "Failed", state: { message: errorMessage }, end_time: null }
    return { run: { ...run, ...failed }, stateName: failed.state_name }
  }
  const told = { ...run, state: { ...run.state, message: errorMessage } }
  return { run: told, stateName: run.state_name ?? "Failed" }
}

/** Slugs that may name the run's organisation, the likeliest first. Tags are not only organisations. */
export const candidateSlugs = (run: FlowRun): string[] =>
  [run.parameters?.config?.org_slug, ...run.tags].filter((slug): slug is string => Boolean(slug))

/** As many as one reads through. */
const MAX_SLUGS = 10

/** Why a run is no organisation's here. */
export function unknownOrgReason(run: FlowRun): string {
  const slugs = [...new Set(candidateSlugs(run))].slice(0, MAX_SLUGS)
  return slugs.length > 0 ? `no organisation is called ${slugs.join(" or ")}` : "the run names no organisation"
}

/** Which step of the run failed, in words; `undefined` if the graph does not tell. */
export function failedStep(graph: Graph): string | undefined {
  const [failed] = failedNodes(graph)
  return failed && stepName(failed.label)
}

/** The steps that failed and are runs of their own: what they printed is logged under their id, not their parent's. */
export const failedSubflows = (graph: Graph): string[] =>
  failedNodes(graph)
    .filter((node) => node.kind === "flow-run")
    .map((node) => node.id)

const failedNodes = (graph: Graph) =>
  graph.nodes.map(([, node]) => node).filter((node) => FAILED_TYPES.includes(node.state_type ?? ""))

const STEP_NAMES: Record<string, string> = {
  "airbyte-sync": "the Airbyte sync",
  "airbyte-reset": "the Airbyte reset",
  "airbyte-clear": "clearing the Airbyte destination",
  "update-schema": "the Airbyte schema update",
  "git-pull": "getting the latest dbt code (git pull)",
  "git-clone": "getting the dbt code (git clone)",
  "dbt-clean": "dbt clean",
  "dbt-deps": "installing dbt packages (dbt deps)",
  "dbt-seed": "loading seed data (dbt seed)",
  "dbt-run": "building the models (dbt run)",
  "dbt-test": "the data tests (dbt test)",
  "dbt-docs-generate": "generating the dbt documentation",
  "generate-edr": "the data quality report",
}

/** A graph's label is "slug-0", or "flow / dbtjob-slug" for a subflow. */
function stepName(label: string): string {
  const slug = Object.keys(STEP_NAMES).find((known) => label.includes(known))
  return (slug && STEP_NAMES[slug]) ?? label.split(" / ").at(-1)?.trim() ?? label
}

export type FailureDetails = {
  run: FlowRun
  deployment: Deployment | undefined
  step: string | undefined
  stateName: string
  frontendUrl: string | undefined
}

const MAX_ERROR_LENGTH = 500
const MAX_ERROR_LINES = 3
/** What Prefect puts before every exception. */
const PREAMBLE = /^Flow run encountered an exception: /

/** What people are told: which pipeline, which step, when, the error's first lines, and where to look. */
export function failureMessage({ run, deployment, step, stateName, frontendUrl }: FailureDetails): string {
  const pipeline = deployment?.name ?? run.name
  const at = run.state?.timestamp ?? run.end_time
  const what = stateName === "TimedOut" ? "took too long and was stopped" : "failed"
  const error = firstLines(redact(run.state?.message?.replace(PREAMBLE, "") ?? ""))
  return [
    `The pipeline ${pipeline} ${what}${at ? ` on ${formatTime(at)}` : ""}.`,
    step && `It stopped at ${step}. Data after this step was not updated.`,
    error && `Error: ${error}`,
    frontendUrl && `See the run: ${frontendUrl}/orchestrate`,
  ]
    .filter(Boolean)
    .join("\n")
}

function firstLines(text: string): string {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
  return lines.slice(0, MAX_ERROR_LINES).join("\n").slice(0, MAX_ERROR_LENGTH)
}

/** "23 November 2026 at 02:41 UTC": the reader's zone is not known here. */
const formatTime = (at: number) =>
  `${new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" }).format(at)} at ${new Date(at).toISOString().slice(11, 16)} UTC`
