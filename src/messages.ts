import type { Outgoing } from "./channels"
import type { SignalEvent } from "./db/schema"

/** What the queue `signals` carries: ids only, since the rows are the truth. A message may come twice, or late. */
export type SignalMessage =
  /** Something that came in, by its source. */
  | { kind: SignalEvent["source"]; eventId: number }
  | { kind: "summary"; flowRunId: string }
  | { kind: "fan_out"; notificationId: number }

/** What the queue `deliveries` carries: some recipients of one notification on one channel. */
export type DeliveryMessage = { channel: Outgoing; notificationId: number; recipientIds: number[] }
