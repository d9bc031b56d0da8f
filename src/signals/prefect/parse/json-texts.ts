import { parseJson } from "../../../runtime/zod"

/**
 * Splits a text of several JSON objects or arrays, one after the other or line by line. If one of them is broken, so
 * that its end is not found, each line is a part. The parts may still be invalid JSON.
 */
export function splitJson(text: string): string[] {
  if (!/^\s*[{[]/.test(text)) return []
  return splitAtEnds(text) ?? text.split("\n").filter((line) => line.trim() !== "")
}

/**
 * The texts from one outermost bracket to its end, or `undefined` if anything but commas stands between them. It looks at
 * each character once: a pattern for strings would take quadratic time where a quote is never closed.
 */
function splitAtEnds(text: string): string[] | undefined {
  const parts: string[] = []
  let depth = 0
  let start = 0
  let isInString = false
  for (let i = 0; i < text.length; i += 1) {
    const character = text[i] ?? ""
    if (isInString) {
      if (character === "\\") i += 1
      else if (character === '"') isInString = false
    } else if (character === "{" || character === "[") {
      if (depth === 0) start = i
      depth += 1
    } else if (depth === 0) {
      if (!BETWEEN.test(character)) return undefined
    } else if (character === "}" || character === "]") {
      depth -= 1
      if (depth === 0) parts.push(text.slice(start, i + 1))
    } else if (character === '"') {
      isInString = true
    }
  }
  return depth === 0 && parts.every(isJson) ? parts : undefined
}

const BETWEEN = /[\s,]/

const isJson = (text: string) => parseJson(text) !== undefined
