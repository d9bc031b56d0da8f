import { chatChannel } from "./channel"
import { fitText, isUrl } from "./content"
import type { ChatAdapter } from "./post"

const MAX_SECTION_LENGTH = 3_000
const MAX_HEADING_LENGTH = 400
const MAX_PREVIEW_LENGTH = 300

const escape = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
/** Nothing is a mention or somebody else's link; our own links are, since `verbatim` makes none of them. */
const writePiece = (piece: string) => (isUrl(piece) ? `<${escape(piece)}>` : escape(piece))

/** What Slack says in one word of a webhook that is over. */
const GONE_REASONS: Record<string, string> = {
  action_prohibited: "the workspace does not permit it",
  channel_is_archived: "its channel is archived",
  channel_not_found: "its channel is gone",
  posting_to_general_channel_denied: "the workspace does not permit it in this channel",
}
const GONE_WORDS = /^(?:invalid_token|no_active_hooks|no_service|no_service_id|no_team|team_disabled)$/

export const slackAdapter: ChatAdapter = {
  product: "slack",
  urlFor: (webhook) => webhook,

  toBody({ heading, text, link }) {
    const head = fitText(heading, { most: MAX_HEADING_LENGTH, write: escape })
    const body = fitText(text, { most: MAX_SECTION_LENGTH - head.length - 3, write: writePiece })
    const section = { type: "section", text: { type: "mrkdwn", text: `*${head}*\n${body}`, verbatim: true } }
    const button = (url: string, says: string) => ({ type: "button", text: { type: "plain_text", text: says }, url })
    return {
      text: fitText(`${heading}: ${text.split("\n", 1)[0]}`, { most: MAX_PREVIEW_LENGTH, write: escape }),
      blocks: [section, ...(link ? [{ type: "actions", elements: [button(link.url, link.says)] }] : [])],
      unfurl_links: false,
      unfurl_media: false,
    }
  },

  // It answers "ok".
  messageIdIn: () => null,

  goneReason(status, answer) {
    const word = answer.trim()
    if (GONE_REASONS[word]) return GONE_REASONS[word]
    return status === 404 || status === 410 || GONE_WORDS.test(word) ? "the webhook was removed there" : undefined
  },
}

export const slackChannel = chatChannel(slackAdapter)
