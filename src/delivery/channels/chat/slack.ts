import type { ChatAdapter } from "./adapter"
import { fitText, isLink } from "./content"
import { slackRefusal, slackRefusalByWord } from "./slack-refusals"

const MAX_SECTION_LENGTH = 3_000
const MAX_HEADING_LENGTH = 400
const MAX_PREVIEW_LENGTH = 300

const escape = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
/** Escapes mentions and labelled links. `verbatim` turns automatic links off, so that URLs are marked as links here. */
const escapeAndLink = (ownOrigins: string[] | undefined) => (piece: string) =>
  isLink(piece, ownOrigins) ? `<${escape(piece)}>` : escape(piece)

/** https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
export const slackAdapter: ChatAdapter = {
  product: "slack",
  urlFor: (webhook) => webhook,

  toBody({ heading, text, link, ownOrigins }) {
    const head = fitText(heading, { maxLength: MAX_HEADING_LENGTH, format: escape })
    // Two asterisks and a line break.
    const body = fitText(text, { maxLength: MAX_SECTION_LENGTH - head.length - 3, format: escapeAndLink(ownOrigins) })
    const section = { type: "section", text: { type: "mrkdwn", text: `*${head}*\n${body}`, verbatim: true } }
    const button = (url: string, label: string) => ({ type: "button", text: { type: "plain_text", text: label }, url })
    return {
      text: fitText(`${heading}: ${text.split("\n", 1)[0]}`, { maxLength: MAX_PREVIEW_LENGTH, format: escape }),
      blocks: [section, ...(link ? [{ type: "actions", elements: [button(link.url, link.label)] }] : [])],
      unfurl_links: false,
      unfurl_media: false,
    }
  },

  // Slack answers "ok".
  messageIdIn: () => null,

  refusal: slackRefusal,
  refusalInSuccess: slackRefusalByWord,
}
