import { readableText } from "../../../domain/text"

export type Block = { kind: "line"; text: string; isAfterGap: boolean } | { kind: "list"; items: string[] }

export type Layout = {
  heading: string
  body: Block[]
  summary: { title: string; body: Block[] } | undefined
  isTruncated: boolean
}

/** The title that `summaries/` puts above the summary that it appends. */
const SUMMARY_TITLE = /(?<=\n\n)Summary \((?:written by AI|taken from the log)[^\n)]*\)$/m

/** Splits a message into heading, body and summary. The message and its summary are cut to `maxCharacters` each. */
export function layoutMessage(message: string, { maxCharacters }: { maxCharacters: number }): Layout {
  const text = readableText(message)
  const title = SUMMARY_TITLE.exec(text)
  const main = text.slice(0, title?.index).trim()
  const summary = title ? text.slice(title.index + title[0].length).trim() : ""
  const shortMain = truncateAtWord(main, maxCharacters)
  const shortSummary = truncateAtWord(summary, maxCharacters)
  const [heading = "", ...lines] = shortMain.split("\n")
  return {
    heading: heading.trim(),
    body: toBlocks(lines),
    summary: title ? { title: title[0], body: toBlocks(shortSummary.split("\n")) } : undefined,
    isTruncated: shortMain !== main || shortSummary !== summary,
  }
}

/** A cut moves back by fewer characters than this, to the end of a line or a word. */
const MAX_WORD_LENGTH = 200

function truncateAtWord(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text
  const start = text.slice(0, maxCharacters)
  const end = Math.max(start.lastIndexOf("\n"), start.lastIndexOf(" "))
  // Without a word to cut at, do not leave the first half of a surrogate pair.
  return (end > maxCharacters - MAX_WORD_LENGTH ? start.slice(0, end) : start.replace(/[\uD800-\uDBFF]$/, "")).trimEnd()
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
