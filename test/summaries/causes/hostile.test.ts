import { describe, expect, it } from "vitest"
import { findCause } from "../../../src/summaries/causes/find-cause"
import { CAUSES } from "../../../src/summaries/causes/table"
import { ERROR, entry } from "../../support/failure-logs"

const repeated = (text: string, length: number) => text.repeat(Math.ceil(length / text.length)).slice(0, length)

const fastestMs = (run: () => void, rounds = 3) => {
  const times = Array.from({ length: rounds }, () => {
    const startedAt = performance.now()
    run()
    return performance.now() - startedAt
  })
  return Math.min(...times)
}

const REPEATS = [
  "a",
  " ",
  "\n",
  "\\n",
  '"',
  "'",
  '{"',
  "| ",
  "  | ",
  "│",
  "google invalid_grant",
  "google ",
  "stream 'x' ",
  "The stream ",
  "cannot execute ",
  "not authorized on x",
  "Access denied for user ",
  "HTTPSConnectionPool(",
  "billing account ",
  'column "x" of relation "',
  "function a(",
  "UNION types ",
  'null value in column "x" ',
  "primary key ",
  "Concurrency limit for the ",
  "Request to /api/",
  'invalid input syntax for type x: "',
  "value '",
  "'a': '",
  'comment "',
  "Traceback (most recent call last):\n",
  "Traceback (most recent call last):\\n",
  "╭─ Traceback (most recent call last) ─╮\n",
  'Traceback (most recent call last):\n  File "x", line 1\n',
  "+---- 1 ----\n",
  "Caused by: x\n",
  "x\n\tat a.b(C)\n",
  "\\n at a.b.c",
  "errorMessage=",
  '"externalMessage":"',
  '"message":"\\"',
  "errorMessage: ",
  "[config_error] ",
  "Failure in test x\n",
  "Database Error in model x\n",
  "Encountered an error:\n",
  "Encountered an error while ",
  "Finished in state Failed('",
  "Job 1 running\n",
  "2026-11-20 02:30:18 ",
  "ERROR ",
  "a.b.c.d.",
  '{"info":{"level":"x","msg":"',
  "Running with dbt=\nFailure in test x\n",
  "x@y:z",
]

describe("a hostile log", () => {
  it.each(REPEATS)("of %j takes time in proportion to its length", (text) => {
    const run = (length: number) => () =>
      findCause({
        stateMessage: repeated(text, length),
        entries: [entry(ERROR, repeated(text, length)), entry(20, repeated(text, length))],
      })
    const short = fastestMs(run(4_000))
    // Fifty times the length. Twenty times more than in proportion is the noise of a busy machine; a square would be fifty.
    expect(fastestMs(run(200_000), 2)).toBeLessThan(Math.max(short, 2) * 50 * 20)
  })

  it("of one entry per line takes bounded time", () => {
    const entries = Array.from({ length: 5_000 }, (_, i) =>
      entry(i % 2 ? 20 : ERROR, `ERROR could not load the row ${i}`),
    )
    expect(fastestMs(() => findCause({ entries }), 1)).toBeLessThan(2_000)
  })

  it("is matched by each pattern in bounded time", () => {
    const patterns = CAUSES.flatMap((cause) => [
      ...cause.patterns,
      ...(cause.wrappingPatterns ?? []),
      ...[cause.unless, cause.needs, cause.needsJobLine].filter((pattern) => pattern !== undefined),
    ])
    const texts = REPEATS.map((text) => repeated(text, 4_000))
    const slow = patterns.filter((pattern) => texts.some((text) => fastestMs(() => pattern.test(text), 1) > 100))
    expect(slow).toEqual([])
  })
})
