import { describe, expect, it } from "vitest"
import { extractErrors, type LogEntry, logForModel } from "../../src/summaries/prompt"

const DEBUG = 10
const INFO = 20
const WARNING = 30
const ERROR = 40
const CRITICAL = 50

const line = (level: number, message: string): LogEntry => ({ level, message })
const quiet = (from: number, to: number, length = 100) =>
  Array.from({ length: to - from }, (_, i) => line(INFO, `step ${from + i} `.padEnd(length, ".")))
const numbersIn = (log: string) => [...log.matchAll(/step (\d+)/g)].map(([, n]) => Number(n))

describe("the log as the model sees it", () => {
  it("is whole where it fits", () => {
    expect(logForModel([line(INFO, "began"), line(ERROR, "broke"), line(DEBUG, "ended")])).toBe("began\nbroke\nended")
  })

  it("holds no secrets", () => {
    const log = logForModel([line(INFO, "postgres://dalgo:hunter2@db/w"), line(ERROR, "mail jane@ngo.example")])
    expect(log).toBe("postgres://[redacted]@db/w\nmail [e-mail]")
  })

  it("is three lines before and after each error where it does not fit", () => {
    const log = logForModel([...quiet(0, 200), line(ERROR, "broke"), ...quiet(200, 400), line(CRITICAL, "died")])
    expect(numbersIn(log)).toEqual([197, 198, 199, 200, 201, 202, 397, 398, 399])
    expect(log).toMatch(/broke\n[\s\S]*\ndied$/)
  })

  it("does not repeat lines that are near two errors", () => {
    const log = logForModel([...quiet(0, 300), line(ERROR, "one"), ...quiet(300, 302), line(ERROR, "two")])
    expect(numbersIn(log)).toEqual([297, 298, 299, 300, 301])
  })

  it("is its end where even that does not fit", () => {
    const errors = Array.from({ length: 400 }, (_, i) => line(ERROR, `error ${i} `.padEnd(100, "!")))
    const log = logForModel(errors)
    expect(log).toHaveLength(24_000)
    expect(log).toContain("error 399")
    expect(log).not.toContain("error 100 ")
  })

  it("is its end where nothing in it is an error", () => {
    const log = logForModel([...quiet(0, 500), line(WARNING, "killed")])
    expect(log).toHaveLength(24_000)
    expect(log.endsWith("killed")).toBe(true)
  })

  it("is the end of one line that is too long", () => {
    const log = logForModel([line(ERROR, `${"x".repeat(100_000)}\nRuntimeError: broke`)])
    expect(log).toHaveLength(24_000)
    expect(log.endsWith("RuntimeError: broke")).toBe(true)
  })

  it("is nothing where there is none", () => {
    expect(logForModel([])).toBe("")
  })
})

describe("the error lines themselves", () => {
  const traceback = [
    "Encountered exception during execution: RuntimeError('no rows')",
    "Traceback (most recent call last):",
    '  File "flow.py", line 9, in sync',
    "    raise RuntimeError('no rows')",
    "RuntimeError: no rows",
    "",
  ].join("\n")

  it.each<[string, LogEntry[], string | undefined]>([
    ["an error", [line(INFO, "began"), line(ERROR, "the sync failed")], "- the sync failed"],
    ["a critical one", [line(CRITICAL, "out of memory")], "- out of memory"],
    ["no warning", [line(WARNING, "slow"), line(INFO, "error: 0")], undefined],
    ["the last line of a traceback", [line(ERROR, traceback)], "- RuntimeError: no rows"],
    [
      "what went wrong where it is several lines",
      [
        line(
          ERROR,
          'Database Error in model stg_survey (models/stg_survey.sql)\n  column "age" does not exist\n  compiled code at target/run/stg_survey.sql',
        ),
      ],
      '- Database Error in model stg_survey (models/stg_survey.sql) column "age" does not exist compiled code at target/run/stg_survey.sql',
    ],
    [
      "each once",
      [line(ERROR, "no rows"), line(ERROR, "no rows"), line(ERROR, "no columns")],
      "- no rows\n- no columns",
    ],
    ["the first three", ["a", "b", "c", "d"].map((text) => line(ERROR, text)), "- a\n- b\n- c"],
    ["not Prefect's last word", [line(ERROR, "Finished in state Failed('broke')")], undefined],
    ["not an empty line", [line(ERROR, " \n ")], undefined],
    [
      "no secret",
      [line(ERROR, "login as jane@ngo.example with password=hunter2")],
      "- login as [e-mail] with password=[redacted]",
    ],
    ["a long one cut", [line(ERROR, "x".repeat(1_000))], `- ${"x".repeat(300)}`],
    ["nothing of no log", [], undefined],
  ])("%s", (_, entries, expected) => {
    expect(extractErrors(entries)).toBe(expected)
  })

  it("has no secret that was cut in two", () => {
    const url = `postgres://dalgo:${"hunter2".repeat(20)}@db/w`
    expect(extractErrors([line(ERROR, `${"x".repeat(250)} ${url}`)])).not.toContain("hunter2")
  })
})
