import { describe, expect, it } from "vitest"
import { couldBeFailure, judge, type Verdict } from "../../../src/signals/prefect/judge"
import { FlowRun } from "../../../src/signals/prefect/schemas"
import { UNKNOWN_STATE } from "../../../src/signals/prefect/states"
import { MINUTE, NOON } from "../../support/clock"
import { failedRun, RUN_ID } from "../../support/fake-prefect"

const run = (changes: object = {}) => FlowRun.parse(failedRun(changes))
const AT_NOON = { receivedAt: NOON, now: NOON }
const ID = "0f1e2d3c-4b5a-4697-8879-6a5b4c3d2e1f"

describe("judge", () => {
  const event = (stateName: string) => ({ flowRunId: RUN_ID, stateName })
  const failure = (stateName: string): Verdict => ({ kind: "job_failure", stateName })
  const ignored = (reason: Extract<Verdict, { kind: "ignore" }>["reason"]): Verdict => ({ kind: "ignore", reason })
  const state = (type: string, name: string) => ({ state_type: type, state_name: name })
  const held = (until: number): Verdict => ({ kind: "hold", reason: "will_be_retried", until })
  const awaitingRetry = (scheduled_time: string) => ({
    ...state("SCHEDULED", "AwaitingRetry"),
    state: { type: "SCHEDULED", name: "AwaitingRetry", state_details: { scheduled_time } },
  })
  const tasks = (...slugs: (string | null)[]) => ({
    parameters: { config: { org_slug: "acme", tasks: slugs.map((slug) => ({ slug })) } },
  })

  it.each<[string, string, object | undefined, Verdict]>([
    ["FAILED is a failure", "Failed", state("FAILED", "Failed"), failure("Failed")],
    ["CRASHED is a failure", "Crashed", state("CRASHED", "Crashed"), failure("Crashed")],
    ["TimedOut is a failure, its type being FAILED", "TimedOut", state("FAILED", "TimedOut"), failure("TimedOut")],
    [
      "a state of type FAILED with a custom name is a failure",
      "Failed",
      state("FAILED", "Upstream is down"),
      failure("Upstream is down"),
    ],
    [
      "an event with a custom state name may be a failure",
      "Upstream is down",
      state("FAILED", "Upstream is down"),
      failure("Upstream is down"),
    ],
    [
      "a custom state name alone is not a failure",
      "Upstream is up",
      state("COMPLETED", "Upstream is up"),
      ignored("no_longer_failed"),
    ],
    ["the run's state counts, not the event's", "Failed", state("CRASHED", "Crashed"), failure("Crashed")],
    [
      "the event's state name counts where the run has none",
      "Failed",
      { state_type: "FAILED", state_name: null },
      failure("Failed"),
    ],
    [
      "a run that will be retried has not failed yet",
      "Failed",
      awaitingRetry("2050-11-20T12:05:00Z"),
      held(NOON + 20 * MINUTE),
    ],
    [
      "a run whose retry has no time is held for as long after its state",
      "Failed",
      { ...state("SCHEDULED", "AwaitingRetry"), state: { type: "SCHEDULED", timestamp: "2050-11-20T11:59:00Z" } },
      held(NOON + 14 * MINUTE),
    ],
    [
      "a run whose retry has no time at all is held for as long after its event",
      "Failed",
      { ...state("SCHEDULED", "AwaitingRetry"), state: null },
      held(NOON + 15 * MINUTE),
    ],
    [
      "a run that has not been retried 15 minutes after its time has failed",
      "AwaitingRetry",
      awaitingRetry("2050-11-20T11:44:59Z"),
      failure("AwaitingRetry"),
    ],
    [
      "an event that a run will be retried is one of a failure",
      "AwaitingRetry",
      state("FAILED", "Failed"),
      failure("Failed"),
    ],
    [
      "an event that a run will be retried is ignored where Prefect does not know the run",
      "AwaitingRetry",
      undefined,
      ignored("not_a_failure"),
    ],
    ["an event without a state is judged by the run", UNKNOWN_STATE, state("FAILED", "Failed"), failure("Failed")],
    [
      "an event without a state may be one of a run that has completed",
      UNKNOWN_STATE,
      state("COMPLETED", "Completed"),
      ignored("no_longer_failed"),
    ],
    [
      "an event without a state says nothing where Prefect does not know the run",
      UNKNOWN_STATE,
      undefined,
      { kind: "unknown_state" },
    ],
    ["a run that is retrying has not failed", "Failed", state("RUNNING", "Retrying"), ignored("no_longer_failed")],
    [
      "a run that has completed since has not failed",
      "Failed",
      state("COMPLETED", "Completed"),
      ignored("no_longer_failed"),
    ],
    [
      "a run without a state has not failed",
      "Failed",
      { state_type: null, state_name: null, state: null },
      ignored("no_longer_failed"),
    ],
    [
      "the type may stand in the state only",
      "Failed",
      { state_type: null, state_name: null, state: { type: "CRASHED", name: "Crashed" } },
      failure("Crashed"),
    ],
    ["a run without a deployment is ignored", "Failed", { deployment_id: null }, ignored("not_top_level")],
    [
      "a subflow is ignored, since its parent reports the failure",
      "Failed",
      { parent_task_run_id: ID },
      ignored("not_top_level"),
    ],
    ["a run of generate-edr alone is ignored", "Failed", tasks("generate-edr"), ignored("only_generate_edr")],
    [
      "a run of generate-edr and other tasks is a failure",
      "Failed",
      tasks("dbt-run", "generate-edr"),
      failure("Failed"),
    ],
    ["a run of another task alone is a failure", "Failed", tasks("dbt-test"), failure("Failed")],
    ["a run of a task without a slug is a failure", "Failed", tasks(null), failure("Failed")],
    ["a run without parameters is a failure", "Failed", { parameters: null }, failure("Failed")],
    ["a run that is not described has an unknown organisation", "Failed", undefined, { kind: "unknown_organisation" }],
    [
      "an event of Completed is ignored, whatever the run's state is",
      "Completed",
      state("FAILED", "Failed"),
      ignored("not_a_failure"),
    ],
    ["Cancelled is not a failure", "Cancelled", state("CANCELLED", "Cancelled"), ignored("not_a_failure")],
    ["Running is not a failure", "Running", undefined, ignored("not_a_failure")],
    [
      "DBT_TEST_FAILED is not a job failure",
      "DBT_TEST_FAILED",
      state("COMPLETED", "DBT_TEST_FAILED"),
      ignored("not_a_failure"),
    ],
  ])("%s", (_, stateName, changes, expected) => {
    expect(judge(event(stateName), changes && run(changes), AT_NOON)).toEqual(expected)
  })

  it("ignores a subflow by the event alone", () => {
    expect(judge({ ...event("Failed"), isSubflow: true }, undefined, AT_NOON)).toEqual(ignored("not_top_level"))
    expect(couldBeFailure({ ...event("Failed"), isSubflow: true })).toBe(false)
  })

  it("ignores a crash after the run had completed", () => {
    const crashed = run(state("CRASHED", "Crashed"))
    const after = { ...event("Crashed"), isAfterCompletion: true }
    expect(judge(after, crashed, AT_NOON)).toEqual(ignored("crashed_after_completion"))
    expect(judge({ ...after, stateName: "Failed" }, run(), AT_NOON)).toEqual(failure("Failed"))
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
    ["AwaitingRetry", true],
    [UNKNOWN_STATE, true],
    ["Retrying", false],
    ["heartbeat", false],
  ])("takes %s for a possible failure: %s", (stateName, expected) => {
    expect(couldBeFailure(event(stateName))).toBe(expected)
  })
})
