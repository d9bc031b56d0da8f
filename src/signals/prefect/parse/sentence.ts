import type { RunEvent } from "./run-event"
import { ANY_STATE_PATTERN, isNonFailureState, canonicalStateName, findStateInText } from "../states"

const ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-f-])"

/** The state's length is bounded, so that a body of spaces does not take quadratic time. */
const SENTENCE = new RegExp(`^Flow run .+ with id (?<id>${ID}) entered state (?<state>\\S[^\\n]{0,99}?)\\.?\\s*$`, "i")

/** Reads the sentence that Dalgo's Prefect sends; `undefined` for any other text. */
export function parseSentence(text: string): RunEvent | undefined {
  const { id, state } = SENTENCE.exec(text.trim())?.groups ?? {}
  return id && state ? toRunEvent(id, state) : undefined
}

/** "Flow run ID: …", "flow_run_id": "…", prefect.flow-run.…, …/flow-run/…, "with id …". */
const RUN_ID = new RegExp(`(?:flow[ _-]?run[ _-]?id\\W{0,10}(?:UUID\\W{0,10})?|flow-run[./]|with id )(${ID})`, "i")

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

/** Reads a text that labels the run's id and its state, as Prefect's default message does. */
export function parseMessage(text: string): RunEvent | undefined {
  const id = RUN_ID.exec(text)?.[1]
  const state = findState(text)
  return id && state ? toRunEvent(id, state) : undefined
}

/** Finds a run and its state in any text; `undefined` if several ids could be the run's. */
export function findRunInText(text: string): RunEvent | undefined {
  const id = RUN_ID.exec(text)?.[1] ?? findOnlyId(text)
  if (!id) return undefined
  const field = STATE_FIELD.exec(text)
  const state = findState(text) ?? findStateInText(text) ?? (field && matchedName(field))
  return state ? toRunEvent(id, state) : undefined
}

/** The first state that may be a failure, else the first one. Prefect is asked about it later. */
function findState(text: string): string | undefined {
  const names = [...text.matchAll(STATE)].map(matchedName).filter((name) => name !== "")
  return names.find((name) => !isNonFailureState(name)) ?? names[0]
}

const matchedName = ([, backticked, quoted, bare]: RegExpExecArray) =>
  canonicalStateName(backticked ?? quoted ?? bare ?? "")

const ANY_ID = new RegExp(`(?<![0-9a-f-])${ID}`, "gi")

function findOnlyId(text: string): string | undefined {
  const [id, ...others] = new Set(text.toLowerCase().match(ANY_ID))
  return others.length === 0 ? id : undefined
}

const toRunEvent = (id: string, state: string): RunEvent => ({
  flowRunId: id.toLowerCase(),
  stateName: canonicalStateName(state),
})
