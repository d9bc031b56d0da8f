import type { OptOutCause } from "../../domain/delivery-rules"
import { CloudflareEvent, SesEvent } from "./schemas"

/** What an event says of addresses. */
export type EmailFeedback =
  | { kind: "trouble"; reason: OptOutCause; addresses: string[] }
  | { kind: "ignore"; reason: "delivered_or_so" | "may_pass" | "no_complaint" | "set_up" }

/** What SES says once when it is set up, not as JSON. */
const SNS_VALIDATION_TEXT = "Successfully validated SNS topic for Amazon SES event publishing."

/** A report that says the opposite, or something about our own set-up. https://www.rfc-editor.org/rfc/rfc5965#section-7.3 */
const HARMLESS_FEEDBACK = ["not-spam", "auth-failure"]

/** What came in, read; `undefined` if it is nothing that we know. */
export function parseEmailFeedback(body: string): EmailFeedback | undefined {
  if (body.trim() === SNS_VALIDATION_TEXT) return { kind: "ignore", reason: "set_up" }
  const json = jsonIn(body)
  const cloudflare = CloudflareEvent.safeParse(json)
  if (cloudflare.success) return fromCloudflare(cloudflare.data)
  const ses = SesEvent.safeParse(json)
  return ses.success ? fromSes(ses.data) : undefined
}

/** What the sender of an event calls it, where it does. */
export const eventIdOf = (body: string): string | undefined =>
  CloudflareEvent.safeParse(jsonIn(body)).data?.payload.eventId || undefined

function fromSes({ eventType, notificationType, mail, bounce, complaint }: SesEvent): EmailFeedback | undefined {
  const type = eventType ?? notificationType
  // Each mail goes to one person. Who bounced may be another: whom their mail was forwarded to.
  const written = mail?.destination ?? []
  const addressesOf = (recipients: { emailAddress: string }[]) =>
    written.length === 1 ? written : recipients.map(({ emailAddress }) => emailAddress)
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
      // For the mail's own fault, or for an address that is left alone for a day, a week or for good.
      return { kind: "ignore", reason: "may_pass" }
    case "complained":
      return toComplaint(complaint?.type, [recipient])
    default:
      return { kind: "ignore", reason: "delivered_or_so" }
  }
}

const toComplaint = (feedback: string | null | undefined, addresses: string[]): EmailFeedback =>
  HARMLESS_FEEDBACK.includes(feedback ?? "")
    ? { kind: "ignore", reason: "no_complaint" }
    : toOptOut("complained", addresses)

/** As we keep addresses. */
const toOptOut = (reason: OptOutCause, addresses: string[]): EmailFeedback => ({
  kind: "trouble",
  reason,
  addresses: addresses.map((address) => bareAddress(address).toLowerCase()),
})

/** SES may give a name along: `Alice <alice@acme.test>`. */
const bareAddress = (address: string) => (/<([^<>]*)>\s*$/.exec(address)?.[1] ?? address).trim()

function jsonIn(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
