import type { ChatAdapter } from "./adapter"
import { fitText, isLink, isUrl } from "./content"
import { discordRefusal } from "./discord-refusals"

const MAX_LENGTH = 2_000
const MAX_HEADING_LENGTH = 300
/** A message flag: no link previews. */
const SUPPRESS_EMBEDS = 4

const escapeCharacter = (character: string) => character.replace(/[\\*_~`|[<>#@]/, "\\$&")

/** Escapes formatting and mentions. A link is not escaped, since an escaped URL is no link; any other URL is. */
const escapeMarkdown = (ownOrigins: string[] | undefined) => (piece: string) => {
  if (isLink(piece, ownOrigins)) return piece
  return isUrl(piece) ? Array.from(piece, escapeCharacter).join("").replace("://", "\\://") : escapeCharacter(piece)
}

/** https://discord.com/developers/docs/resources/webhook#execute-webhook */
export const discordAdapter: ChatAdapter = {
  product: "discord",
  // Without `wait` the answer is empty and has no message id.
  urlFor: (webhook) => `${webhook}${webhook.includes("?") ? "&" : "?"}wait=true`,

  // Plain content and no embed: phones show it in their notification, and screen readers read it first.
  toBody({ heading, text, link, ownOrigins }) {
    const format = escapeMarkdown(ownOrigins)
    const head = `**${fitText(heading, { maxLength: MAX_HEADING_LENGTH, format })}**\n`
    const foot = link ? `\n${Array.from(link.label, escapeCharacter).join("")}: ${link.url}` : ""
    const body = fitText(text, { maxLength: MAX_LENGTH - head.length - foot.length, format })
    return { content: head + body + foot, allowed_mentions: { parse: [] }, flags: SUPPRESS_EMBEDS }
  },

  messageIdIn: (answer) => /"id"\s*:\s*"(\d+)"/.exec(answer)?.[1] ?? null,

  // Discord refuses clients that do not introduce themselves.
  headers: { "user-agent": "DiscordBot (https://dalgo.org, 1.0)" },
  refusal: discordRefusal,
}
