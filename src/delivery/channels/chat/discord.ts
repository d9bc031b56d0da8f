import type { ChatAdapter } from "./adapter"
import { fitText, isUrl } from "./content"

const MAX_LENGTH = 2_000
const MAX_HEADING_LENGTH = 300
/** A message flag: no link previews. */
const SUPPRESS_EMBEDS = 4

/** Escapes formatting and mentions. URLs are not escaped, since an escaped URL is no link. */
const escapeMarkdown = (piece: string) => (isUrl(piece) ? piece : piece.replace(/[\\*_~`|[<>#@]/, "\\$&"))

/** https://discord.com/developers/docs/resources/webhook#execute-webhook */
export const discordAdapter: ChatAdapter = {
  product: "discord",
  // Without `wait` the answer is empty and has no message id.
  urlFor: (webhook) => `${webhook}${webhook.includes("?") ? "&" : "?"}wait=true`,

  // Plain content and no embed: phones show it in their notification, and screen readers read it first.
  toBody({ heading, text, link }) {
    const head = `**${fitText(heading, { maxLength: MAX_HEADING_LENGTH, format: escapeMarkdown })}**\n`
    const foot = link ? `\n${link.label}: ${link.url}` : ""
    const body = fitText(text, { maxLength: MAX_LENGTH - head.length - foot.length, format: escapeMarkdown })
    return { content: head + body + foot, allowed_mentions: { parse: [] }, flags: SUPPRESS_EMBEDS }
  },

  messageIdIn: (answer) => /"id"\s*:\s*"(\d+)"/.exec(answer)?.[1] ?? null,

  goneReason(status, answer) {
    if (status === 404 && /"code"\s*:\s*10003\b/.test(answer)) return "its channel or thread is gone"
    if (status === 404 || status === 410) return "the webhook was deleted there"
    // A proxy on the way may answer 401 too, without Discord's code.
    if (status === 401 && /"code"\s*:\s*50027\b/.test(answer)) return "the webhook's token is wrong"
    return undefined
  },
}
