import { readObject } from "./event"
import type { RunEvent } from "../interpret"
import { findIn, readMessage, readSentence } from "./sentence"

/** How deep in each other we look into objects, lists, and JSON in texts. */
const DEEPEST = 5

/**
 * What a body says, however Prefect was told to write it; `undefined` if nobody could tell. A notification block sends
 * JSON of any shape or a form, and an automation whatever its template renders, which need not be JSON though it
 * looks like it.
 */
export function readBody(body: string): RunEvent | undefined {
  const json = parsed(body)
  if (json !== undefined) return readValue(json) ?? findIn(body)
  const form = formIn(body)
  if (form) return readValue(Object.fromEntries(form)) ?? findIn([...form].map((field) => field.join(": ")).join("\n"))
  return readText(body) ?? findIn(body)
}

/** The first thing in it that says all by itself. */
function readValue(value: unknown, depth = 0): RunEvent | undefined {
  if (typeof value === "string") return readText(value, depth)
  if (typeof value !== "object" || value === null || depth > DEEPEST) return undefined
  const read = Array.isArray(value) ? undefined : readObject(value)
  if (read) return read
  for (const part of Object.values(value)) {
    const found = readValue(part, depth + 1)
    if (found) return found
  }
  return undefined
}

function readText(text: string, depth = 0): RunEvent | undefined {
  const json = text.trimStart().startsWith("{") ? parsed(text) : undefined
  if (json !== undefined) return readValue(json, depth + 1)
  return readSentence(text) ?? readMessage(text)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A form has no white space, and its first field has a name. What it is said to be is not kept with it. */
const formIn = (body: string) => (/^[\w.[\]%+-]+=\S*$/.test(body) ? new URLSearchParams(body) : undefined)
