import type { RunEvent } from "../interpret"
import { ANY_STATE, isNoFailure, stateNamed, stateSpokenOf } from "../states"

const ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-f-])"

/** The state is bounded: else a body full of spaces would be tried from each of them. */
const SENTENCE = new RegExp(`^Flow run .+ with id (?<id>${ID}) entered state (?<state>\\S[^\\n]{0,99}?)\\.?\\s*$`, "i")

/** Reads the sentence that Dalgo's Prefect sends; `undefined` if it is none. */
export function readSentence(text: string): RunEvent | undefined {
  const { id, state } = SENTENCE.exec(text.trim())?.groups ?? {}
  return id && state ? eventOf(id, state) : undefined
}

/** "Flow run ID: …", "flow_run_id": "…", prefect.flow-run.…, …/flow-run/…, and as the sentence has it. */
const RUN = new RegExp(`(?:flow[ _-]?run[ _-]?id\\W{0,10}(?:UUID\\W{0,10})?|flow-run[./]|with id )(${ID})`, "i")

const BARE = "[^\\s\"'`,;:{}()[\\]&*\\\\]{1,100}"
/** In backticks, in quotes (escaped ones in half-read JSON), or one word. */
const NAME = `(?:\`([^\`\\n]{1,100})\`|\\\\*["']([^"'\\\\\\n]{1,100})|((?:${ANY_STATE})\\b|(?!null\\b|none\\b)${BARE}))`
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
export function readMessage(text: string): RunEvent | undefined {
  const id = RUN.exec(text)?.[1]
  const state = stateIn(text)
  return id && state ? eventOf(id, state) : undefined
}

/** Finds a run and its state in a text of any shape, where there is but one that could be meant. */
export function findIn(text: string): RunEvent | undefined {
  const id = RUN.exec(text)?.[1] ?? onlyIdIn(text)
  if (!id) return undefined
  const field = STATE_AS_A_FIELD.exec(text)
  const state = stateIn(text) ?? stateSpokenOf(text) ?? (field && nameIn(field))
  return state ? eventOf(id, state) : undefined
}

/** Of several the first that may be a failure: whether it is one, Prefect is asked. */
function stateIn(text: string): string | undefined {
  const names = [...text.matchAll(STATES)].map(nameIn).filter((name) => name !== "")
  return names.find((name) => !isNoFailure(name)) ?? names[0]
}

const nameIn = ([, ticked, quoted, bare]: RegExpExecArray) => stateNamed(ticked ?? quoted ?? bare ?? "")

const IDS = new RegExp(`(?<![0-9a-f-])${ID}`, "gi")

function onlyIdIn(text: string): string | undefined {
  const [id, ...others] = new Set(text.toLowerCase().match(IDS))
  return others.length === 0 ? id : undefined
}

const eventOf = (id: string, state: string): RunEvent => ({ flowRunId: id.toLowerCase(), stateName: stateNamed(state) })
