/**
 * Splits a text of several JSON objects or arrays, one after the other or line by line. If one of them is broken, so
 * that its end is not found, each line is a part. The parts may still be invalid JSON.
 */
export function splitJson(text: string): string[] {
  if (!/^\s*[{[]/.test(text)) return []
  return splitAtEnds(text) ?? text.split("\n").filter((line) => line.trim() !== "")
}

/** The texts from one outermost bracket to its end, or `undefined` if anything but commas stands between them. */
function splitAtEnds(text: string): string[] | undefined {
  const parts: string[] = []
  let depth = 0
  let start = 0
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]|[^\s,{}[\]]/gs)) {
    if (token === "{" || token === "[") {
      if (depth === 0) start = index
      depth += 1
    } else if (depth === 0) {
      return undefined
    } else if (token === "}" || token === "]") {
      depth -= 1
      if (depth === 0) parts.push(text.slice(start, index + 1))
    }
  }
  return depth === 0 && parts.every(isJson) ? parts : undefined
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
