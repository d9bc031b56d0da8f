import type { LogEntry } from "../../src/summaries/log-entry"

export const INFO = 20
export const WARNING = 30
export const ERROR = 40

export type FailureLog = { stateMessage?: string; entries: LogEntry[] }

export const entry = (level: number, message: string): LogEntry => ({ level, message })

/** An exception as Python prints it when it ends a program. */
export const pythonTraceback = (exception: string) =>
  [
    "Traceback (most recent call last):",
    '  File "/app/flows/load.py", line 41, in load',
    "    run_step(step)",
    "    ~~~~~~~~^^^^^^",
    exception,
  ].join("\n")

const asLines = (level: number, text: string) => text.split("\n").map((line) => entry(level, line))

/** The ways in which one message of a program reaches us. */
export const FORMS: Record<string, (message: string) => FailureLog> = {
  "as the state's message": (message) => ({
    stateMessage: `Flow run encountered an exception: RuntimeError: ${message}`,
    entries: [entry(INFO, "Beginning flow run 'crimson-fox' for flow 'deployment-schedule-flow-v4'")],
  }),
  "as an entry of level ERROR": (message) => ({
    stateMessage: "Flow run encountered an exception.",
    entries: [entry(INFO, "Created task run 'step-0' for task 'step'"), entry(ERROR, message)],
  }),
  "as the exception of a traceback": (message) => ({
    stateMessage: "Task run failed with exception",
    entries: [
      entry(ERROR, `Encountered exception during execution:\n${pythonTraceback(`some.module.StepError: ${message}`)}`),
      entry(ERROR, "Finished in state Failed('Task run failed with exception')"),
    ],
  }),
  "as output at INFO with time and level": (message) => ({
    stateMessage: "Flow run encountered an exception: RuntimeError: PID 4343 failed with return code 1.",
    entries: [
      ...asLines(INFO, `[2026-11-20T02:30:18.074Z] ERROR ${message}`),
      entry(
        ERROR,
        `Encountered exception during execution:\n${pythonTraceback("RuntimeError: PID 4343 failed with return code 1.")}`,
      ),
    ],
  }),
}
