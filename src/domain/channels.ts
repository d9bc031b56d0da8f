/** Ways to tell an organisation as one: a room where its people talk. */
export const ROOMS = ["discord", "slack"] as const
export type Room = (typeof ROOMS)[number]
export const ROOM_NAME: Record<Room, string> = { discord: "Discord", slack: "Slack" }

/** Ways to tell those who run the platform. */
export const OPERATOR_CHANNELS = ["operator_email", "operator_discord"] as const
export type OperatorChannel = (typeof OPERATOR_CHANNELS)[number]

/** Ways that lead out of here, by the queue. */
export const OUTGOING = ["email", "push", ...ROOMS, ...OPERATOR_CHANNELS] as const
export type Outgoing = (typeof OUTGOING)[number]

/** Ways to tell one person. The inbox (with the urgent bar) is one of them: switching it off ends the subscription. */
export const CHANNELS = ["inbox", "email", "push"] as const
export type Channel = (typeof CHANNELS)[number]

/**
 * Whatever a delivery may be on. Its recipient is a member (`org_users.id`); an organisation (`orgs.id`) where the
 * channel is a room; and 1 for those who run the platform.
 */
export const DELIVERY_CHANNELS = ["inbox", ...OUTGOING] as const
export type DeliveryChannel = (typeof DELIVERY_CHANNELS)[number]
