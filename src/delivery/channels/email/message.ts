import { html } from "hono/html"
import { CATEGORY, type Category } from "../../../categories"
import type { Email } from "./provider"

export type EmailContent = {
  to: string
  orgName: string
  category: Category
  message: string
  emailSubject: string | null
  /** Turns this category's e-mail off for this person. */
  unsubscribeUrl: string | undefined
  /** Where people read their inbox. */
  inboxUrl: string | undefined
}

const LONGEST_FIRST_LINE = 100

/** A notification as the mail that one person gets. */
export async function toEmail(content: EmailContent): Promise<Email> {
  const { to, unsubscribeUrl } = content
  return {
    to,
    subject: subjectOf(content),
    text: textOf(content),
    html: String(await htmlOf(content)),
    headers: unsubscribeUrl
      ? { "List-Unsubscribe": `<${unsubscribeUrl}>`, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" }
      : {},
  }
}

/** The sender's subject, else organisation, category and the first line. Never a control character. */
export function subjectOf({ emailSubject, orgName, category, message }: EmailContent): string {
  const [firstLine = ""] = message.split("\n", 1)
  return inHeader(emailSubject ?? "") || inHeader(`[${orgName}] ${CATEGORY[category].label}: ${shortened(firstLine)}`)
}

/** Without what ends a line, and without what turns the order of the letters around. */
const inHeader = (text: string) => text.replaceAll(/[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]+/gu, " ").trim()

const shortened = (line: string) => {
  const characters = Array.from(line)
  return characters.length <= LONGEST_FIRST_LINE ? line : `${characters.slice(0, LONGEST_FIRST_LINE - 1).join("")}…`
}

const whyYouGotThis = ({ orgName, category }: EmailContent) =>
  `You get this e-mail because you are a member of ${orgName} in Dalgo and have e-mail on for ${CATEGORY[category].label}.`

function textOf(content: EmailContent): string {
  const { message, inboxUrl, unsubscribeUrl, category } = content
  const lines = [message, "", "--", whyYouGotThis(content)]
  if (inboxUrl) lines.push(`Your notifications and how you want to be told: ${inboxUrl}`)
  if (unsubscribeUrl) lines.push(`No more e-mail for ${CATEGORY[category].label}: ${unsubscribeUrl}`)
  return lines.join("\n")
}

function htmlOf(content: EmailContent) {
  const { message, inboxUrl, unsubscribeUrl, category, orgName } = content
  const { label } = CATEGORY[category]
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>${subjectOf(content)}</title></head>
<body style="margin:0;padding:24px 16px;background:#f7f8f8;font:16px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif;color:#16211f">
<div style="max-width:560px;margin:0 auto;padding:24px;background:#ffffff;border:1px solid #d9dfdd;border-radius:8px">
<p style="margin:0 0 16px;font-size:14px;color:#55625f">${orgName} · <strong>${label}</strong></p>
<div style="white-space:pre-wrap;overflow-wrap:anywhere">${message}</div>
${inboxUrl ? html`<p style="margin:24px 0 0"><a href="${inboxUrl}" style="display:inline-block;padding:10px 16px;border-radius:6px;background:#00695f;color:#ffffff;text-decoration:none">Open Dalgo</a></p>` : ""}
</div>
<p style="max-width:560px;margin:16px auto 0;font-size:13px;color:#55625f">${whyYouGotThis(content)}
${unsubscribeUrl ? html` <a href="${unsubscribeUrl}" style="color:#00695f">No more e-mail for ${label}</a>` : ""}</p>
</body>
</html>`
}
