import { describe, expect, it } from "vitest"
import { Graph } from "../../../src/signals/prefect/schemas"
import { failedStep, logRunsOf } from "../../../src/signals/prefect/steps"
import { RUN_ID } from "../../support/fake-prefect"

describe("the failed step", () => {
  type Node = { label: string; state_type?: string | null; kind?: string; id?: string }
  const graph = (...nodes: Node[]) =>
    Graph.parse({
      start_time: null,
      nodes: nodes.map((node, i) => [
        `n${i}`,
        { kind: "task-run", id: `n${i}`, state_type: "COMPLETED", parents: [], ...node },
      ]),
    })
  const failed = (label: string): Node => ({ label, state_type: "FAILED" })

  it.each<[string, Node[], string | undefined]>([
    ["a task", [{ label: "git-pull-0" }, failed("airbyte-sync-0")], "the Airbyte sync"],
    ["a subflow", [failed("dbtjob_v2_runner / dbtjob-dbt-run")], "building the models (dbt run)"],
    ["a step that crashed", [{ label: "dbt-test-0", state_type: "CRASHED" }], "the data tests (dbt test)"],
    ["the first of several", [failed("git-pull-0"), failed("dbt-deps-0")], "getting the latest dbt code (git pull)"],
    [
      "not a step that is pending",
      [{ label: "dbt-run-0", state_type: "PENDING" }, failed("dbt-seed-1")],
      "loading seed data (dbt seed)",
    ],
    ["not a step without a state", [{ label: "dbt-run-0", state_type: null }], undefined],
    ["a task without a name of ours, by its label", [failed("clean_up_bucket-0")], "clean_up_bucket-0"],
    [
      "a subflow without a name of ours, by the end of its label",
      [failed("main / send-the-report")],
      "send-the-report",
    ],
    ["none, where no step failed", [{ label: "dbt-run-0" }], undefined],
    ["none, where the graph is empty", [], undefined],
  ])("is named: %s", (_, nodes, expected) => {
    expect(failedStep(graph(...nodes))).toBe(expected)
  })

  it("has a log of its own if it is a flow run", () => {
    const nodes = graph(
      { ...failed("airbyte-sync-0"), id: "a-task" },
      { ...failed("dbtjob_v2_runner / dbtjob-dbt-run"), kind: "flow-run", id: "a-flow" },
      { label: "shellopjob / shellop-git-pull", kind: "flow-run", id: "another-flow" },
    )
    expect(logRunsOf({ flowRunId: RUN_ID, graph: nodes })).toEqual([RUN_ID, "a-flow"])
  })
})
