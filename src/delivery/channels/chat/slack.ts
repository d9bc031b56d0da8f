import { roomChannel } from "./channel"
import { fitted, isAddress } from "./content"
import type { Manner } from "./post"

const LONGEST_SECTION = 3_000
const LONGEST_HEADING = 400
const LONGEST_PREVIEW = 300

const escape = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
/** Nothing is a mention or somebody else's link; our own links are, since `verbatim` makes none of them. */
const write = (piece: string) => (isAddress(piece) ? `<${escape(piece)}>` : escape(piece))

/** What Slack says in one word of a webhook that is over. */
const ENDS: Record<string, string> = {
  action_prohibited: "the workspace does not permit it",
  channel_is_archived: "its channel is archived",
  channel_not_found: "its channel is gone",
  posting_to_general_channel_denied: "the workspace does not permit it in this channel",
}
const TOKEN = /^(?:invalid_token|no_active_hooks|no_service|no_service_id|no_team|team_disabled)$/

export const SLACK: Manner = {
  room: "slack",
  addressOf: (webhook) => webhook,

  toBody({ heading, text, link }) {
    const head = fitted(heading, { most: LONGEST_HEADING, write: escape })
    const body = fitted(text, { most: LONGEST_SECTION - head.length - 3, write })
    const section = { type: "section", text: { type: "mrkdwn", text: `*${head}*\n${body}`, verbatim: true } }
    const button = (url: string, says: string) => ({ type: "button", text: { type: "plain_text", text: says }, url })
    return {
      text: fitted(`${heading}: ${text.split("\n", 1)[0]}`, { most: LONGEST_PREVIEW, write: escape }),
      blocks: [section, ...(link ? [{ type: "actions", elements: [button(link.url, link.says)] }] : [])],
      unfurl_links: false,
      unfurl_media: false,
    }
  },

  // It answers "ok".
  idIn: () => null,

  endOf(status, answer) {
    const word = answer.trim()
    if (ENDS[word]) return ENDS[word]
    return status === 404 || status === 410 || TOKEN.test(word) ? "the webhook was removed there" : undefined
  },
}

export const slack = roomChannel(SLACK)
