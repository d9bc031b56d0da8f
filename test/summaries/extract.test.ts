import { describe, expect, it } from "vitest"
import { extractErrors } from "../../src/summaries/extract"
import type { LogEntry } from "../../src/summaries/log-entry"

const INFO = 20
const WARNING = 30
const ERROR = 40
const CRITICAL = 50

const entry = (level: number, message: string): LogEntry => ({ level, message })

describe("the errors of a log", () => {
  const traceback = [
    "Encountered exception during execution: RuntimeError('no rows')",
    "Traceback (most recent call last):",
    '  File "flow.py", line 9, in sync',
    "    raise RuntimeError('no rows')",
    "RuntimeError: no rows",
    "",
  ].join("\n")

  it.each<[string, LogEntry[], string | undefined]>([
    ["an error", [entry(INFO, "began"), entry(ERROR, "the sync failed")], "- the sync failed"],
    ["a critical error", [entry(CRITICAL, "out of memory")], "- out of memory"],
    ["no warning", [entry(WARNING, "slow"), entry(INFO, "error: 0")], undefined],
    ["the last line of a traceback", [entry(ERROR, traceback)], "- RuntimeError: no rows"],
    [
      "a message of several lines as one line",
      [
        entry(
          ERROR,
          'Database Error in model stg_survey (models/stg_survey.sql)\n  column "age" does not exist\n  compiled code at target/run/stg_survey.sql',
        ),
      ],
      '- Database Error in model stg_survey (models/stg_survey.sql) column "age" does not exist compiled code at target/run/stg_survey.sql',
    ],
    [
      "each error once",
      [entry(ERROR, "no rows"), entry(ERROR, "no rows"), entry(ERROR, "no columns")],
      "- no rows\n- no columns",
    ],
    ["only the first three errors", ["a", "b", "c", "d"].map((text) => entry(ERROR, text)), "- a\n- b\n- c"],
    ["not Prefect's final state", [entry(ERROR, "Finished in state Failed('broke')")], undefined],
    ["not an empty line", [entry(ERROR, " \n ")], undefined],
    [
      "no secret",
      [entry(ERROR, "login as jane@ngo.example with password=hunter2")],
      "- login as [e-mail] with password=[redacted]",
    ],
    ["a long error, cut", [entry(ERROR, "x".repeat(1_000))], `- ${"x".repeat(300)}`],
    ["nothing of an empty log", [], undefined],
  ])("give %s", (_, entries, expected) => {
    expect(extractErrors(entries)).toBe(expected)
  })

  it("have no secret that was cut in two", () => {
    const url = `postgres://dalgo:${"hunter2".repeat(20)}@db/w`
    expect(extractErrors([entry(ERROR, `${"x".repeat(250)} ${url}`)])).not.toContain("hunter2")
  })
})
