import { DeliveryError } from "../../retry"
import type { Email, EmailProvider } from "./provider"
import { type Meaning, refusal } from "./provider-errors"

const TIMEOUT_MS = 15_000

/**
 * For a day after a full mailbox, a week after a bounce, or for good; the code does not say which, events do.
 * https://developers.cloudflare.com/email-service/concepts/suppressions/
 */
const SUPPRESSED = "E_RECIPIENT_SUPPRESSED"

/**
 * Every code that is documented, and what it means:
 * https://developers.cloudflare.com/email-service/api/send-emails/workers-api/#error-codes. Any other may pass.
 */
const MEANING: Record<string, Meaning> = {
  E_VALIDATION_ERROR: "mail",
  E_FIELD_MISSING: "mail",
  E_TOO_MANY_RECIPIENTS: "mail",
  E_TOO_MANY_ATTACHMENTS: "mail",
  E_CONTENT_TOO_LARGE: "mail",
  E_HEADER_NOT_ALLOWED: "mail",
  E_HEADER_USE_API_FIELD: "mail",
  E_HEADER_VALUE_INVALID: "mail",
  E_HEADER_VALUE_TOO_LONG: "mail",
  E_HEADER_NAME_INVALID: "mail",
  E_HEADERS_TOO_LARGE: "mail",
  E_HEADERS_TOO_MANY: "mail",
  E_RECIPIENT_NOT_ALLOWED: "mail",
  [SUPPRESSED]: "mail",
  E_SENDER_NOT_VERIFIED: "settings",
  E_SENDER_DOMAIN_NOT_AVAILABLE: "settings",
  E_RATE_LIMIT_EXCEEDED: "rate",
  E_DAILY_LIMIT_EXCEEDED: "quota",
  E_DELIVERY_FAILED: "passing",
  E_INTERNAL_SERVER_ERROR: "passing",
}

/** Cloudflare's Email Service, through a `send_email` binding. */
export class CloudflareEmail implements EmailProvider {
  constructor(
    private readonly binding: SendEmail,
    private readonly from: { email: string; name: string },
  ) {}

  send(email: Email): Promise<{ providerId: string }> {
    return Promise.race([this.ask(email), silence()])
  }

  private async ask({ to, subject, text, html, headers }: Email): Promise<{ providerId: string }> {
    try {
      const { messageId } = await this.binding.send({ from: this.from, to, subject, text, html, headers })
      return { providerId: messageId }
    } catch (error) {
      const code = codeOf(error)
      throw refusal(Object.hasOwn(MEANING, code) ? MEANING[code] : "passing", { message: wordsOf(code) })
    }
  }
}

/** The binding may hang for longer than our lease: another worker would send the same once more. */
const silence = () =>
  new Promise<never>((_, reject) => {
    AbortSignal.timeout(TIMEOUT_MS).addEventListener("abort", () => {
      reject(new DeliveryError("Email Service did not answer", { permanent: false }))
    })
  })

/** The error's code, which names no address; its message may. */
const codeOf = (error: unknown) =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "email service error"

const wordsOf = (code: string) =>
  code === SUPPRESSED ? "the provider does not write to this address at present" : code
