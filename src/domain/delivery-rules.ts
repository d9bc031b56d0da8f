import type { Channel } from "./channels"

/** A rule of an organisation for its members on one channel. */
export type Policy = "required" | "off" | "default_off"

/** Why email was switched off for a person: a mail bounced, or they marked one as spam. */
export const OPT_OUT_CAUSES = ["bounced", "complained"] as const
export type OptOutCause = (typeof OPT_OUT_CAUSES)[number]

/** Why a notification was delivered to a person on a channel, or was not. */
export const REASONS = [
  "required_by_organisation",
  "off_by_organisation",
  "category_off",
  "channel_off_for_category",
  "email_off",
  "email_bounced",
  "email_complained",
  "off_by_default",
  "subscribed",
  // Decided only when the message is about to be sent.
  "not_a_member",
  "no_device",
  "same_address",
] as const
export type Reason = (typeof REASONS)[number]

export const isReason = (text: string | null): text is Reason => REASONS.some((reason) => reason === text)

/** Why a message waits for a later time. `other_organisations`: an e-mail, until it can name all of them. */
export const DEFER_CAUSES = ["quiet_hours", "other_organisations"] as const
export type DeferCause = (typeof DEFER_CAUSES)[number]

export const isDeferCause = (text: string | null): text is DeferCause => DEFER_CAUSES.some((cause) => cause === text)

/** The column `withheld` of an inbox row: the reason for each channel, except `subscribed`. */
export type ChannelReasons = Partial<Record<Channel, { reason: Reason; since?: number }>>
