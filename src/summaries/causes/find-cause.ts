import type { LogEntry } from "../log-entry"
import type { Cause, Origin, Slots } from "./cause"
import { CAUSES } from "./table"

export type FoundCause = {
  /** `undefined` where the log names no cause of the table. */
  cause?: Cause
  /** What the log names: for the slots of the cause's sentences. */
  values: Slots
  /** The side that failed, where the log says so: for `explainCause`. */
  origin?: Origin
  /** The best technical line; `undefined` where nothing says more than that the run failed. */
  line?: string
  /** The line without a cell's value, for chat, push and other places outside the members' details. */
  publicLine?: string
  /** Where the cause, else the line, was found. */
  from: "state" | "log"
}

/** Finds why a run failed, in a state message and a log whose texts are clean and without secrets. */
export function findCause({
  stateMessage,
  entries,
}: {
  stateMessage?: string | null | undefined
  entries: LogEntry[]
}): FoundCause {
  const text = [stateMessage ?? "", ...entries.map(({ message }) => message)].join("\n").slice(-4_000)
  const cause = CAUSES.find(({ patterns }) => patterns.some((pattern) => new RegExp(pattern, "im").test(text)))
  return { ...(cause && { cause }), values: {}, from: "log" }
}
