import { roomChannel } from "./channel"
import { fitted, isAddress } from "./content"
import type { Manner } from "./post"

const LONGEST = 2_000
const LONGEST_HEADING = 300
/** Of a message's flags: links come without a preview. */
const WITHOUT_EMBEDS = 4

/** Addresses stay as they are, since a link would not survive; of all else nothing is formatting, or a mention. */
const write = (piece: string) => (isAddress(piece) ? piece : piece.replace(/[\\*_~`|[<>#@]/, "\\$&"))

/** Text, and no embed: it is what a phone's notification shows, and what a screen reader reads first. */
export const DISCORD: Manner = {
  room: "discord",
  // Else it answers nothing, and no message has an id.
  addressOf: (webhook) => `${webhook}${webhook.includes("?") ? "&" : "?"}wait=true`,

  toBody({ heading, text, link }) {
    const head = `**${fitted(heading, { most: LONGEST_HEADING, write })}**\n`
    const foot = link ? `\n${link.says}: ${link.url}` : ""
    const body = fitted(text, { most: LONGEST - head.length - foot.length, write })
    return { content: head + body + foot, allowed_mentions: { parse: [] }, flags: WITHOUT_EMBEDS }
  },

  idIn: (answer) => /"id"\s*:\s*"(\d+)"/.exec(answer)?.[1] ?? null,

  endOf(status, answer) {
    if (status === 404 && /"code"\s*:\s*10003\b/.test(answer)) return "its channel or thread is gone"
    if (status === 404 || status === 410) return "the webhook was deleted there"
    // 401 alone may be said by something on the way.
    if (status === 401 && /"code"\s*:\s*50027\b/.test(answer)) return "the webhook's token is wrong"
    return undefined
  },
}

export const discord = roomChannel(DISCORD)
