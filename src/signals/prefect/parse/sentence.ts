import type { RunEvent } from "./run-event"
import {
  ANY_STATE_PATTERN,
  canonicalStateName,
  findStateInText,
  isFilled,
  isNonFailureState,
  UNKNOWN_STATE,
} from "../states"

const ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-f-])"

/** The state's length is bounded, so that a body of spaces does not take quadratic time. */
const SENTENCE = new RegExp(`^Flow run .+ with id (?<id>${ID}) entered state (?<state>\\S[^\\n]{0,99}?)\\.?\\s*$`, "i")

/** Reads the sentence that Dalgo's Prefect sends; `undefined` for any other text. */
export function parseSentence(text: string): RunEvent | undefined {
  const { id, state } = SENTENCE.exec(text.trim())?.groups ?? {}
  return id && state ? toRunEvent(id, state) : undefined
}

/** "Flow run ID: …", "flow_run_id": "…", prefect.flow-run.…, …/flow-run/…, "with id …". A parent's id is not the run's. */
const RUN_ID = new RegExp(
  `(?<!parent[ _-]?|root[ _-]?)(?:flow[ _-]?run[ _-]?id\\W{0,10}(?:UUID\\W{0,10})?|flow-run[./]|with id )(${ID})`,
  "gi",
)

const BARE = "[^\\s\"'`,;:{}()[\\]&*\\\\]{1,100}"
/** A state's name: in backticks, in quotes (escaped in broken JSON), or one word. */
const STATE_NAME = `(?:\`([^\`\\n]{1,100})\`|\\\\*["']([^"'\\\\\\n]{1,100})|((?:${ANY_STATE_PATTERN})\\b|(?!null\\b|none\\b)${BARE}))`
/** "state_name": "…", prefect.state-name, prefect.flow-run.…, "entered state …". */
const STATE = new RegExp(
  "(?:" +
    `state[ _.-]?name["'\\\\]*\\s{0,5}[:=]\\s{0,5}|` +
    `prefect\\.flow-run\\.(?!${ID})|` +
    "(?:entered|reached|in|into)(?: the)? state:?\\s{1,5}" +
    `)${STATE_NAME}`,
  "gi",
)
/** "state": "…", Status: … */
const STATE_FIELD = new RegExp(
  `(?<!initial_)(?:state|status)(?:[ _.-]?type)?["'\\\\]*\\s{0,5}[:=]\\s{0,5}${STATE_NAME}`,
  "i",
)

/** Reads a text that labels the ids of its runs, and their states, as Prefect's default message does. */
export function parseMessage(text: string): RunEvent[] {
  const parts = splitAtRuns(text)
  const events = parts.map(({ id, part }) => toRunEvent(id, findState(part) ?? UNKNOWN_STATE))
  // Beside a run with its state, an id alone is one that its message mentions.
  const inState = events.filter(({ stateName }) => stateName !== UNKNOWN_STATE)
  return inState.length > 0 ? inState : events
}

/**
 * The part of a text about each run. A text may name the state before the id or after it, and names it for every run in
 * the same way: a part begins with a state after an id, or with the id of another run after a state.
 */
function splitAtRuns(text: string): { id: string; part: string }[] {
  const ids = [...text.matchAll(RUN_ID)].map(({ index, 1: id = "" }) => ({ index, id: id.toLowerCase() }))
  const [first] = ids
  if (!first) return []
  if (ids.every(({ id }) => id === first.id)) return [{ id: first.id, part: text }]
  const states = [...text.matchAll(STATE)].map(({ index }) => ({ index, id: undefined }))
  const marks = [...ids, ...states].toSorted((one, other) => one.index - other.index)
  const isStateFirst = marks[0]?.id === undefined
  const parts: { id: string | undefined; hasState: boolean; start: number }[] = []
  for (const { index, id } of marks) {
    const part = parts.at(-1)
    const isNext = isStateFirst
      ? id === undefined && part?.id !== undefined
      : id !== undefined && id !== part?.id && (part?.hasState || states.length === 0)
    if (!part || isNext) parts.push({ id, hasState: id === undefined, start: index })
    else {
      part.id ??= id
      part.hasState ||= id === undefined
    }
  }
  return parts.flatMap(({ id, start }, i) => (id ? [{ id, part: text.slice(start, parts[i + 1]?.start) }] : []))
}

/** Finds runs and their states in any text. An id without a label is a run's only beside a state, and if it is alone. */
export function findRunsInText(text: string): RunEvent[] {
  const labelled = parseMessage(text)
  if (labelled.some(({ stateName }) => stateName !== UNKNOWN_STATE)) return labelled
  const id = labelled.length > 1 ? undefined : (labelled[0]?.flowRunId ?? findOnlyId(text))
  const state = id && findAnyState(text)
  if (id && state) return [toRunEvent(id, state)]
  return id ? labelled : [...text.split("\n").flatMap(findRunInLine), ...labelled]
}

/** For a list with a line for each run. */
function findRunInLine(line: string): RunEvent[] {
  const id = findOnlyId(line)
  const state = id && findAnyState(line)
  return id && state ? [toRunEvent(id, state)] : []
}

function findAnyState(text: string): string | undefined {
  const field = STATE_FIELD.exec(text)
  const name = field ? matchedName(field) : ""
  return findState(text) ?? findStateInText(text) ?? (isFilled(name) ? name : undefined)
}

/** The first state that may be a failure, else the first one. Prefect is asked about it later. */
function findState(text: string): string | undefined {
  const names = [...text.matchAll(STATE)].map(matchedName).filter(isFilled)
  return names.find((name) => !isNonFailureState(name)) ?? names[0]
}

const matchedName = ([, backticked, quoted, bare]: RegExpExecArray) =>
  canonicalStateName(backticked ?? quoted ?? bare ?? "")

const ANY_ID = new RegExp(`(?<![0-9a-f-])${ID}`, "gi")

const ID_IN_FORM = new RegExp(ID, "i")

/** Whether a text can name a run at all. In a form, an id may follow the digits of an escaped character. */
export const hasId = (text: string) => ID_IN_FORM.test(text)

function findOnlyId(text: string): string | undefined {
  const [id, ...others] = new Set(text.toLowerCase().match(ANY_ID))
  return others.length === 0 ? id : undefined
}

const toRunEvent = (id: string, state: string): RunEvent => ({
  flowRunId: id.toLowerCase(),
  stateName: canonicalStateName(state),
})
