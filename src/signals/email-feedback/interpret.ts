import { toLookupAddress } from "../../domain/email-address"
import type { OptOutCause } from "../../domain/delivery-rules"
import { CloudflareEvent, SesEvent } from "./schemas"
import { parseJson } from "../../runtime/zod"

/** The meaning of an event. Addresses are in their canonical form, without names. */
export type EmailFeedback =
  | { kind: "opt_out"; cause: OptOutCause; addresses: string[] }
  | { kind: "ignore"; reason: "delivered_or_so" | "may_pass" | "no_complaint" | "set_up" }

/** SES publishes this text once, when event publishing is set up. It is not JSON. */
const SNS_VALIDATION_TEXT = "Successfully validated SNS topic for Amazon SES event publishing."

/** Reports that are no complaint: the opposite of one, or about the sender's own DNS records. https://www.rfc-editor.org/rfc/rfc5965#section-7.3 */
const HARMLESS_FEEDBACK = ["not-spam", "auth-failure"]

/** Parses an event of SES or of Cloudflare's Email Service; `undefined` if it is neither. */
export function parseEmailFeedback(body: string): EmailFeedback | undefined {
  if (body.trim() === SNS_VALIDATION_TEXT) return { kind: "ignore", reason: "set_up" }
  const json = parseJson(body)
  const cloudflare = CloudflareEvent.safeParse(json)
  if (cloudflare.success) return fromCloudflare(cloudflare.data)
  const ses = SesEvent.safeParse(json)
  return ses.success ? fromSes(ses.data) : undefined
}

/** The sender's own id of an event; `undefined` if it has none. */
export const eventIdOf = (body: string): string | undefined =>
  CloudflareEvent.safeParse(parseJson(body)).data?.payload.eventId || undefined

function fromSes({ eventType, notificationType, mail, bounce, complaint }: SesEvent): EmailFeedback | undefined {
  const type = eventType ?? notificationType
  // Each of our e-mails goes to one address. If it was forwarded from there, the bounce names the other mailbox.
  const destination = mail?.destination ?? []
  const addressesOf = (recipients: { emailAddress: string }[]) =>
    destination.length === 1 ? destination : recipients.map(({ emailAddress }) => emailAddress)
  switch (type) {
    case undefined:
      return undefined
    case "Bounce":
      if (!bounce) return undefined
      if (bounce.bounceType !== "Permanent") return { kind: "ignore", reason: "may_pass" }
      return toOptOut("bounced", addressesOf(bounce.bouncedRecipients))
    case "Complaint":
      if (!complaint) return undefined
      return toComplaint(complaint.complaintFeedbackType, addressesOf(complaint.complainedRecipients))
    default:
      return { kind: "ignore", reason: "delivered_or_so" }
  }
}

function fromCloudflare({ type, payload }: CloudflareEvent): EmailFeedback {
  const { recipient, bounce, complaint } = payload
  switch (type.split(".").at(-1)) {
    case "bounced":
      if (bounce?.type !== "hard") return { kind: "ignore", reason: "may_pass" }
      return toOptOut("bounced", [recipient])
    case "rejected":
      // The content was refused, or the address is suppressed for a day, a week or for ever: the event does not say which.
      return { kind: "ignore", reason: "may_pass" }
    case "complained":
      return toComplaint(complaint?.type, [recipient])
    default:
      return { kind: "ignore", reason: "delivered_or_so" }
  }
}

const toComplaint = (feedbackType: string | null | undefined, addresses: string[]): EmailFeedback =>
  HARMLESS_FEEDBACK.includes(feedbackType ?? "")
    ? { kind: "ignore", reason: "no_complaint" }
    : toOptOut("complained", addresses)

/** The table `org_users` keeps addresses in their canonical form. */
const toOptOut = (cause: OptOutCause, addresses: string[]): EmailFeedback => ({
  kind: "opt_out",
  cause,
  addresses: addresses.map((address) => toLookupAddress(bareAddress(address))),
})

/** SES may add a name: `Alice <alice@acme.test>`. */
const bareAddress = (address: string) => (/<([^<>]*)>\s*$/.exec(address)?.[1] ?? address).trim()
