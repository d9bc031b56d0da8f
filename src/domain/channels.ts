/** Ways to tell an organisation as one: a room where its people talk. */
export const CHAT_PRODUCTS = ["discord", "slack"] as const
export type ChatProduct = (typeof CHAT_PRODUCTS)[number]
export const CHAT_PRODUCT_NAME: Record<ChatProduct, string> = { discord: "Discord", slack: "Slack" }

/** Ways to tell those who run the platform. */
export const PLATFORM_ADMIN_CHANNELS = ["operator_email", "operator_discord"] as const
export type PlatformAdminChannel = (typeof PLATFORM_ADMIN_CHANNELS)[number]

/** Ways that lead out of here, by the queue. */
export const OUTGOING_CHANNELS = ["email", "push", ...CHAT_PRODUCTS, ...PLATFORM_ADMIN_CHANNELS] as const
export type OutgoingChannel = (typeof OUTGOING_CHANNELS)[number]

/** Ways to tell one person. The inbox (with the urgent bar) is one of them: switching it off ends the subscription. */
export const CHANNELS = ["inbox", "email", "push"] as const
export type Channel = (typeof CHANNELS)[number]

/**
 * Whatever a delivery may be on. Its recipient is a member (`org_users.id`); an organisation (`orgs.id`) where the
 * channel is a room; and 1 for those who run the platform.
 */
export const DELIVERY_CHANNELS = ["inbox", ...OUTGOING_CHANNELS] as const
export type DeliveryChannel = (typeof DELIVERY_CHANNELS)[number]
