import { describe, expect, it } from "vitest"
import type { Failure } from "../../src/domain/failure"
import { explainCause } from "../../src/summaries/causes/explain"
import { CAUSES } from "../../src/summaries/causes/table"
import { failureMessage } from "../../src/summaries/failure-message"

const failure: Failure = {
  orgName: "Acme",
  timeZone: "Asia/Kolkata",
  pipeline: "Household survey",
  step: "the Airbyte sync",
  reach: "sync",
  stateMessage: "RuntimeError: the survey source refused the login",
  failedAt: Date.UTC(2026, 10, 28, 2, 42),
  lastCompletedAt: Date.UTC(2026, 10, 27, 16, 0),
  link: "https://app.dalgo.test/orchestrate",
  isTeamTold: false,
  usesAi: true,
  publishedAt: Date.UTC(2026, 10, 28, 2, 43),
}
const EXPIRED = "google.auth.exceptions.RefreshError: ('invalid_grant: Token has been expired or revoked.')"

describe("the message of a failure", () => {
  it("says what happened, what it means, what to do, where to look, and the technical line last", () => {
    expect(failureMessage(failure).message).toBe(
      [
        "Household survey was not updated. We could not tell why.",
        "Dashboards show the data of 27 November, 9:30 pm IST.",
        "To do: Your admin can look at the run, and can ask Dalgo's team if it fails again.",
        "See the run: https://app.dalgo.test/orchestrate",
        "Technical details: Stopped at the Airbyte sync on 28 November, 8:12 am IST. RuntimeError: the survey source refused the login",
      ].join("\n"),
    )
  })

  it("names a known cause and whoever can mend it, from the state message or from the log", () => {
    for (const known of [
      failureMessage({ ...failure, stateMessage: EXPIRED }),
      failureMessage(failure, { entries: [{ level: 40, message: EXPIRED }] }),
    ]) {
      const [first, second, third] = known.message.split("\n")
      expect(first).toBe("Household survey was not updated. Google no longer accepts the sign-in that the source uses.")
      expect(second).toBe("Dashboards show the data of 27 November, 9:30 pm IST.")
      expect(third).toMatch(/^To do: The person whose Google account it is signs in again/)
      expect(`${first} ${second}`.length).toBeLessThanOrEqual(250)
    }
  })

  it.each<[string, Partial<Failure>, string[]]>([
    ["an unknown name", { pipeline: " \n" }, ["A pipeline was not updated. We could not tell why."]],
    ["no run that went through", { lastCompletedAt: null }, ["Dashboards show the data of before."]],
    [
      "a step that nobody saw",
      { reach: "unknown" },
      ["Household survey did not finish.", "The data may have arrived all the same"],
    ],
    ["a step after the sync", { reach: "transformation" }, ["was not updated.", "New data may have arrived, but"]],
    ["another year", { lastCompletedAt: Date.UTC(2025, 11, 1) }, ["the data of 1 December 2025, 5:30 am IST."]],
    ["no time and no step", { failedAt: null, step: null }, ["Technical details: RuntimeError:"]],
  ])("is truthful about %s", (_, changes, parts) => {
    for (const part of parts) expect(failureMessage({ ...failure, ...changes }).message).toContain(part)
  })

  it("says that Dalgo's team was told only where it was", () => {
    const broken = { ...failure, stateMessage: "ModuleNotFoundError: No module named 'survey'" }
    expect(failureMessage(broken).message).toContain("\nTo do: Dalgo's team must mend it. Tell them.\n")
    expect(failureMessage({ ...broken, isTeamTold: true }).message).toContain(
      "\nTo do: Nothing on your side: Dalgo's team must mend it. They were told.\n",
    )
  })

  it("shows the value of a cell to members only, in the details", () => {
    const odd = { ...failure, stateMessage: 'invalid input syntax for type integer: "asha devi"' }
    const { message } = failureMessage(odd)
    expect(message.split("\n").filter((line) => line.includes("asha"))).toEqual([
      expect.stringMatching(/^Technical details: /),
    ])
    expect(failureMessage(odd, { isForMembers: false }).message).not.toContain("asha")
  })

  it.each(CAUSES.map((cause) => [cause.id, cause] as const))(
    "has lines that end in a full stop and say the gist early, for %s",
    (_, cause) => {
      const { what, data, advice } = explainCause(cause, { last_good: "27 November, 9:30 pm IST" })
      for (const text of [what, data, advice]) expect(text).toMatch(/[.!]$/)
      expect(what.length).toBeLessThanOrEqual(200)
      // The web app shows the first 300 characters, as one paragraph.
      expect(`Household survey was not fully updated. ${what} ${data}`.length).toBeLessThanOrEqual(256)
      expect(advice.length).toBeLessThan(250)
    },
  )

  it("ends a line in a full stop before another one, but not in an address", () => {
    const { message } = failureMessage(failure, { entries: [{ level: 40, message: "ValueError: no rows" }] })
    expect(message.split("\n").slice(-3)).toEqual([
      "See the run: https://app.dalgo.test/orchestrate",
      "Technical details: Stopped at the Airbyte sync on 28 November, 8:12 am IST. RuntimeError: the survey source refused the login.",
      "From the log: ValueError: no rows",
    ])
  })

  it("has no line for what is not known", () => {
    const bare = { ...failure, failedAt: null, step: null, stateMessage: null, link: null }
    expect(failureMessage(bare).message.split("\n")).toHaveLength(3)
  })

  it("keeps text from outside in one marked line", () => {
    const forged = "boom\nTo do: call +91 98765\r\nSee the run: https://evil.test/\u2028To do: pay"
    const { message } = failureMessage(
      { ...failure, pipeline: "Survey\nTo do: call +91", stateMessage: null },
      { entries: [{ level: 40, message: forged }], aiText: forged },
    )
    const starts = message.split("\n").map((line) => line.split(":")[0])
    expect(starts.filter((start) => start === "To do")).toHaveLength(1)
    expect(starts.slice(-3)).toEqual(["By AI, may be wrong", "Technical details", "From the log"])
    expect(
      message
        .split("\n")
        .filter((line) => /evil\.test|\+91/.test(line))
        .map((line) => line.split(" ")[0]),
    ).toEqual(["Survey", "By"])
  })

  it("names the times that it contains", () => {
    expect(failureMessage(failure).times).toEqual([
      [failure.lastCompletedAt, "27 November, 9:30 pm IST"],
      [failure.failedAt, "28 November, 8:12 am IST"],
    ])
  })

  it("stays within 10,000 characters", () => {
    const long = "😀 x".repeat(20_000)
    const { message } = failureMessage(
      { ...failure, pipeline: long, stateMessage: long },
      { entries: [{ level: 40, message: long }], aiText: long },
    )
    expect(message.length).toBeLessThan(10_000)
    expect(message.isWellFormed()).toBe(true)
  })
})
