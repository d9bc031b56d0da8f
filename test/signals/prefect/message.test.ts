import { describe, expect, it } from "vitest"
import { failureMessage } from "../../../src/signals/prefect/message"
import { Deployment, FlowRun } from "../../../src/signals/prefect/schemas"
import { DEPLOYMENT_ID, failedRun } from "../../support/fake-prefect"

const run = (changes: object = {}) => FlowRun.parse(failedRun(changes))

describe("the message of a failure", () => {
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

  it("names the pipeline, the time, the step and the error, and has a link", () => {
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
      "names the run where the deployment is unknown",
      { state: null },
      { deployment: undefined, step: undefined, frontendUrl: undefined },
      "The pipeline silver-heron failed on 20 November 2026 at 02:41 UTC.",
    ],
    [
      "leaves out an unknown time",
      { state: null, end_time: null },
      { step: undefined, frontendUrl: undefined },
      "The pipeline nightly-survey failed.",
    ],
    [
      "says of a run that timed out that it took too long",
      { state: { message: "Flow run exceeded timeout of 3600 second(s)", timestamp: "2026-01-02T13:05:59+05:30" } },
      { stateName: "TimedOut", step: undefined, frontendUrl: undefined },
      "The pipeline nightly-survey took too long and was stopped on 2 January 2026 at 07:35 UTC.\n" +
        "Error: Flow run exceeded timeout of 3600 second(s)",
    ],
  ])("%s", (_, changes, rest, expected) => {
    expect(messageOf(changes, rest)).toBe(expected)
  })

  it.each<[string, string, string]>([
    [
      "removes Prefect's preamble from the error",
      "Flow run encountered an exception: ValueError: no rows",
      "Error: ValueError: no rows",
    ],
    ["keeps the first three lines of the error", "one\n\n  two  \nthree\nfour", "Error: one\ntwo\nthree"],
    ["leaves out an empty error", "  \n ", ""],
    ["cuts a long error", "x".repeat(2_000), `Error: ${"x".repeat(500)}`],
    [
      "redacts a password before it cuts the error",
      `${"x".repeat(480)} postgres://dalgo:${"hunter2".repeat(10)}@db.internal/warehouse`,
      `Error: ${"x".repeat(480)} postgres://[redacte`,
    ],
    ["redacts an e-mail address", "could not mail jane.doe@ngo.example", "Error: could not mail [e-mail]"],
  ])("%s", (_, message, expected) => {
    expect(errorOf(message)).toBe(expected)
  })

  it("takes less than half a second for errors of 100,000 characters", () => {
    const start = performance.now()
    errorOf("a".repeat(100_000))
    errorOf("a-".repeat(50_000))
    expect(performance.now() - start).toBeLessThan(500)
  })
})
