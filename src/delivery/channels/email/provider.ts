import type { Settings } from "../../../runtime/config"
import { CloudflareEmail } from "./cloudflare"
import { isOneAddress, oneLine } from "../../../domain/one-line"
import { refusal } from "./provider-errors"
import { SesEmail } from "./ses"

/** One mail to one person. The subject and the headers hold no control characters. */
export type Email = {
  to: string
  subject: string
  text: string
  html: string
  headers: Record<string, string>
}

/** Sends mail. Throws `DeliveryError`. */
export interface EmailProvider {
  /** Answers the provider's own id of the mail. */
  send(email: Email): Promise<{ providerId: string }>
}

/** The provider that is configured. Throws `DeliveryError` where it is not. */
export function emailProviderFrom(settings: Settings, binding: SendEmail): EmailProvider {
  const from = { email: required(settings, "EMAIL_FROM"), name: oneLine(settings.EMAIL_FROM_NAME) }
  if (!isOneAddress(from.email)) throw refusal("settings", { message: "EMAIL_FROM is not an address" })
  switch (settings.EMAIL_PROVIDER) {
    case "cloudflare":
      return new CloudflareEmail(binding, from)
    case "ses":
      return new SesEmail({
        from,
        region: settings.SES_REGION,
        endpoint: settings.SES_ENDPOINT,
        configurationSet: settings.SES_CONFIGURATION_SET,
        accessKeyId: required(settings, "SES_ACCESS_KEY_ID"),
        secretAccessKey: required(settings, "SES_SECRET_ACCESS_KEY"),
      })
  }
}

function required(settings: Settings, name: "EMAIL_FROM" | "SES_ACCESS_KEY_ID" | "SES_SECRET_ACCESS_KEY"): string {
  const value = settings[name]
  if (!value) throw refusal("settings", { message: `${name} is not set` })
  return value
}
