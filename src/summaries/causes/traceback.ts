import type { Line } from "./log-lines"

/** An exception as a traceback ends with it. */
export type RaisedError = {
  /** Its type and message, with the lines of the message that follow. */
  text: string
  /** What stands before the traceback in its entry. */
  lead: string
}

/** One traceback with the exceptions that it quotes, chains or groups, the innermost first. */
export type Traceback = {
  errors: RaisedError[]
  isPassing: boolean
  /** The lines that it covers: from `start` up to, without, `end`. */
  start: number
  end: number
}

const HEADER = /(?:^|[^\w])Traceback \(most recent call last\)/
const CHAINED = /^\s{0,20}(?:The above exception was the direct cause of|During handling of the above exception)/
const SUB_EXCEPTION = /^\s{0,200}(?:[|│] {0,4}){0,20}\+(?:-\+)?-{3,}/
const GROUP = /ExceptionGroup: /
/** "psycopg2.errors.UndefinedColumn: …", "KeyError": the last part of the name has a capital. */
const EXCEPTION = /^(?:(?:[A-Za-z_]\w{0,80}\.){0,12}[A-Z_]\w{0,80}(?:$|:$|: )|(?:[A-Za-z_]\w{0,80}\.){1,12}\w{1,80}: )/
/** Frames of IPython, which stand without indentation. */
const NOTEBOOK_FRAME = /^(?:[/~][^:\n]{1,300}(?: in |:\d{1,6})|Cell In|<ipython|-{2,}> ?\d|Input In|\.{3} )/
/** Faults beside the run: of clean-up, and of sending its log. */
const BESIDE_THE_RUN = /Exception ignored in|logging error|sending logs|Error in atexit/i
/** What follows an exception in entries of their own. */
const CONTINUED = /^(?:\s|\^|LINE \d|HINT:|DETAIL:|CONTEXT:|FATAL:|Location:|Job ID:)/

const MAX_FRAME_LINES = 600
const MAX_MESSAGE_LINES = 60
const MAX_BLANK_LINES = 4

/** The tracebacks of a log in their order. */
export function tracebacks(lines: Line[]): Traceback[] {
  const found: Traceback[] = []
  let link: "none" | "chain" | "sub" = "none"
  let i = 0
  while (i < lines.length) {
    const raw = lines[i]?.text ?? ""
    const open = found.at(-1)
    if (open && i <= open.end + MAX_BLANK_LINES && CHAINED.test(withoutMargin(raw))) link = "chain"
    const isSub = open !== undefined && i <= open.end + MAX_BLANK_LINES && SUB_EXCEPTION.test(raw)
    if (isSub) {
      link = "sub"
      open.end = i + 1
    }
    const follows = isSub && /\d {0,2}-|\d$/.test(raw) ? bareSubException(lines, i + 1) : undefined
    const read = follows ?? (HEADER.test(raw) ? readTraceback(lines, i) : undefined)
    if (!read) {
      i += 1
      continue
    }
    // What stands before the outermost traceback stands before all of it.
    if (open && link !== "none") read.error.lead = open.errors[0]?.lead ?? ""
    if (open && link === "chain") {
      open.errors.push(read.error)
      extend(open, lines, read)
    } else if (open && link === "sub") {
      const outer = open.errors.findIndex(({ text }) => GROUP.test(text))
      open.errors.splice(outer === -1 ? open.errors.length : outer, 0, read.error)
      extend(open, lines, read)
    } else if (open && i < open.end + 1 && open.start < i && lines[open.start]?.entry === lines[i]?.entry) {
      // A traceback that is quoted in the message of another.
      open.errors.unshift(read.error)
      extend(open, lines, read)
    } else {
      found.push({ errors: [read.error], isPassing: isPassing(lines, i, read.end), start: i, end: read.end })
    }
    link = "none"
    i = read.end
  }
  return found
}

function extend(traceback: Traceback, lines: Line[], read: { end: number }) {
  traceback.end = read.end
  traceback.isPassing ||= isPassing(lines, traceback.start, read.end)
}

type Read = { error: RaisedError; end: number }

function readTraceback(lines: Line[], header: number): Read | undefined {
  const first = lines[header]
  if (!first) return undefined
  const isBoxed = /[╭┌]|[─]{2}/.test(first.text)
  const headline = isBoxed ? headlineAfterBox(lines, header) : headlineAfterFrames(lines, header)
  if (headline === undefined) return undefined
  return readMessage(lines, headline, leadOf(lines, header))
}

function headlineAfterBox(lines: Line[], header: number): number | undefined {
  const end = Math.min(lines.length, header + MAX_FRAME_LINES)
  let i = header + 1
  while (i < end && !/^\s{0,200}[╰└]/.test(lines[i]?.text ?? "")) {
    if (HEADER.test(lines[i]?.text ?? "")) return undefined
    i += 1
  }
  i += 1
  while (i < end && (lines[i]?.text ?? "").trim() === "") i += 1
  return i < end ? i : undefined
}

function headlineAfterFrames(lines: Line[], header: number): number | undefined {
  const headerText = withoutMargin(lines[header]?.text ?? "")
  const indentation = /^\s*(?:\+ Exception Group )?Traceback/.test(headerText) ? indentationOf(headerText) : 0
  const end = Math.min(lines.length, header + MAX_FRAME_LINES)
  let isFlat = false
  let last: number | undefined
  for (let i = header + 1; i < end; i += 1) {
    const text = withoutMargin(lines[i]?.text ?? "")
    if (text.trim() === "") continue
    if (HEADER.test(text) || CHAINED.test(text)) return last
    if (/^\s*(?:> ?)?File "/.test(text)) {
      isFlat ||= indentationOf(text) <= indentation
      last = undefined
      continue
    }
    if (isFlat) {
      if (EXCEPTION.test(text.trim())) last ??= i
      else if (last !== undefined && lines[i]?.entry !== lines[last]?.entry) return last
      continue
    }
    if (indentationOf(text) <= indentation && !NOTEBOOK_FRAME.test(text)) return i
  }
  return last
}

/** A sub-exception without a traceback of its own. */
function bareSubException(lines: Line[], at: number): Read | undefined {
  const text = withoutMargin(lines[at]?.text ?? "").trim()
  return EXCEPTION.test(text) ? readMessage(lines, at, "") : undefined
}

function readMessage(lines: Line[], headline: number, lead: string): Read {
  const first = lines[headline]
  const message = [withoutMargin(first?.text ?? "").trim()]
  const max = Math.min(lines.length, headline + MAX_MESSAGE_LINES)
  let i = headline + 1
  while (i < max) {
    const line = lines[i]
    if (!line) break
    const text = withoutMargin(line.text)
    if (HEADER.test(text) || CHAINED.test(text) || SUB_EXCEPTION.test(line.text)) break
    if (line.entry !== first?.entry && !CONTINUED.test(text)) break
    message.push(text)
    i += 1
  }
  return { error: { text: message.join("\n").trimEnd(), lead }, end: i }
}

/** The text of the entry before its traceback. */
function leadOf(lines: Line[], header: number): string {
  let start = header
  while (start > 0 && header - start < 10 && lines[start - 1]?.entry === lines[header]?.entry) start -= 1
  return lines
    .slice(start, header)
    .map(({ text }) => text.trim())
    .filter((text) => text !== "")
    .join(" ")
}

/** The try of this traceback went on if its lines, or the next entry, say so. */
function isPassing(lines: Line[], start: number, end: number): boolean {
  if (lines[start]?.isPassing || lines[end - 1]?.isPassing) return true
  if (lines.slice(Math.max(0, start - 2), start + 1).some(({ text }) => BESIDE_THE_RUN.test(text))) return true
  const first = lines[start]?.entry
  const sameEntryBefore = lines
    .slice(Math.max(0, start - 3), start)
    .some((line) => line.entry === first && line.isPassing)
  const next = lines.slice(end, end + 3).find(({ text }) => text.trim() !== "")
  return sameEntryBefore || (next?.isPassing ?? false)
}

/** Lines of exception groups and of boxes begin with a bar. */
const withoutMargin = (text: string) =>
  text
    .replace(/^[ \t]{0,100}(?:[|│┃]|\+(?= Exception Group)) ?(?:[ \t]{0,40}[|│┃] ?){0,20}/, "")
    .replace(/ {0,200}[│┃]$/, "")

const indentationOf = (text: string) => text.length - text.trimStart().length
