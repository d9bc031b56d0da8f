import type { Reach } from "../../domain/failure"
import type { Graph } from "./schemas"
import { FAILED_TYPES } from "./states"

/** The first failed step of a run, in words; `undefined` if no step of the graph failed. */
export function failedStep(graph: Graph): string | undefined {
  const [failed] = failedNodes(graph)
  return failed && stepName(failed.label)
}

/**
 * Ids of the flow runs whose log explains the failure: the run, and its failed steps that are flow runs. Prefect logs
 * the output of those under their own id.
 */
export const logRunsOf = ({ flowRunId, graph }: { flowRunId: string; graph: Graph }): string[] => [
  flowRunId,
  ...failedNodes(graph)
    .filter((node) => node.kind === "flow-run")
    .map((node) => node.id),
]

/** Whether the graph shows a failed step. A graph that was read early may still show all steps as running. */
export const hasFailedStep = (graph: Graph): boolean => failedNodes(graph).length > 0

/** Whether the run had completed, and has not run again since, when it entered its last state. */
export function hadCompleted({ states = [] }: Graph): boolean {
  const inOrder = states.toSorted((one, other) => (one.timestamp ?? 0) - (other.timestamp ?? 0))
  const types = inOrder.slice(0, -1).map(({ type }) => type)
  return types.lastIndexOf("COMPLETED") > types.lastIndexOf("RUNNING")
}

const failedNodes = (graph: Graph) =>
  graph.nodes.map(([, node]) => node).filter((node) => FAILED_TYPES.includes(node.state_type ?? ""))

const TRANSFORMATIONS = ["git-pull", "git-clone", "dbt-clean", "dbt-deps", "dbt-seed", "dbt-run"]

/** How far a run came, by its first failed step. A step that comes after the tables were made does not tell. */
export function reachOf(graph: Graph): Reach | undefined {
  const [failed] = failedNodes(graph)
  const slug = failed && slugOf(failed.label)
  if (slug === undefined) return undefined
  if (TRANSFORMATIONS.includes(slug)) return "transformation"
  return slug.startsWith("airbyte") || slug === "update-schema" ? "sync" : "unknown"
}

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

/** A graph's label is "slug-0" for a task, and "flow / dbtjob-slug" for a subflow. */
const slugOf = (label: string) => Object.keys(STEP_NAMES).find((known) => label.includes(known))

function stepName(label: string): string {
  const slug = slugOf(label)
  return (slug && STEP_NAMES[slug]) ?? label.split(" / ").at(-1)?.trim() ?? label
}
