import { emailAddress, isDeliverable } from "../../../domain/email-address"
import { DeliveryError } from "../../retry"
import { type EmailInput, toEmailContent } from "./content"
import { renderHtml } from "./html"
import type { Email } from "./provider"
import { renderText } from "./text"

/** Text and HTML together, in UTF-8. Gmail hides the end of larger e-mails. */
const MAX_BYTES = 95_000
const MAX_CHARACTERS = 20_000

const NOT_DELIVERABLE =
  "no e-mail provider can send to letters with accents or of other alphabets before the @: use another address"

/** No mailbox shall answer that its owner is away: RFC 3834, and Exchange, which asks for its own header. */
const AUTOMATIC = { "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "OOF, AutoReply" }

/**
 * Composes the e-mail for one person. A message that is too long is cut. Throws a permanent `DeliveryError` if `to` is
 * not one address, or one to which no provider can send.
 */
export async function composeEmail(input: EmailInput): Promise<Email> {
  const to = emailAddress(input.to)
  if (!to) throw new DeliveryError("not an e-mail address", { permanent: true })
  if (!isDeliverable(to)) throw new DeliveryError(NOT_DELIVERABLE, { permanent: true })
  let maxCharacters = MAX_CHARACTERS
  let email = await render({ ...input, to }, maxCharacters)
  while (byteLength(email) > MAX_BYTES && maxCharacters > 0) {
    maxCharacters = Math.floor(maxCharacters / 1.5)
    email = await render({ ...input, to }, maxCharacters)
  }
  return email
}

async function render(input: EmailInput, maxCharacters: number): Promise<Email> {
  const content = toEmailContent(input, { maxCharacters })
  const { subject, unsubscribeUrl } = content
  return {
    to: input.to,
    subject,
    text: renderText(content),
    html: await renderHtml(content),
    headers: {
      ...AUTOMATIC,
      // RFC 8058: one click, no page in between.
      ...(unsubscribeUrl && {
        "List-Unsubscribe": `<${unsubscribeUrl}>`,
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
      }),
    },
  }
}

const byteLength = ({ text, html }: Email) => new TextEncoder().encode(text + html).length
