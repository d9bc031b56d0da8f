import type { Notification } from "../../db/schema"
import type { Deps } from "../../deps"
import type { DeferCause } from "../../domain/delivery-rules"

/** The outcome of a send that did not throw. `providerId` is the provider's own id of the message. */
export type SendResult =
  | { kind: "sent"; providerId: string | null }
  /** No longer to be sent. `reason` is a `Reason` of domain/delivery-rules, or a short sentence. */
  | { kind: "suppressed"; reason: string; since?: number }
  /** Not attempted yet. `at`: when to try. */
  | { kind: "postponed"; at: number; reason: DeferCause }

/**
 * Reads the addresses of these recipients, in at most one round trip, and returns the function that sends to one of
 * them. That function throws `DeliveryError` if the provider refuses.
 */
export type ChannelSender = (
  deps: Deps,
  job: { notification: Notification; recipientIds: number[] },
) => Promise<(recipientId: number) => Promise<SendResult>>
