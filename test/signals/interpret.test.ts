import { describe, expect, it } from "vitest"
import {
  candidateSlugs,
  failedStep,
  failedSubflows,
  judge,
  couldBeFailure,
  failureMessage,
  type Verdict,
} from "../../src/signals/prefect/interpret"
import { Deployment, FlowRun, Graph } from "../../src/signals/prefect/schemas"
import { DEPLOYMENT_ID, failedRun, RUN_ID } from "../support/outside"

const run = (changes: object = {}) => FlowRun.parse(failedRun(changes))
const ID = "0f1e2d3c-4b5a-4697-8879-6a5b4c3d2e1f"

describe("judging an event", () => {
  const said = (stateName: string) => ({ flowRunId: RUN_ID, stateName })
  const failure = (stateName: string): Verdict => ({ kind: "job_failure", stateName })
  const ignored = (reason: Extract<Verdict, { kind: "ignore" }>["reason"]): Verdict => ({ kind: "ignore", reason })
  const state = (type: string, name: string) => ({ state_type: type, state_name: name })
  const tasks = (...slugs: (string | null)[]) => ({
    parameters: { config: { org_slug: "acme", tasks: slugs.map((slug) => ({ slug })) } },
  })

  it.each<[string, string, object | undefined, Verdict]>([
    ["FAILED is a failure", "Failed", state("FAILED", "Failed"), failure("Failed")],
    ["CRASHED is a failure", "Crashed", state("CRASHED", "Crashed"), failure("Crashed")],
    ["TimedOut is a failure, its type being FAILED", "TimedOut", state("FAILED", "TimedOut"), failure("TimedOut")],
    [
      "a failure by a name of its own is one",
      "Failed",
      state("FAILED", "Upstream is down"),
      failure("Upstream is down"),
    ],
    [
      "and so it is if the event has that name",
      "Upstream is down",
      state("FAILED", "Upstream is down"),
      failure("Upstream is down"),
    ],
    [
      "a name of its own is none of itself",
      "Upstream is up",
      state("COMPLETED", "Upstream is up"),
      ignored("failed_no_more"),
    ],
    ["the run's state is the truth, not the event's", "Failed", state("CRASHED", "Crashed"), failure("Crashed")],
    ["without a name, the event's counts", "Failed", { state_type: "FAILED", state_name: null }, failure("Failed")],
    [
      "a run that will be retried has not failed",
      "Failed",
      state("SCHEDULED", "AwaitingRetry"),
      ignored("will_be_retried"),
    ],
    ["a run that runs again has not failed", "Failed", state("RUNNING", "Retrying"), ignored("failed_no_more")],
    [
      "a run that meanwhile went through has not failed",
      "Failed",
      state("COMPLETED", "Completed"),
      ignored("failed_no_more"),
    ],
    [
      "a run without a state has not failed",
      "Failed",
      { state_type: null, state_name: null },
      ignored("failed_no_more"),
    ],
    ["a run of no deployment is no pipeline", "Failed", { deployment_id: null }, ignored("not_top_level")],
    ["a run within a run is told by its parent", "Failed", { parent_task_run_id: ID }, ignored("not_top_level")],
    ["a lone generate-edr is silent", "Failed", tasks("generate-edr"), ignored("only_edr")],
    ["generate-edr among others is not", "Failed", tasks("dbt-run", "generate-edr"), failure("Failed")],
    ["another lone step is not", "Failed", tasks("dbt-test"), failure("Failed")],
    ["a step without a slug is not", "Failed", tasks(null), failure("Failed")],
    ["a run without parameters is a failure", "Failed", { parameters: null }, failure("Failed")],
    ["a run that Prefect does not tell of is nobody's", "Failed", undefined, { kind: "unknown_organisation" }],
    ["Completed is none, whatever the run says", "Completed", state("FAILED", "Failed"), ignored("not_a_failure")],
    ["Cancelled is none", "Cancelled", state("CANCELLED", "Cancelled"), ignored("not_a_failure")],
    ["Running is none", "Running", undefined, ignored("not_a_failure")],
    [
      "DBT_TEST_FAILED is no failure of the job",
      "DBT_TEST_FAILED",
      state("COMPLETED", "DBT_TEST_FAILED"),
      ignored("not_a_failure"),
    ],
  ])("%s", (_, stateName, changes, expected) => {
    expect(judge(said(stateName), changes && run(changes))).toEqual(expected)
  })

  it("knows a run within a run by the event alone", () => {
    expect(judge({ ...said("Failed"), isSubflow: true }, undefined)).toEqual(ignored("not_top_level"))
    expect(couldBeFailure({ ...said("Failed"), isSubflow: true })).toBe(false)
  })

  it.each([
    ["Failed", true],
    ["Crashed", true],
    ["TimedOut", true],
    ["Upstream is down", true],
    ["DBT_TEST_FAILED", false],
    ["Completed", false],
    ["Cancelled", false],
    ["Cancelling", false],
    ["Late", false],
    ["AwaitingRetry", false],
    ["Retrying", false],
    ["heartbeat", false],
  ])("asks Prefect about %s: %s", (stateName, expected) => {
    expect(couldBeFailure(said(stateName))).toBe(expected)
  })
})

describe("whose run it may be", () => {
  it.each<[string, object, string[]]>([
    ["what the parameters say comes first, then the tags", {}, ["acme", "auto-scheduled", "acme"]],
    ["without parameters, the tags", { parameters: null }, ["auto-scheduled", "acme"]],
    ["without a slug in them, the tags", { parameters: { config: { org_slug: "" } } }, ["auto-scheduled", "acme"]],
    ["parameters of another shape are none", { parameters: { config: "acme" } }, ["auto-scheduled", "acme"]],
    ["nobody's", { parameters: {}, tags: [] }, []],
  ])("%s", (_, changes, expected) => {
    expect(candidateSlugs(run(changes))).toEqual(expected)
  })

  it("does without tags where Prefect names none", () => {
    const { tags: _, ...untagged } = failedRun({ parameters: null })
    expect(candidateSlugs(FlowRun.parse(untagged))).toEqual([])
  })
})

describe("the step that failed", () => {
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
      "not one that only waits",
      [{ label: "dbt-run-0", state_type: "PENDING" }, failed("dbt-seed-1")],
      "loading seed data (dbt seed)",
    ],
    ["not one without a state", [{ label: "dbt-run-0", state_type: null }], undefined],
    ["a step that we have no words for", [failed("clean_up_bucket-0")], "clean_up_bucket-0"],
    ["a subflow that we have no words for", [failed("main / send-the-report")], "send-the-report"],
    ["none, where all went well", [{ label: "dbt-run-0" }], undefined],
    ["none, where nothing ran", [], undefined],
  ])("is named: %s", (_, nodes, expected) => {
    expect(failedStep(graph(...nodes))).toBe(expected)
  })

  it("has a log of its own if it is a run of its own", () => {
    const nodes = graph(
      { ...failed("airbyte-sync-0"), id: "a-task" },
      { ...failed("dbtjob_v2_runner / dbtjob-dbt-run"), kind: "flow-run", id: "a-flow" },
      { label: "shellopjob / shellop-git-pull", kind: "flow-run", id: "another-flow" },
    )
    expect(failedSubflows(nodes)).toEqual(["a-flow"])
  })
})

describe("the message", () => {
  const deployment = Deployment.parse({ id: DEPLOYMENT_ID, name: "nightly-survey", schedules: [] })
  const messageOf = (changes: object = {}, rest: Partial<Parameters<typeof failureMessage>[0]> = {}) =>
    failureMessage({
      run: run(changes),
      deployment,
      step: "the Airbyte sync",
      stateName: "Failed",
      frontendUrl: "https://app.dalgo.test",
      ...rest,
    })
  const errorOf = (message: string) =>
    messageOf({ state: { message } })
      .split("\n")
      .filter((line) => !/^(The pipeline|It stopped|See the run)/.test(line))
      .join("\n")

  it("says which pipeline, when, which step, why, and where to look", () => {
    expect(messageOf()).toBe(
      [
        "The pipeline nightly-survey failed on 20 November 2026 at 02:41 UTC.",
        "It stopped at the Airbyte sync. Data after this step was not updated.",
        "Error: RuntimeError: the survey source refused the login",
        "See the run: https://app.dalgo.test/orchestrate",
      ].join("\n"),
    )
  })

  it.each<[string, object, Partial<Parameters<typeof failureMessage>[0]>, string]>([
    [
      "without a deployment, by the name of the run",
      { state: null },
      { deployment: undefined, step: undefined, frontendUrl: undefined },
      "The pipeline silver-heron failed on 20 November 2026 at 02:41 UTC.",
    ],
    [
      "without any time",
      { state: null, end_time: null },
      { step: undefined, frontendUrl: undefined },
      "The pipeline nightly-survey failed.",
    ],
    [
      "of a run that took too long",
      { state: { message: "Flow run exceeded timeout of 3600 second(s)", timestamp: "2026-01-02T13:05:59+05:30" } },
      { stateName: "TimedOut", step: undefined, frontendUrl: undefined },
      "The pipeline nightly-survey took too long and was stopped on 2 January 2026 at 07:35 UTC.\n" +
        "Error: Flow run exceeded timeout of 3600 second(s)",
    ],
  ])("is said all the same %s", (_, changes, rest, expected) => {
    expect(messageOf(changes, rest)).toBe(expected)
  })

  it.each<[string, string, string]>([
    [
      "takes away what Prefect puts before",
      "Flow run encountered an exception: ValueError: no rows",
      "Error: ValueError: no rows",
    ],
    ["keeps the first three lines", "one\n\n  two  \nthree\nfour", "Error: one\ntwo\nthree"],
    ["says nothing of an empty one", "  \n ", ""],
    ["cuts a long one", "x".repeat(2_000), `Error: ${"x".repeat(500)}`],
    [
      "hides a password before it cuts",
      `${"x".repeat(480)} postgres://dalgo:${"hunter2".repeat(10)}@db.internal/warehouse`,
      `Error: ${"x".repeat(480)} postgres://[redacte`,
    ],
    ["hides an address", "could not mail jane.doe@ngo.example", "Error: could not mail [e-mail]"],
  ])("tells the error: it %s", (_, message, expected) => {
    expect(errorOf(message)).toBe(expected)
  })

  it("takes no longer for the longest state that Prefect sends", () => {
    const start = performance.now()
    errorOf("a".repeat(100_000))
    errorOf("a-".repeat(50_000))
    expect(performance.now() - start).toBeLessThan(500)
  })
})
