import type { Notification } from "../../db/schema"
import type { Deps } from "../../deps"

/** What became of one delivery. */
export type SendResult =
  | { kind: "sent"; providerId: string | null }
  /** Not meant to leave any more. `reason` is one of preferences/decide, or a few words. */
  | { kind: "suppressed"; reason: string; since?: number }

/**
 * Gets ready to tell these of a notification, in at most one round trip, and answers what tells one of them. That
 * throws `DeliveryError` for what the world refused.
 */
export type ChannelSender = (
  deps: Deps,
  job: { notification: Notification; recipientIds: number[] },
) => Promise<(recipientId: number) => Promise<SendResult>>
