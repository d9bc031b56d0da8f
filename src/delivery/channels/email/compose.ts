import { DeliveryError } from "../../retry"
import { htmlOf } from "./html"
import { type EmailContent, letterOf } from "./content"
import { isOneAddress } from "../../../domain/one-line"
import type { Email } from "./provider"
import { textOf } from "./text"

/** Of both parts together, in UTF-8: what is larger, clients hide the end of. */
const MOST_BYTES = 95_000
const MOST_CHARACTERS = 20_000

/** A notification as the mail that one person gets. Throws `DeliveryError` where nobody could get it. */
export async function toEmail(content: EmailContent): Promise<Email> {
  if (!isOneAddress(content.to)) throw new DeliveryError("not an e-mail address", { permanent: true })
  let most = MOST_CHARACTERS
  let email = await written(content, most)
  while (bytesOf(email) > MOST_BYTES && most > 0) {
    most = Math.floor(most / 1.5)
    email = await written(content, most)
  }
  return email
}

async function written(content: EmailContent, most: number): Promise<Email> {
  const letter = letterOf(content, { most })
  const { subject, unsubscribeUrl } = letter
  return {
    to: content.to,
    subject,
    text: textOf(letter),
    html: await htmlOf(letter),
    headers: unsubscribeUrl
      ? { "List-Unsubscribe": `<${unsubscribeUrl}>`, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" }
      : {},
  }
}

const bytesOf = ({ text, html }: Email) => new TextEncoder().encode(text + html).length
