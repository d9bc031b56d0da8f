// Control sequences of terminals (ECMA-48), which logs of dbt, pip and Airbyte are full of. Every pattern takes linear
// time: its runs are bounded.

/** ESC as logs write it out: `\u001b`, `\x1b`, `\033`, `\e`, `^[`, `␛`. */
const WRITTEN_ESC =
  /(?:\\{1,4}(?:u001b|x1b|033|u\{1b\})|\^\[|\u241B|\\e(?=\[[\d;]{0,30}[A-Za-z]))(?=[[\]()\\]|[=>78cDEHMNOPZ](?![A-Za-z]))/gi
const WRITTEN_C1 = /\\{1,2}(?:u009b|x9b)(?=[\d;?]{0,16}[A-Za-z])/gi
/** The end of a title or a link: BEL or ST, as they are or written out. */
const TERMINATOR = "(?:\\x07|\\x9C|\\x1B\\\\{1,2}|\\\\{1,2}(?:u0007|x07|007|a(?![a-z])))"
/** Titles, links and other strings: OSC, DCS, APC, PM, SOS. One that was cut off ends with its line. */
const STRINGS = new RegExp(
  `\\x1B[\\]PX^_][^\\x07\\x1B\\x9C\\n]{0,4096}?(?:${TERMINATOR}|(?=\\x1B|\\n|$))|[\\x90\\x98\\x9D-\\x9F][^\\x07\\x1B\\x90\\x98\\x9C-\\x9F\\n]{0,4096}?${TERMINATOR}`,
  "g",
)
/** The beginning of a control sequence: ESC [ or its 8-bit form. */
const CSI = "(?:\x1B\\[|\x9B)"
/** Back to the beginning of the line, or the line erased. */
const LINE_START = new RegExp(`${CSI}(?:[01]?G|2K)`, "g")
const CURSOR_FORWARD = new RegExp(`${CSI}\\d{0,3}C`, "g")
const CONTROL_SEQUENCE = new RegExp(`${CSI}[0-?]{0,64}[ -/]{0,8}(?:[@-~]|$)`, "g")
const ESC = "\x1B"
const OTHER_ESCAPES = new RegExp(`${ESC}(?:[ -/]{1,4}[0-~]?|[0-Z\\\\^-~])`, "g")

/** A code for colour and weight whose ESC was lost: `[31m`, `[1;38;5;208m`, `[0m`. */
const BARE_SGR = /\[(?:(?:10[0-7]|[1-9]?\d)(?:[;:]\d{0,3}){0,16})?m/g
const MAX_CODES = 2_000
const RESET = /^\[(?:0|22|39|49|0;0|0;39)?m$/
/** Without a pair: several parameters are no ordinary text, `[31m` before a capital and `[0m` at the end neither. */
const BARE_CODE =
  /\[(?:\d{1,3}(?:[;:]\d{1,3}){1,16}m(?!\])|(?:3\d|9[0-7]|4[0-7])m(?=[A-Z[*✓✗])|0?m(?=\s*$|\n|\[\d)|\?\d{1,4}[hl])/gm
const BARE_ERASE = /\r\[[0-2]?K/g

const isBalanced = (text: string) => text.split("[").length === text.split("]").length

/** Removes codes in pairs: "[1m ago] and [0m" is a text, "[31mERROR[0m" is a colour. */
function withoutBarePairs(text: string): string {
  const codes = [...text.matchAll(BARE_SGR)].map(({ 0: code, index }) => ({ code, index, end: index + code.length }))
  // That many are no text, whatever stands between them.
  if (codes.length > MAX_CODES) return text.replaceAll(BARE_SGR, "")
  let colours: typeof codes = []
  const removed: typeof codes = []
  for (const each of codes) {
    if (RESET.test(each.code)) {
      const inner = colours.map(({ end }, i) => text.slice(end, colours[i + 1]?.index ?? each.index)).join("")
      if (colours.length > 0 && isBalanced(inner)) removed.push(...colours, each)
      colours = []
    } else if (text.charAt(each.end) !== "]") colours.push(each)
  }
  if (removed.length === 0) return text
  const isRemoved = new Set([
    ...removed,
    ...codes.filter(({ code, end }) => RESET.test(code) && text.charAt(end) !== "]"),
  ])
  let at = 0
  const kept = codes
    .filter((each) => isRemoved.has(each))
    .map(({ index, end }) => {
      const part = text.slice(at, index)
      at = end
      return part
    })
  return kept.join("") + text.slice(at)
}

/** Keeps the last state of each line, as a terminal does for a progress bar. */
const lastState = (line: string) => line.split("\r").findLast((state) => state.trim() !== "") ?? ""

function withoutErased(text: string): string {
  const kept: string[] = []
  for (const character of text) {
    if (character !== "\b") kept.push(character)
    else if (kept.at(-1) !== "\n") kept.pop()
  }
  return kept.join("")
}

/** The text without control sequences: what a terminal would show in the end. */
export function withoutAnsi(text: string): string {
  const shown = text
    .replaceAll(WRITTEN_ESC, ESC)
    .replaceAll(WRITTEN_C1, "\x9B")
    .replaceAll(STRINGS, "")
    .replaceAll(LINE_START, "\r")
    .replaceAll(CURSOR_FORWARD, " ")
    .replaceAll(CONTROL_SEQUENCE, "")
    .replaceAll(OTHER_ESCAPES, "")
    .replaceAll(BARE_ERASE, "\r")
    .replaceAll(/(?<!\r)\r+\n/g, "\n")
  const plain = withoutBarePairs(shown).replaceAll(BARE_CODE, "")
  const typed = plain.includes("\b") ? withoutErased(plain) : plain
  return typed.includes("\r") ? typed.split("\n").map(lastState).join("\n") : typed
}
