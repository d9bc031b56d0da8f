import { safeName } from "../../domain/outside-text"
import { firstCharacters } from "../../domain/text"

export const FAILED_TYPES = ["FAILED", "CRASHED"]

const FAILURE_STATES = ["Failed", "Crashed", "TimedOut"]
/** Prefect's names for states of other types. A flow may name a state of type FAILED as it likes. */
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
  // Dalgo's name for a state of type COMPLETED.
  "DBT_TEST_FAILED",
]
/** Prefect 3 sends prefect.flow-run.heartbeat while a run is alive. It is not a state. */
const HEARTBEAT = "heartbeat"

/** For an event that names a run and no state. Prefect is asked which one it is in. */
export const UNKNOWN_STATE = "unknown"

const MAX_NAME_LENGTH = 100

const lettersOnly = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, "")
const STATE_BY_LETTERS = new Map(
  [...FAILURE_STATES, ...OTHER_STATES, HEARTBEAT].map((name) => [lettersOnly(name), name]),
)

/** Whether a text says something, and is not what a template writes where there is nothing. */
export const isFilled = (text: string) => /[\p{L}\p{N}]/u.test(text) && !/^(?:none|null|undefined|\{\{.*)$/i.test(text)

/**
 * A state's name as Prefect writes it: "`timed out`" becomes `TimedOut`. Other names lose quotes, and are cut at 100
 * characters.
 */
export function canonicalStateName(text: string): string {
  const name = firstCharacters(safeName(text), MAX_NAME_LENGTH)
    .replace(/^[\s`"']+/, "")
    .replace(/^StateType\./, "")
  return STATE_BY_LETTERS.get(lettersOnly(name)) ?? name.replace(/[\s`"'.]+$/, "")
}

/** Whether Prefect uses this name for states that are not failures. */
export function isNonFailureState(name: string): boolean {
  const known = canonicalStateName(name)
  return known === HEARTBEAT || OTHER_STATES.includes(known)
}

/** The type of a state in which a run ends without a failure; `undefined` for any other. */
export function typeOfQuietEnd(name: string): "COMPLETED" | "CANCELLED" | undefined {
  if (name === "Cancelled") return "CANCELLED"
  return ["Completed", "Cached", "RolledBack", "DBT_TEST_FAILED"].includes(name) ? "COMPLETED" : undefined
}

/**
 * The type as Prefect's API writes it; Python may write `StateType.FAILED`. Without a type, it follows from the name.
 */
export function stateType(name: string, type: string | null | undefined): string | undefined {
  if (type) return type.replace(/^StateType\./, "").toUpperCase()
  if (name === "Crashed") return "CRASHED"
  return FAILURE_STATES.includes(name) ? "FAILED" : undefined
}

/** A pattern for "TimedOut" that also matches "timed out" and "timed_out". */
const loosePattern = (name: string) => name.replace(/(?<=[a-z])(?=[A-Z])/g, "[ _-]?")

/** A pattern for every name of Prefect's, in any of these spellings. */
export const ANY_STATE_PATTERN = [...FAILURE_STATES, ...OTHER_STATES].map(loosePattern).join("|")

const FAILURE_WORD = new RegExp(`\\b(?:${FAILURE_STATES.map(loosePattern).join("|")})\\b`, "i")
/** Only in Prefect's spelling: in a text, "running" and "late" are ordinary words. */
const OTHER_WORD = new RegExp(`\\b(?:${OTHER_STATES.join("|")})\\b`)

/** The first state that a text mentions; a failed state before any other. */
export function findStateInText(text: string): string | undefined {
  const [word] = FAILURE_WORD.exec(text) ?? OTHER_WORD.exec(text) ?? []
  return word && canonicalStateName(word)
}
