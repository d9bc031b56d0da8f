import type { Line } from "./log-lines"

export type DbtError = {
  /** "model", "test", "snapshot" …; `undefined` for an error of the whole invocation. */
  kind: string | undefined
  name: string | undefined
  /** The heading and the lines of the message. */
  text: string
}

/** The failed part of dbt's output: what an invocation of dbt printed. */
export type DbtFailure = {
  errors: DbtError[]
  /** The tests that failed, and those that could not run beside them. */
  tests: string[]
  /** A later invocation succeeded. */
  isPassing: boolean
  start: number
  end: number
}

const NODE_ERROR =
  /(?:^|: |\s)((?:Database|Compilation|Runtime|Parsing|Dependency|Validation|Internal|Contract|Unhandled) Error in (model|sql model|python model|snapshot|seed|test|unit_test|source|operation|hook|sql|analysis|macro|function) ([\w.-]{1,200})(?: \([^)\n]{0,300}\))?)/i
const FAILED_TEST = /(?:^|: |\s)(Failure in (?:unit_)?test ([\w.-]{1,200})(?: \([^)\n]{0,300}\))?)/i
/** A line of progress: "4 of 9 FAIL 3 not_null_visits_ward ..... [FAIL 3 in 0.05s]". */
const FAILED_TEST_IN_PROGRESS = /^\s{0,10}\d{1,6} of \d{1,6} FAIL \d{1,12} ([\w-]{1,200})/
/** As dbt 2 prints it: "Failed [  1.74s] test  schema.unique_visits_id". */
const FAILED_TEST_OF_FUSION =
  /^\s{0,10}Failed \[[^\]\n]{1,20}\] (?:unit_)?test\s{1,4}(?:[\w-]{1,200}\.){0,3}([\w-]{1,200})/
const INVOCATION_ERROR = /(?:^|\s)Encountered an error(?: while [^:\n]{1,80})?:/
const STARTED = /\bRunning with dbt[ =-]|^\s{0,4}dbt-fusion \d/
const SUCCEEDED = /^\s{0,10}Completed successfully\s{0,4}$/
const END_OF_ERROR =
  /^\s{0,10}(?:compiled (?:code|SQL) at |Done\. PASS=|Completed with \d|Finished running |Warning in test |Skipping |\d+ of \d+ )/i

const MAX_LINES = 40

/** The invocations of dbt that failed, in their order. */
export function dbtFailures(lines: Line[]): DbtFailure[] {
  const found: DbtFailure[] = []
  let current = newFailure(0)
  const close = (end: number) => {
    if (current.errors.length > 0) found.push({ ...current, end })
    current = newFailure(end)
  }
  for (let i = 0; i < lines.length; i += 1) {
    const text = lines[i]?.text ?? ""
    if (STARTED.test(text)) close(i)
    if (SUCCEEDED.test(text)) {
      close(i)
      for (const earlier of found) earlier.isPassing = true
    }
    const error = readError(lines, i)
    if (!error) continue
    // dbt 1.10 puts "Failure in test …" before the error of a test that could not run, too.
    const before = current.errors.at(-1)
    if (before?.kind === "failed test" && error.kind === "test" && before.name === error.name) current.errors.pop()
    else if (error.kind === "failed test" && error.name !== undefined && current.tests.includes(error.name)) continue
    current.errors.push(error)
    if (error.name !== undefined && error.kind?.endsWith("test") && !current.tests.includes(error.name))
      current.tests.push(error.name)
  }
  close(lines.length)
  return found
}

const newFailure = (start: number): DbtFailure => ({ errors: [], tests: [], isPassing: false, start, end: start })

function readError(lines: Line[], i: number): DbtError | undefined {
  const text = lines[i]?.text ?? ""
  const test = FAILED_TEST.exec(text)
  if (test) return { kind: "failed test", name: test[2], text: joined(lines, i, test[1] ?? text) }
  const listed = (FAILED_TEST_OF_FUSION.exec(text) ?? FAILED_TEST_IN_PROGRESS.exec(text))?.[1]
  if (listed) return { kind: "failed test", name: listed, text: `Failure in test ${listed}` }
  const node = NODE_ERROR.exec(text)
  if (node)
    return {
      kind: node[2]?.toLowerCase(),
      name: node[3],
      text: joined(lines, i, text.slice(node.index).replace(/^[:\s]+/, "")),
    }
  if (!INVOCATION_ERROR.test(text)) return undefined
  const after = text.replace(/^.{0,200}?Encountered an error(?: while [^:\n]{1,80})?:/, "").trim()
  return { kind: undefined, name: undefined, text: joined(lines, i, after) }
}

function joined(lines: Line[], start: number, heading: string): string {
  const texts = [heading]
  let blanks = 0
  for (let i = start + 1; i < Math.min(lines.length, start + MAX_LINES); i += 1) {
    const text = lines[i]?.text ?? ""
    if (END_OF_ERROR.test(text) || NODE_ERROR.test(text) || FAILED_TEST.test(text) || INVOCATION_ERROR.test(text)) break
    if (/^\s*(?:Traceback \(most recent|Encountered exception during execution|Finished in state|PID \d+ )/.test(text))
      break
    if (text.trim() === "") {
      blanks += 1
      if (blanks > 1 && texts.join("").trim() !== "") break
      continue
    }
    if (blanks > 0 && texts.length > 1) break
    texts.push(text)
  }
  return texts.filter((text) => text.trim() !== "").join("\n")
}
