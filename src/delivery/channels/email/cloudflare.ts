import { DeliveryError } from "../../retry"
import type { Email, EmailProvider } from "./provider"

/** Codes that another try cannot mend: the address, the sender or the message itself is refused. */
const PERMANENT =
  /^E_(VALIDATION|FIELD_MISSING|TOO_MANY_RECIPIENTS|CONTENT_TOO_LARGE|HEADER|SENDER|RECIPIENT|.*SUPPRESSED|.*INVALID)/

/** Cloudflare's Email Service, through a `send_email` binding. */
export class CloudflareEmail implements EmailProvider {
  constructor(
    private readonly binding: SendEmail,
    private readonly from: { email: string; name: string },
  ) {}

  async send({ to, subject, text, html, headers }: Email): Promise<{ providerId: string }> {
    try {
      const { messageId } = await this.binding.send({ from: this.from, to, subject, text, html, headers })
      return { providerId: messageId }
    } catch (error) {
      const code = codeOf(error)
      throw new DeliveryError(code, { permanent: PERMANENT.test(code) })
    }
  }
}

/** The error's code, which names no address; its message may. */
const codeOf = (error: unknown) =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "email service error"
