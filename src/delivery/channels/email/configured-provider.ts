import { oneLine } from "../../../domain/text"
import type { Config } from "../../../runtime/config"
import { CloudflareEmail } from "./cloudflare"
import type { EmailProvider } from "./provider"
import { providerError } from "./provider-errors"
import { SesEmail } from "./ses"

/**
 * The provider that `EMAIL_PROVIDER` names. If one of its settings is missing or wrong, throws an error after which the
 * e-mail waits.
 */
export function configuredProvider(config: Config, binding: SendEmail | undefined): EmailProvider {
  const from = { email: required(config, "EMAIL_FROM"), name: oneLine(config.EMAIL_FROM_NAME) }
  switch (config.EMAIL_PROVIDER) {
    case "cloudflare":
      if (!binding) throw providerError("misconfigured", { message: "the binding EMAIL is missing" })
      return new CloudflareEmail(binding, from)
    case "ses":
      return new SesEmail({
        from,
        region: config.SES_REGION,
        endpoint: config.SES_ENDPOINT,
        configurationSet: config.SES_CONFIGURATION_SET,
        accessKeyId: required(config, "SES_ACCESS_KEY_ID"),
        secretAccessKey: required(config, "SES_SECRET_ACCESS_KEY"),
      })
  }
}

function required(config: Config, name: "EMAIL_FROM" | "SES_ACCESS_KEY_ID" | "SES_SECRET_ACCESS_KEY"): string {
  const value = config[name]
  if (!value) throw providerError("misconfigured", { message: `${name} is not set` })
  return value
}
