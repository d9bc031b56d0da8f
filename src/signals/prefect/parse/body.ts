import { UNKNOWN_STATE } from "../states"
import { parseObject } from "./event"
import { splitJson } from "./json-texts"
import { mergeRuns } from "./merge-runs"
import type { RunEvent } from "./run-event"
import { findRunsInText, hasId, parseMessage, parseSentence } from "./sentence"
import { parseJson } from "../../../runtime/zod"

/** Nested objects, arrays, and JSON in strings are read down to this depth. */
const MAX_DEPTH = 8

/**
 * Reads a webhook body of Prefect 2 or 3: one event for each run that it names; none if it names no run. A notification
 * block sends JSON of any shape, or a form. An automation sends what its template renders: one event or a list, JSON
 * line by line, or what looks like JSON and is broken.
 */
export function parseBody(body: string): RunEvent[] {
  if (!hasId(body)) return []
  const json = parseJson(body)
  if (json !== undefined) return parseDocument(json, body)
  const form = parseForm(body)
  if (form) {
    const fields = Object.fromEntries([...new Set(form.keys())].map((name) => [name, form.getAll(name)]))
    return parseDocument(fields, [...form].map((field) => field.join(": ")).join("\n"))
  }
  return mergeRuns(parseJsonTexts(body) ?? orElse(parseText(body), () => findRunsInText(body)))
}

/** Reads the parts of a value, else its parts as texts, else `text`, in which the value was written. */
const parseDocument = (value: unknown, text: string): RunEvent[] =>
  mergeRuns(orElse(parseValue(value), () => orElse(findInParts(value), () => findRunsInText(text))))

/** The first result that has a state, else the first one. */
function orElse(found: RunEvent[], next: () => RunEvent[]): RunEvent[] {
  if (found.some(hasState)) return found
  const others = next()
  return others.some(hasState) || found.length === 0 ? [...others, ...found] : found
}

const hasState = ({ stateName }: RunEvent) => stateName !== UNKNOWN_STATE

/** The parts of the value that name a run. A part with a state is not looked into: its message may name other runs. */
function parseValue(value: unknown, depth = 0): RunEvent[] {
  if (typeof value === "string") return parseText(value, depth)
  if (typeof value !== "object" || value === null || depth > MAX_DEPTH) return []
  const read = Array.isArray(value) ? undefined : parseObject(value)
  if (read && hasState(read)) return [read]
  const parts = Object.values(value).flatMap((part) => parseValue(part, depth + 1))
  return read ? [...parts, read] : parts
}

function parseText(text: string, depth = 0): RunEvent[] {
  const json = /^\s*[{[]/.test(text) ? parseJson(text) : undefined
  if (json !== undefined) return parseValue(json, depth + 1)
  const named = parseMessage(text)
  const sentence = named.length > 1 ? undefined : parseSentence(text)
  return sentence ? [sentence] : named
}

/** Reads the objects of a value as texts, the innermost first: the names of their fields are not known. */
function findInParts(value: unknown, depth = 0): RunEvent[] {
  if (typeof value !== "object" || value === null || depth > MAX_DEPTH) return []
  const parts = Object.values(value).flatMap((part) => findInParts(part, depth + 1))
  if (parts.length > 0 || Array.isArray(value)) return parts
  const text = JSON.stringify(value)
  return hasId(text) ? findRunsInText(text) : []
}

/** Reads JSON texts that follow one another. A broken one is searched as a text. */
function parseJsonTexts(body: string): RunEvent[] | undefined {
  const texts = splitJson(body)
  const values = texts.map((text) => parseJson(text))
  if (!values.some((value) => parseValue(value).length > 0)) return undefined
  return texts.flatMap((text, i) => (values[i] === undefined ? findRunsInText(text) : parseDocument(values[i], text)))
}

/**
 * The content type is not stored with the body, so that a form is told by its shape: no white space, and a named first
 * field.
 */
const parseForm = (body: string) => (/^[\w.[\]%+-]+=\S*$/.test(body) ? new URLSearchParams(body) : undefined)
