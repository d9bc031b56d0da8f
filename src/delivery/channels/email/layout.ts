import { AI_LABEL, splitDetails } from "../../../domain/announcement"
import { firstCharacters, readableText, withoutForeignLinks } from "../../../domain/text"

export type Block = { kind: "line"; text: string; isAfterGap: boolean } | { kind: "list"; items: string[] }

export type Layout = {
  heading: string
  body: Block[]
  /** The text of the model and the technical lines. Each is shown apart from the rest, in small print. */
  summary: { title: string; text: string } | undefined
  details: string[]
  isTruncated: boolean
}

/**
 * Splits a message into its parts, and cuts it to `maxCharacters`. Only what the service itself wrote, for which
 * `ownOrigins` is given, has a summary and details.
 */
export function layoutMessage(
  message: string,
  { maxCharacters, ownOrigins }: { maxCharacters: number; ownOrigins: string[] | undefined },
): Layout {
  const text = readableText(message)
  const short = truncateAtWord(text, maxCharacters)
  const isOwn = ownOrigins !== undefined
  const { main, details } = isOwn ? splitDetails(withoutForeignLinks(short, ownOrigins)) : { main: short, details: [] }
  const [heading = "", ...lines] = main.split("\n")
  const summary = isOwn ? lines.find((line) => line.startsWith(AI_LABEL)) : undefined
  return {
    heading: heading.trim(),
    body: toBlocks(lines.filter((line) => line !== summary)),
    summary:
      summary === undefined ? undefined : { title: AI_LABEL.slice(0, -1), text: summary.slice(AI_LABEL.length).trim() },
    details,
    isTruncated: short !== text,
  }
}

/** A cut moves back by fewer characters than this, to the end of a line or a word. */
const MAX_WORD_LENGTH = 200

function truncateAtWord(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text
  const start = text.slice(0, maxCharacters)
  const end = Math.max(start.lastIndexOf("\n"), start.lastIndexOf(" "))
  const isAtWord = end > maxCharacters - MAX_WORD_LENGTH
  return (isAtWord ? start.slice(0, end) : firstCharacters(text, maxCharacters)).trimEnd()
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
