export const FAILED_TYPES = ["FAILED", "CRASHED"]

const FAILURES = ["Failed", "Crashed", "TimedOut"]
/** Prefect's own names of states of other types. A state of type FAILED may have any name of its own. */
const NO_FAILURES = [
  "Scheduled",
  "Late",
  "AwaitingRetry",
  "AwaitingConcurrencySlot",
  "Resuming",
  "Pending",
  "Submitting",
  "InfrastructurePending",
  "Running",
  "Retrying",
  "Paused",
  "Suspended",
  "Completed",
  "Cached",
  "RolledBack",
  "Cancelling",
  "Cancelled",
  // Dalgo names so a COMPLETED one.
  "DBT_TEST_FAILED",
]
/** An event that looks like a state: a run says with it that it is alive. */
const HEARTBEAT = "heartbeat"

const LONGEST_NAME = 100

const lettersOf = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, "")
const BY_LETTERS = new Map([...FAILURES, ...NO_FAILURES, HEARTBEAT].map((name) => [lettersOf(name), name]))

/** The name of a state as Prefect writes it, where it is one of Prefect's: "`timed out`" is `TimedOut`. */
export function stateNamed(text: string): string {
  const name = text
    .slice(0, LONGEST_NAME)
    .replace(/^[\s`"']+/, "")
    .replace(/^StateType\./, "")
  return BY_LETTERS.get(lettersOf(name)) ?? name.replace(/[\s`"'.]+$/, "")
}

/** Whether a state of this name is none that a run fails in. */
export function isNoFailure(name: string): boolean {
  const known = stateNamed(name)
  return known === HEARTBEAT || NO_FAILURES.includes(known)
}

/** The type as Prefect's API writes it (Python may write `StateType.FAILED`); where it is not said, by the name. */
export function typeOfState(name: string, type: string | null | undefined): string | undefined {
  if (type) return type.replace(/^StateType\./, "").toUpperCase()
  if (name === "Crashed") return "CRASHED"
  return FAILURES.includes(name) ? "FAILED" : undefined
}

/** "TimedOut" as a pattern that finds "timed out" as well. */
const loosely = (name: string) => name.replace(/(?<=[a-z])(?=[A-Z])/g, "[ _-]?")

/** A pattern of all that Prefect calls a state, loosely. */
export const ANY_STATE = [...FAILURES, ...NO_FAILURES].map(loosely).join("|")

const FAILURE_WORD = new RegExp(`\\b(?:${FAILURES.map(loosely).join("|")})\\b`, "i")
/** As Prefect writes them: in a text, "running" and "late" are words like others. */
const OTHER_WORD = new RegExp(`\\b(?:${NO_FAILURES.join("|")})\\b`)

/** The state that a text speaks of in passing: of several, one that may be a failure. */
export function stateSpokenOf(text: string): string | undefined {
  const [word] = FAILURE_WORD.exec(text) ?? OTHER_WORD.exec(text) ?? []
  return word && stateNamed(word)
}
