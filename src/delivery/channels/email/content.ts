import { CATEGORY, type Category } from "../../../domain/categories"
import { oneLine, httpUrl } from "../../../domain/text"
import { type Layout, layoutMessage } from "./layout"
import { emailSubject } from "./subject"

export type EmailInput = {
  to: string
  orgName: string
  category: Category
  urgent: boolean
  message: string
  emailSubject: string | null
  /** Turns this category's e-mail off for this person. */
  unsubscribeUrl: string | undefined
  /** Why they get it, for who is no member of the organisation. */
  why?: string
  /** Where people read their inbox. */
  inboxUrl: string | undefined
}

/** What both parts of a mail say, each in its way. */
export type EmailContent = {
  subject: string
  orgName: string
  category: Category
  urgent: boolean
  layout: Layout
  wording: { from: string; why: string; choose: string; noMore: string; cut: string }
  inboxUrl: string | undefined
  unsubscribeUrl: string | undefined
}

/** What a notification says to one person; of its message at most `most` characters. */
export function toEmailContent(content: EmailInput, { most }: { most: number }): EmailContent {
  const { category, urgent, message } = content
  const orgName = oneLine(content.orgName)
  const { label } = CATEGORY[category]
  return {
    subject: emailSubject(content),
    orgName,
    category,
    urgent,
    layout: layoutMessage(message, { most }),
    wording: {
      from: `Dalgo sent this for ${orgName}.`,
      why: content.why ?? `You get this because you are a member of ${orgName} and subscribed to ${label}.`,
      choose: "Choose what you are told",
      noMore: `No more e-mail for ${label}`,
      cut: "This message is longer than a mail should be. The rest is in Dalgo.",
    },
    inboxUrl: httpUrl(content.inboxUrl),
    unsubscribeUrl: httpUrl(content.unsubscribeUrl),
  }
}
