import { parseObject } from "./event"
import type { RunEvent } from "./run-event"
import { findRunInText, parseMessage, parseSentence } from "./sentence"

/** How deep in each other we look into objects, lists, and JSON in texts. */
const MAX_DEPTH = 5

/**
 * What a body says, however Prefect was told to write it; `undefined` if nobody could tell. A notification block sends
 * JSON of any shape or a form, and an automation whatever its template renders, which need not be JSON though it
 * looks like it.
 */
export function parseBody(body: string): RunEvent | undefined {
  const json = parseJson(body)
  if (json !== undefined) return parseValue(json) ?? findRunInText(body)
  const form = parseForm(body)
  if (form)
    return parseValue(Object.fromEntries(form)) ?? findRunInText([...form].map((field) => field.join(": ")).join("\n"))
  return parseText(body) ?? findRunInText(body)
}

/** The first thing in it that says all by itself. */
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A form has no white space, and its first field has a name. What it is said to be is not kept with it. */
const parseForm = (body: string) => (/^[\w.[\]%+-]+=\S*$/.test(body) ? new URLSearchParams(body) : undefined)
