import { notificationHeading } from "../heading"
import type { EmailContent } from "./content"
import type { Block } from "./layout"

/** The plain text part. */
export function renderText(content: EmailContent): string {
  const { layout, wording, button, inboxUrl, unsubscribeUrl } = content
  const { heading, body, summary, details, isTruncated } = layout
  const parts = [
    notificationHeading(content),
    [heading, ...toLines(body)].join("\n"),
    summary && `${summary.title}: ${summary.text}`,
    details.length > 0 && details.join("\n"),
    isTruncated && wording.truncated,
    button && `${button.label}: ${button.url}`,
    [
      // Mail clients fold or dim the lines after this one.
      "-- ",
      wording.sender,
      wording.why,
      ...(inboxUrl ? [`${wording.settings}: ${inboxUrl}`] : []),
      ...(unsubscribeUrl ? [`${wording.unsubscribe}: ${unsubscribeUrl}`] : []),
    ].join("\n"),
  ]
  return parts.filter(Boolean).join("\n\n")
}

const toLines = (blocks: Block[]) =>
  blocks.flatMap((block) =>
    block.kind === "list" ? block.items.map((item) => `- ${item}`) : [...(block.isAfterGap ? [""] : []), block.text],
  )
