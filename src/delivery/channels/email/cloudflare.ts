import { DeliveryError } from "../../retry"
import type { Email, EmailProvider } from "./provider"
import { type ProviderErrorKind, providerError } from "./provider-errors"

const TIMEOUT_MS = 15_000

/**
 * The address is on the suppression list: for a day, a week or for ever. The code does not say which; events do.
 * https://developers.cloudflare.com/email-service/concepts/suppressions/
 */
const SUPPRESSED = "E_RECIPIENT_SUPPRESSED"

/**
 * Every documented code. A code that is not in the list counts as transient.
 * https://developers.cloudflare.com/email-service/api/send-emails/workers-api/#error-codes
 */
const ERROR_KINDS: Record<string, ProviderErrorKind> = {
  E_VALIDATION_ERROR: "rejected",
  E_FIELD_MISSING: "rejected",
  E_TOO_MANY_RECIPIENTS: "rejected",
  E_TOO_MANY_ATTACHMENTS: "rejected",
  E_CONTENT_TOO_LARGE: "rejected",
  E_HEADER_NOT_ALLOWED: "rejected",
  E_HEADER_USE_API_FIELD: "rejected",
  E_HEADER_VALUE_INVALID: "rejected",
  E_HEADER_VALUE_TOO_LONG: "rejected",
  E_HEADER_NAME_INVALID: "rejected",
  E_HEADERS_TOO_LARGE: "rejected",
  E_HEADERS_TOO_MANY: "rejected",
  E_RECIPIENT_NOT_ALLOWED: "rejected",
  [SUPPRESSED]: "rejected",
  E_SENDER_NOT_VERIFIED: "misconfigured",
  E_SENDER_DOMAIN_NOT_AVAILABLE: "misconfigured",
  E_RATE_LIMIT_EXCEEDED: "rate_limited",
  E_DAILY_LIMIT_EXCEEDED: "quota",
  E_DELIVERY_FAILED: "transient",
  E_INTERNAL_SERVER_ERROR: "transient",
}

/** Cloudflare's Email Service, through a `send_email` binding. */
export class CloudflareEmail implements EmailProvider {
  constructor(
    private readonly binding: SendEmail,
    private readonly from: { email: string; name: string },
  ) {}

  send(email: Email): Promise<{ providerId: string }> {
    return Promise.race([this.request(email), rejectAfterTimeout()])
  }

  private async request({ to, subject, text, html, headers }: Email): Promise<{ providerId: string }> {
    try {
      const { messageId } = await this.binding.send({ from: this.from, to, subject, text, html, headers })
      return { providerId: messageId }
    } catch (error) {
      const code = errorCode(error)
      throw providerError(Object.hasOwn(ERROR_KINDS, code) ? ERROR_KINDS[code] : "transient", {
        message: errorMessage(code),
      })
    }
  }
}

/** If the binding hung for longer than the lease, another worker would send the same e-mail again. */
const rejectAfterTimeout = () =>
  new Promise<never>((_, reject) => {
    AbortSignal.timeout(TIMEOUT_MS).addEventListener("abort", () => {
      reject(new DeliveryError("Email Service did not answer", { permanent: false }))
    })
  })

/** The code of the error. Its message is not used, since it may contain an address. */
const errorCode = (error: unknown) =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "email service error"

const errorMessage = (code: string) =>
  code === SUPPRESSED ? "the provider does not write to this address at present" : code
