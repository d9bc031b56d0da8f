import { parseObject } from "./event"
import type { RunEvent } from "./run-event"
import { findRunInText, parseMessage, parseSentence } from "./sentence"
import { parseJson } from "../../../runtime/zod"

/** Nested objects, arrays, and JSON in strings are read down to this depth. */
const MAX_DEPTH = 5

/**
 * Reads a webhook body of Prefect 2 or 3; `undefined` if it names no run or no state. A notification block sends JSON
 * of any shape, or a form. An automation sends what its template renders, which may look like JSON and be broken.
 */
export function parseBody(body: string): RunEvent | undefined {
  const json = parseJson(body)
  if (json !== undefined) return parseValue(json) ?? findRunInText(body)
  const form = parseForm(body)
  if (form)
    return parseValue(Object.fromEntries(form)) ?? findRunInText([...form].map((field) => field.join(": ")).join("\n"))
  return parseText(body) ?? findRunInText(body)
}

/** The first part of the value that names both a run and its state. */
function parseValue(value: unknown, depth = 0): RunEvent | undefined {
  if (typeof value === "string") return parseText(value, depth)
  if (typeof value !== "object" || value === null || depth > MAX_DEPTH) return undefined
  const read = Array.isArray(value) ? undefined : parseObject(value)
  if (read) return read
  for (const part of Object.values(value)) {
    const found = parseValue(part, depth + 1)
    if (found) return found
  }
  return undefined
}

function parseText(text: string, depth = 0): RunEvent | undefined {
  const json = text.trimStart().startsWith("{") ? parseJson(text) : undefined
  if (json !== undefined) return parseValue(json, depth + 1)
  return parseSentence(text) ?? parseMessage(text)
}

/**
 * The content type is not stored with the body, so that a form is told by its shape: no white space, and a named first
 * field.
 */
const parseForm = (body: string) => (/^[\w.[\]%+-]+=\S*$/.test(body) ? new URLSearchParams(body) : undefined)
