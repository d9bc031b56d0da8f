import { describe, expect, it } from "vitest"
import { failureFacts, pipelineName, reportedFacts } from "../../../src/signals/prefect/failure-facts"
import { Deployment, FlowRun } from "../../../src/signals/prefect/schemas"
import { DEPLOYMENT_ID, failedRun } from "../../support/fake-prefect"

const CONTEXT = {
  orgSlug: "acme",
  facts: { orgName: "Acme", timeZone: "UTC", link: null, isTeamTold: false, usesAi: true, publishedAt: 0 },
}
const deployment = Deployment.parse({ id: DEPLOYMENT_ID, name: "nightly-survey", schedules: [] })
const factsOf = (changes: object = {}, known: Partial<Parameters<typeof failureFacts>[0]> = {}) =>
  failureFacts(
    {
      run: FlowRun.parse(failedRun(changes)),
      deployment,
      step: "the Airbyte sync",
      reach: "sync",
      lastCompletedAt: undefined,
      ...known,
    },
    CONTEXT,
  )
const stateMessageOf = (message: string) => factsOf({ state: { message } }).stateMessage

describe("the facts of a failure", () => {
  it("are the pipeline, the step, the error and the time", () => {
    expect(factsOf({}, { lastCompletedAt: 7 })).toEqual({
      orgName: "Acme",
      timeZone: "UTC",
      link: null,
      isTeamTold: false,
      usesAi: true,
      publishedAt: 0,
      pipeline: "Nightly survey",
      step: "the Airbyte sync",
      reach: "sync",
      stateMessage: "RuntimeError: the survey source refused the login",
      failedAt: Date.UTC(2026, 10, 20, 2, 41, 17, 212),
      lastCompletedAt: 7,
    })
  })

  it("are null where nothing is known", () => {
    const bare = factsOf({ state: null, end_time: null }, { deployment: undefined, step: undefined, reach: undefined })
    expect(bare).toMatchObject({
      pipeline: null,
      step: null,
      reach: "sync",
      stateMessage: null,
      failedAt: null,
      lastCompletedAt: null,
    })
    expect(factsOf({ state_type: "CRASHED" }, { reach: undefined }).reach).toBe("unknown")
    expect(reportedFacts("no login", CONTEXT)).toMatchObject({ pipeline: null, stateMessage: "no login" })
  })

  it.each<[string, string, string | null]>([
    ["loses Prefect's preamble", "Flow run encountered an exception: ValueError: no rows", "ValueError: no rows"],
    ["may be empty", "  \n ", null],
    ["is redacted", "could not mail jane.doe@ngo.example", "could not mail j…@ngo.example"],
  ])("have a state message that %s", (_, message, expected) => {
    expect(stateMessageOf(message)).toBe(expected)
  })

  it("have a state message that is redacted before it is cut, and keeps its beginning and its end", () => {
    const secret = `postgres://dalgo:${"hunter2".repeat(10)}@db.internal/warehouse`
    const cut = stateMessageOf(`begin ${"x".repeat(1_970)} ${secret} ${"x".repeat(9_000)} end`)
    expect(cut).toHaveLength(8_003)
    expect(cut).toMatch(/^begin .* end$/s)
    expect(cut).not.toContain("hunter2")
    expect(stateMessageOf(`${"x".repeat(1_999)}${"😀".repeat(9_000)}`)?.isWellFormed()).toBe(true)
  })

  it("take less than half a second for errors of 100,000 characters", () => {
    const start = performance.now()
    stateMessageOf("a".repeat(100_000))
    stateMessageOf("a-".repeat(50_000))
    expect(performance.now() - start).toBeLessThan(500)
  })
})

describe("the name of a pipeline", () => {
  it.each([
    ["nightly-survey", "Nightly survey"],
    ["daily_survey_sync", "Daily survey sync"],
    ["Household survey (Google Sheets)", "Household survey (Google Sheets)"],
    ["survey", "survey"],
    ["pipeline-acme-x7Qk2", "Pipeline x7Qk2"],
    ["pipeline-globex-x7Qk2", "pipeline-globex-x7Qk2"],
    ["two\nlines", "two lines"],
  ])("%j is %j", (name, expected) => {
    expect(pipelineName(name, "acme")).toBe(expected)
  })
})
