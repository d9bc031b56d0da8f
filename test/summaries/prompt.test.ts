import { describe, expect, it } from "vitest"
import type { LogEntry } from "../../src/summaries/log-entry"
import { logForModel } from "../../src/summaries/prompt"

const DEBUG = 10
const INFO = 20
const WARNING = 30
const ERROR = 40
const CRITICAL = 50

const entry = (level: number, message: string): LogEntry => ({ level, message })
const steps = (from: number, to: number, length = 100) =>
  Array.from({ length: to - from }, (_, i) => entry(INFO, `step ${from + i} `.padEnd(length, ".")))
const numbersIn = (log: string) => [...log.matchAll(/step (\d+)/g)].map(([, n]) => Number(n))

describe("the log for the model", () => {
  it("is whole if it fits", () => {
    expect(logForModel([entry(INFO, "began"), entry(ERROR, "broke"), entry(DEBUG, "ended")])).toBe(
      "began\nbroke\nended",
    )
  })

  it("is each error with three entries before and after, if the whole does not fit", () => {
    const log = logForModel([...steps(0, 200), entry(ERROR, "broke"), ...steps(200, 400), entry(CRITICAL, "died")])
    expect(numbersIn(log)).toEqual([197, 198, 199, 200, 201, 202, 397, 398, 399])
    expect(log).toMatch(/broke\n[\s\S]*\ndied$/)
  })

  it("does not repeat entries that are near two errors", () => {
    const log = logForModel([...steps(0, 300), entry(ERROR, "one"), ...steps(300, 302), entry(ERROR, "two")])
    expect(numbersIn(log)).toEqual([297, 298, 299, 300, 301])
  })

  it("is the end of the errors, if they do not fit either", () => {
    const errors = Array.from({ length: 400 }, (_, i) => entry(ERROR, `error ${i} `.padEnd(100, "!")))
    const log = logForModel(errors)
    expect(log).toHaveLength(24_000)
    expect(log).toContain("error 399")
    expect(log).not.toContain("error 100 ")
  })

  it("is the end of the log, if it has no error", () => {
    const log = logForModel([...steps(0, 500), entry(WARNING, "killed")])
    expect(log).toHaveLength(24_000)
    expect(log.endsWith("killed")).toBe(true)
  })

  it("is the end of a single entry that is too long", () => {
    const log = logForModel([entry(ERROR, `${"x".repeat(100_000)}\nRuntimeError: broke`)])
    expect(log).toHaveLength(24_000)
    expect(log.endsWith("RuntimeError: broke")).toBe(true)
  })

  it("is empty for an empty log", () => {
    expect(logForModel([])).toBe("")
  })
})
