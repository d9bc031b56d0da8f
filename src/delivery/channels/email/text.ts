import { headingOf, LOOK } from "../category-style"
import type { Letter } from "./content"
import type { Block } from "./layout"

/** The letter for those who read no HTML. */
export function textOf(letter: Letter): string {
  const { category, outline, said, inboxUrl, unsubscribeUrl } = letter
  const { action } = LOOK[category]
  const { heading, body, summary, isCut } = outline
  const parts = [
    headingOf(letter),
    [heading, ...lines(body)].join("\n"),
    summary && [summary.title, ...lines(summary.body)].join("\n"),
    isCut && said.cut,
    inboxUrl && `${action}: ${inboxUrl}`,
    [
      "-- ",
      said.from,
      said.why,
      ...(inboxUrl ? [`${said.choose}: ${inboxUrl}`] : []),
      ...(unsubscribeUrl ? [`${said.noMore}: ${unsubscribeUrl}`] : []),
    ].join("\n"),
  ]
  return parts.filter(Boolean).join("\n\n")
}

const lines = (blocks: Block[]) =>
  blocks.flatMap((block) =>
    block.kind === "list" ? block.items.map((item) => `- ${item}`) : [...(block.isAfterGap ? [""] : []), block.text],
  )
