import { DeliveryError } from "../../retry"
import { renderHtml } from "./html"
import { type EmailInput, toEmailContent } from "./content"
import { isSingleAddress } from "../../../domain/text"
import type { Email } from "./provider"
import { renderText } from "./text"

/** Of both parts together, in UTF-8: what is larger, clients hide the end of. */
const MAX_BYTES = 95_000
const MAX_CHARACTERS = 20_000

/** A notification as the mail that one person gets. Throws `DeliveryError` where nobody could get it. */
export async function composeEmail(content: EmailInput): Promise<Email> {
  if (!isSingleAddress(content.to)) throw new DeliveryError("not an e-mail address", { permanent: true })
  let most = MAX_CHARACTERS
  let email = await render(content, most)
  while (byteLength(email) > MAX_BYTES && most > 0) {
    most = Math.floor(most / 1.5)
    email = await render(content, most)
  }
  return email
}

async function render(content: EmailInput, most: number): Promise<Email> {
  const letter = toEmailContent(content, { most })
  const { subject, unsubscribeUrl } = letter
  return {
    to: content.to,
    subject,
    text: renderText(letter),
    html: await renderHtml(letter),
    headers: unsubscribeUrl
      ? { "List-Unsubscribe": `<${unsubscribeUrl}>`, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" }
      : {},
  }
}

const byteLength = ({ text, html }: Email) => new TextEncoder().encode(text + html).length
