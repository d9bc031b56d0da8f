export const FAILED_TYPES = ["FAILED", "CRASHED"]

const FAILURE_STATES = ["Failed", "Crashed", "TimedOut"]
/** Prefect's own names of states of other types. A state of type FAILED may have any name of its own. */
const OTHER_STATES = [
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

const MAX_NAME_LENGTH = 100

const lettersOnly = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, "")
const STATE_BY_LETTERS = new Map(
  [...FAILURE_STATES, ...OTHER_STATES, HEARTBEAT].map((name) => [lettersOnly(name), name]),
)

/** The name of a state as Prefect writes it, where it is one of Prefect's: "`timed out`" is `TimedOut`. */
export function canonicalStateName(text: string): string {
  const name = text
    .slice(0, MAX_NAME_LENGTH)
    .replace(/^[\s`"']+/, "")
    .replace(/^StateType\./, "")
  return STATE_BY_LETTERS.get(lettersOnly(name)) ?? name.replace(/[\s`"'.]+$/, "")
}

/** Whether a state of this name is none that a run fails in. */
export function isNonFailureState(name: string): boolean {
  const known = canonicalStateName(name)
  return known === HEARTBEAT || OTHER_STATES.includes(known)
}

/** The type as Prefect's API writes it (Python may write `StateType.FAILED`); where it is not said, by the name. */
export function stateType(name: string, type: string | null | undefined): string | undefined {
  if (type) return type.replace(/^StateType\./, "").toUpperCase()
  if (name === "Crashed") return "CRASHED"
  return FAILURE_STATES.includes(name) ? "FAILED" : undefined
}

/** "TimedOut" as a pattern that finds "timed out" as well. */
const loosePattern = (name: string) => name.replace(/(?<=[a-z])(?=[A-Z])/g, "[ _-]?")

/** A pattern of all that Prefect calls a state, loosely. */
export const ANY_STATE_PATTERN = [...FAILURE_STATES, ...OTHER_STATES].map(loosePattern).join("|")

const FAILURE_WORD = new RegExp(`\\b(?:${FAILURE_STATES.map(loosePattern).join("|")})\\b`, "i")
/** As Prefect writes them: in a text, "running" and "late" are words like others. */
const OTHER_WORD = new RegExp(`\\b(?:${OTHER_STATES.join("|")})\\b`)

/** The state that a text speaks of in passing: of several, one that may be a failure. */
export function findStateInText(text: string): string | undefined {
  const [word] = FAILURE_WORD.exec(text) ?? OTHER_WORD.exec(text) ?? []
  return word && canonicalStateName(word)
}
