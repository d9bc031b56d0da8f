import { CATEGORY } from "../../../domain/categories"
import { notificationHeading } from "../heading"
import type { EmailContent } from "./content"
import type { Block } from "./layout"

/** The letter for those who read no HTML. */
export function renderText(letter: EmailContent): string {
  const { category, layout: outline, wording: said, inboxUrl, unsubscribeUrl } = letter
  const { action } = CATEGORY[category]
  const { heading, body, summary, isCut } = outline
  const parts = [
    notificationHeading(letter),
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
