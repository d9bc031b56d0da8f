import { chatChannel } from "./channel"
import { fitText, isUrl } from "./content"
import type { ChatAdapter } from "./post"

const MAX_LENGTH = 2_000
const MAX_HEADING_LENGTH = 300
/** Of a message's flags: links come without a preview. */
const SUPPRESS_EMBEDS = 4

/** Addresses stay as they are, since a link would not survive; of all else nothing is formatting, or a mention. */
const escapeMarkdown = (piece: string) => (isUrl(piece) ? piece : piece.replace(/[\\*_~`|[<>#@]/, "\\$&"))

/** Text, and no embed: it is what a phone's notification shows, and what a screen reader reads first. */
export const discordAdapter: ChatAdapter = {
  product: "discord",
  // Else it answers nothing, and no message has an id.
  urlFor: (webhook) => `${webhook}${webhook.includes("?") ? "&" : "?"}wait=true`,

  toBody({ heading, text, link }) {
    const head = `**${fitText(heading, { most: MAX_HEADING_LENGTH, write: escapeMarkdown })}**\n`
    const foot = link ? `\n${link.says}: ${link.url}` : ""
    const body = fitText(text, { most: MAX_LENGTH - head.length - foot.length, write: escapeMarkdown })
    return { content: head + body + foot, allowed_mentions: { parse: [] }, flags: SUPPRESS_EMBEDS }
  },

  messageIdIn: (answer) => /"id"\s*:\s*"(\d+)"/.exec(answer)?.[1] ?? null,

  goneReason(status, answer) {
    if (status === 404 && /"code"\s*:\s*10003\b/.test(answer)) return "its channel or thread is gone"
    if (status === 404 || status === 410) return "the webhook was deleted there"
    // 401 alone may be said by something on the way.
    if (status === 401 && /"code"\s*:\s*50027\b/.test(answer)) return "the webhook's token is wrong"
    return undefined
  },
}

export const discordChannel = chatChannel(discordAdapter)
