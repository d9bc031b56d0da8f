import { describe, expect, it } from "vitest"
import { couldBeFailure, judge, type Verdict } from "../../../src/signals/prefect/judge"
import { FlowRun } from "../../../src/signals/prefect/schemas"
import { failedRun, RUN_ID } from "../../support/outside"

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
      ignored("no_longer_failed"),
    ],
    ["the run's state is the truth, not the event's", "Failed", state("CRASHED", "Crashed"), failure("Crashed")],
    ["without a name, the event's counts", "Failed", { state_type: "FAILED", state_name: null }, failure("Failed")],
    [
      "a run that will be retried has not failed",
      "Failed",
      state("SCHEDULED", "AwaitingRetry"),
      ignored("will_be_retried"),
    ],
    ["a run that runs again has not failed", "Failed", state("RUNNING", "Retrying"), ignored("no_longer_failed")],
    [
      "a run that meanwhile went through has not failed",
      "Failed",
      state("COMPLETED", "Completed"),
      ignored("no_longer_failed"),
    ],
    [
      "a run without a state has not failed",
      "Failed",
      { state_type: null, state_name: null },
      ignored("no_longer_failed"),
    ],
    ["a run of no deployment is no pipeline", "Failed", { deployment_id: null }, ignored("not_top_level")],
    ["a run within a run is told by its parent", "Failed", { parent_task_run_id: ID }, ignored("not_top_level")],
    ["a lone generate-edr is silent", "Failed", tasks("generate-edr"), ignored("only_generate_edr")],
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
