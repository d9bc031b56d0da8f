import { log } from "../../../runtime/log"
import { DeliveryError } from "../../retry"

const HOUR = 60 * 60_000

/** What a provider's no means, and what follows. Where no wait is given, our own back-off has to do. */
const RETRY_RULES = {
  /** This mail is refused for good. */
  rejected: { permanent: true },
  /** A setting is wrong, here or there. Somebody has a day to mend it, and what waits is sent within hours. */
  misconfigured: { permanent: false, retryAfterMs: 4 * HOUR, slowDown: true },
  /** Too many at once. */
  rate_limited: { permanent: false, slowDown: true },
  /** Too many in a day. With this wait our tries last for a day and a half, whenever that begins. */
  quota: { permanent: false, retryAfterMs: 6 * HOUR, slowDown: true },
  /** The account may not send. Somebody has as long to talk to the provider. */
  paused: { permanent: false, retryAfterMs: 6 * HOUR, slowDown: true },
  /** Nobody's fault. */
  transient: { permanent: false },
}
export type ProviderErrorKind = keyof typeof RETRY_RULES

/** The error that a provider's no is. Its message names no address; a wait that the provider wishes may be longer than ours. */
export function providerError(
  meaning: ProviderErrorKind = "transient",
  { message, retryAfterMs = 0 }: { message: string; retryAfterMs?: number | undefined },
): DeliveryError {
  if (meaning === "misconfigured") log({ event: "email_misconfigured", reason: message })
  const follows: DeliveryError["options"] = RETRY_RULES[meaning]
  const wait = Math.max(follows.retryAfterMs ?? 0, retryAfterMs) || undefined
  return new DeliveryError(message, { ...follows, retryAfterMs: wait })
}
