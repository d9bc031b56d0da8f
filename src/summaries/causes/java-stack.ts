import type { Line } from "./log-lines"
import type { Traceback } from "./traceback"

const FRAME = /^\s{0,20}(?:at [\w$.<>/@-]{1,300}\(|\.\.\. \d{1,6} (?:more|common frames))/
const CAUSED_BY = /^\s{0,20}Caused by: /
const SUPPRESSED = /^\s{0,20}Suppressed: /
const MAX_MESSAGE_LINES = 20

/** The stacks of Java programs, each with its last `Caused by:` first. */
export function javaStacks(lines: Line[]): Traceback[] {
  const found: Traceback[] = []
  let i = 0
  while (i < lines.length) {
    if (!startsStack(lines, i)) {
      i += 1
      continue
    }
    const start = i
    const messages: string[][] = []
    while (i < lines.length) {
      const text = lines[i]?.text ?? ""
      if (CAUSED_BY.test(text) || i === start) messages.unshift([text.replace(CAUSED_BY, "").trim()])
      else if (!FRAME.test(text) && !SUPPRESSED.test(text)) {
        if (!continuesMessage(lines, i)) break
        messages[0]?.push(text)
      }
      i += 1
    }
    found.push({
      errors: messages.map((message) => ({ text: message.join("\n").trimEnd(), lead: "" })),
      isPassing: lines[start]?.isPassing ?? false,
      start,
      end: i,
    })
  }
  return found
}

const startsStack = (lines: Line[], i: number) => {
  const text = lines[i]?.text ?? ""
  if (text.trim() === "" || FRAME.test(text)) return false
  return FRAME.test(lines[i + 1]?.text ?? "") || CAUSED_BY.test(lines[i + 1]?.text ?? "") || CAUSED_BY.test(text)
}

/** A line of a message of several lines: a frame or a `Caused by:` follows in the same entry. */
function continuesMessage(lines: Line[], i: number): boolean {
  for (let j = i + 1; j < Math.min(lines.length, i + MAX_MESSAGE_LINES); j += 1) {
    if (lines[j]?.entry !== lines[i]?.entry) return false
    if (FRAME.test(lines[j]?.text ?? "") || CAUSED_BY.test(lines[j]?.text ?? "")) return true
  }
  return false
}
