import type { RunEvent } from "./run-event"
import { ANY_STATE_PATTERN, isNonFailureState, canonicalStateName, findStateInText } from "../states"

const ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-f-])"

/** The state is bounded: else a body full of spaces would be tried from each of them. */
const SENTENCE = new RegExp(`^Flow run .+ with id (?<id>${ID}) entered state (?<state>\\S[^\\n]{0,99}?)\\.?\\s*$`, "i")

/** Reads the sentence that Dalgo's Prefect sends; `undefined` if it is none. */
export function parseSentence(text: string): RunEvent | undefined {
  const { id, state } = SENTENCE.exec(text.trim())?.groups ?? {}
  return id && state ? toRunEvent(id, state) : undefined
}

/** "Flow run ID: …", "flow_run_id": "…", prefect.flow-run.…, …/flow-run/…, and as the sentence has it. */
const RUN = new RegExp(`(?:flow[ _-]?run[ _-]?id\\W{0,10}(?:UUID\\W{0,10})?|flow-run[./]|with id )(${ID})`, "i")

const BARE = "[^\\s\"'`,;:{}()[\\]&*\\\\]{1,100}"
/** In backticks, in quotes (escaped ones in half-read JSON), or one word. */
const NAME = `(?:\`([^\`\\n]{1,100})\`|\\\\*["']([^"'\\\\\\n]{1,100})|((?:${ANY_STATE_PATTERN})\\b|(?!null\\b|none\\b)${BARE}))`
/** "state_name": "…", prefect.state-name, prefect.flow-run.…, and in a sentence. */
const STATES = new RegExp(
  "(?:" +
    `state[ _.-]?name["'\\\\]*\\s{0,5}[:=]\\s{0,5}|` +
    `prefect\\.flow-run\\.(?!${ID})|` +
    "(?:entered|reached|in|into)(?: the)? state:?\\s{1,5}" +
    `)${NAME}`,
  "gi",
)
/** "state": "…", Status: … */
const STATE_AS_A_FIELD = new RegExp(
  `(?<!initial_)(?:state|status)(?:[ _.-]?type)?["'\\\\]*\\s{0,5}[:=]\\s{0,5}${NAME}`,
  "i",
)

/** Reads a text that names a run's id and its state as such, as Prefect's own message does. */
export function parseMessage(text: string): RunEvent | undefined {
  const id = RUN.exec(text)?.[1]
  const state = findState(text)
  return id && state ? toRunEvent(id, state) : undefined
}

/** Finds a run and its state in a text of any shape, where there is but one that could be meant. */
export function findRunInText(text: string): RunEvent | undefined {
  const id = RUN.exec(text)?.[1] ?? findOnlyId(text)
  if (!id) return undefined
  const field = STATE_AS_A_FIELD.exec(text)
  const state = findState(text) ?? findStateInText(text) ?? (field && matchedName(field))
  return state ? toRunEvent(id, state) : undefined
}

/** Of several the first that may be a failure: whether it is one, Prefect is asked. */
function findState(text: string): string | undefined {
  const names = [...text.matchAll(STATES)].map(matchedName).filter((name) => name !== "")
  return names.find((name) => !isNonFailureState(name)) ?? names[0]
}

const matchedName = ([, ticked, quoted, bare]: RegExpExecArray) => canonicalStateName(ticked ?? quoted ?? bare ?? "")

const IDS = new RegExp(`(?<![0-9a-f-])${ID}`, "gi")

function findOnlyId(text: string): string | undefined {
  const [id, ...others] = new Set(text.toLowerCase().match(IDS))
  return others.length === 0 ? id : undefined
}

const toRunEvent = (id: string, state: string): RunEvent => ({
  flowRunId: id.toLowerCase(),
  stateName: canonicalStateName(state),
})
