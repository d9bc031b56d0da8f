import { MISCONFIGURED_DELIVERY_DELAY_MS } from "../../../runtime/backoff"
import { log } from "../../../runtime/log"
import { DeliveryError } from "../../retry"

const HOUR_MS = 60 * 60_000

/** How each kind of error is retried. Without `retryAfterMs` the usual delays of runtime/backoff apply. */
const RETRY_RULES = {
  /** The provider will never accept this e-mail. */
  rejected: { permanent: true },
  /** A setting is wrong, here or at the provider. An admin has a day to correct it; e-mail then leaves within hours. */
  misconfigured: { permanent: false, retryAfterMs: MISCONFIGURED_DELIVERY_DELAY_MS, slowDown: true },
  /** Too many requests at once. */
  rate_limited: { permanent: false, slowDown: true },
  /** Too many e-mails in a day. Seven attempts with this delay last a day and a half, so the quota is renewed in time. */
  quota: { permanent: false, retryAfterMs: 6 * HOUR_MS, slowDown: true },
  /** The account may not send at present. An admin has a day and a half to settle that with the provider. */
  paused: { permanent: false, retryAfterMs: 6 * HOUR_MS, slowDown: true },
  /** A fault that passes. */
  transient: { permanent: false },
}
export type ProviderErrorKind = keyof typeof RETRY_RULES

/** `message` must not contain an address: it is stored and logged. The longer of the two delays counts. */
export function providerError(
  kind: ProviderErrorKind = "transient",
  { message, retryAfterMs = 0 }: { message: string; retryAfterMs?: number | undefined },
): DeliveryError {
  if (kind === "misconfigured") log({ event: "email_misconfigured", reason: message })
  const rule: DeliveryError["options"] = RETRY_RULES[kind]
  const delay = Math.max(rule.retryAfterMs ?? 0, retryAfterMs) || undefined
  return new DeliveryError(message, { ...rule, retryAfterMs: delay })
}
