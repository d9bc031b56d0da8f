import { CATEGORY, type Category } from "../../../domain/categories"
import { listOrgNames } from "../../../domain/org-names"
import type { NotificationLink } from "../../../domain/notification-link"
import { httpUrl } from "../../../domain/text"
import { type Layout, layoutMessage } from "./layout"
import { emailSubject } from "./subject"

export type EmailInput = {
  to: string
  /** The organisations for which the e-mail is sent; at least one. */
  orgNames: [string, ...string[]]
  category: Category
  urgent: boolean
  message: string
  emailSubject: string | null
  /** The origins of our own pages, where the service itself wrote the message: no other address becomes a link. */
  ownOrigins?: string[] | undefined
  /** Turns this category's e-mail off for this person. */
  unsubscribeUrl: string | undefined
  /** Why the recipient gets the e-mail. Without it: because of their membership. */
  why?: string
  /** The page where people read their inbox. */
  inboxUrl: string | undefined
  /** Where the button leads, in place of the inbox. */
  link?: NotificationLink | undefined
}

/** The content of an e-mail, before it is rendered as text and as HTML. */
export type EmailContent = {
  subject: string
  /** Several as a list: "Acme and Globex". */
  orgName: string
  category: Category
  urgent: boolean
  layout: Layout
  wording: {
    sender: string
    why: string
    /** Text of the links at the end. */
    settings: string
    unsubscribe: string
    truncated: string
  }
  button: NotificationLink | undefined
  inboxUrl: string | undefined
  unsubscribeUrl: string | undefined
}

/** The message and its summary are cut to `maxCharacters` each. */
export function toEmailContent(input: EmailInput, { maxCharacters }: { maxCharacters: number }): EmailContent {
  const { category, urgent, message } = input
  const orgName = listOrgNames(input.orgNames)
  const { label, action } = CATEGORY[category]
  const inboxUrl = httpUrl(input.inboxUrl)
  return {
    subject: emailSubject(input),
    orgName,
    category,
    urgent,
    layout: layoutMessage(message, { maxCharacters, ownOrigins: input.ownOrigins }),
    wording: {
      sender: `Dalgo sent this for ${orgName}.`,
      why: input.why ?? `You get this because you are a member of ${orgName} and subscribed to ${label}.`,
      settings: "Choose which notifications you get",
      unsubscribe: `Stop e-mail about ${label}`,
      truncated: "This message is too long for an e-mail. The rest is in Dalgo.",
    },
    button: input.link ?? (inboxUrl ? { url: inboxUrl, label: action } : undefined),
    inboxUrl,
    unsubscribeUrl: httpUrl(input.unsubscribeUrl),
  }
}
