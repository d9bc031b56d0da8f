import { readableText } from "../../../domain/text"

export type Block = { kind: "line"; text: string; isAfterGap: boolean } | { kind: "list"; items: string[] }

/** A message as it is laid out. */
export type Layout = {
  heading: string
  body: Block[]
  summary: { title: string; body: Block[] } | undefined
  /** Whether something was left out. */
  isCut: boolean
}

/** As `summaries/` begins what it appends. */
const SUMMARY_TITLE = /(?<=\n\n)Summary \((?:written by AI|taken from the log)[^\n)]*\)$/m

/** Lays a message out. Of what was said, and of its summary, at most `most` characters each are kept. */
export function layoutMessage(message: string, { most }: { most: number }): Layout {
  const whole = readableText(message)
  const found = SUMMARY_TITLE.exec(whole)
  const said = whole.slice(0, found?.index).trim()
  const summary = found && whole.slice(found.index + found[0].length).trim()
  const kept = truncateAtWord(said, most)
  const keptSummary = summary === null ? "" : truncateAtWord(summary, most)
  const [heading = "", ...lines] = kept.split("\n")
  return {
    heading: heading.trim(),
    body: toBlocks(lines),
    summary: found ? { title: found[0], body: toBlocks(keptSummary.split("\n")) } : undefined,
    isCut: kept !== said || keptSummary !== (summary ?? ""),
  }
}

/** At the end of a line or a word, where one is near. */
function truncateAtWord(text: string, most: number): string {
  if (text.length <= most) return text
  const start = text.slice(0, most)
  const end = Math.max(start.lastIndexOf("\n"), start.lastIndexOf(" "))
  return (end > most - 200 ? start.slice(0, end) : start.replace(/[\uD800-\uDBFF]$/, "")).trimEnd()
}

const LIST_ITEM = /^\s*[-*•] +(?=\S)/

function toBlocks(lines: string[]): Block[] {
  const blocks: Block[] = []
  let isAfterGap = false
  for (const line of lines.map((each) => each.trimEnd())) {
    const last = blocks.at(-1)
    if (LIST_ITEM.test(line)) {
      const item = line.replace(LIST_ITEM, "")
      if (last?.kind === "list" && !isAfterGap) last.items.push(item)
      else blocks.push({ kind: "list", items: [item] })
    } else if (line !== "") blocks.push({ kind: "line", text: line, isAfterGap: isAfterGap && last !== undefined })
    isAfterGap = line === ""
  }
  return blocks
}
