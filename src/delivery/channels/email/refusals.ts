import { log } from "../../../log"
import { DeliveryError } from "../../retry"

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** What a provider's no means, and what follows. Where no wait is given, our own back-off has to do. */
const FOLLOWS = {
  /** This mail is refused for good. */
  mail: { permanent: true },
  /** So is this address. */
  address: { permanent: true },
  /** A setting is wrong, here or there. Until somebody has mended that, nothing is lost. */
  settings: { permanent: false, retryAfterMs: 10 * MINUTE, slowDown: true },
  /** Too many at once. */
  rate: { permanent: false, slowDown: true },
  /** Too many in a day. With this wait our tries last for longer than a day, whenever that begins. */
  quota: { permanent: false, retryAfterMs: 6 * HOUR, slowDown: true },
  /** The account may not send. Somebody has to talk to the provider. */
  paused: { permanent: false, retryAfterMs: HOUR, slowDown: true },
  /** Nobody's fault. */
  passing: { permanent: false },
}
export type Meaning = keyof typeof FOLLOWS

/** The provider does not write to this address any more: mail to it has come back, or was called spam. */
export class AddressRefused extends DeliveryError {}

/** The error that a provider's no is. Its message names no address; a wait that the provider wishes may be longer than ours. */
export function refusal(
  meaning: Meaning = "passing",
  { message, retryAfterMs = 0 }: { message: string; retryAfterMs?: number | undefined },
): DeliveryError {
  if (meaning === "settings") log({ event: "email_misconfigured", reason: message })
  const follows: DeliveryError["options"] = FOLLOWS[meaning]
  const wait = Math.max(follows.retryAfterMs ?? 0, retryAfterMs) || undefined
  const error = meaning === "address" ? AddressRefused : DeliveryError
  return new error(message, { ...follows, retryAfterMs: wait })
}
