/** Chat products in which an organisation can get its notifications, each through an incoming webhook. */
export const CHAT_PRODUCTS = ["discord", "slack"] as const
export type ChatProduct = (typeof CHAT_PRODUCTS)[number]
export const CHAT_PRODUCT_NAME: Record<ChatProduct, string> = { discord: "Discord", slack: "Slack" }

/** One value for each chat product. */
export const perChatProduct = <Value>(valueOf: (product: ChatProduct) => Value) =>
  Object.fromEntries(CHAT_PRODUCTS.map((product) => [product, valueOf(product)])) as Record<ChatProduct, Value>

/** Channels to the people who run the platform. */
export const PLATFORM_ADMIN_CHANNELS = ["operator_email", "operator_discord"] as const
export type PlatformAdminChannel = (typeof PLATFORM_ADMIN_CHANNELS)[number]

/** Channels that send something out of this service, through the queue `deliveries`. */
export const OUTGOING_CHANNELS = ["email", "push", ...CHAT_PRODUCTS, ...PLATFORM_ADMIN_CHANNELS] as const
export type OutgoingChannel = (typeof OUTGOING_CHANNELS)[number]

/**
 * Channels that a person can switch, by category. The inbox is the subscription: without it, nothing arrives on the
 * others either.
 */
export const CHANNELS = ["inbox", "email", "push"] as const
export type Channel = (typeof CHANNELS)[number]

/**
 * Channels of `deliveries` rows. The recipient's id is `orgs.id` on a chat product, 1 on a channel of the platform's
 * admins, and else `org_users.id`.
 */
export const DELIVERY_CHANNELS = ["inbox", ...OUTGOING_CHANNELS] as const
export type DeliveryChannel = (typeof DELIVERY_CHANNELS)[number]
