import type { OutgoingChannel } from "../domain/channels"

/** Who leaves rows in `signal_events`. A message about one has the name of its source. */
export const EVENT_SOURCES = ["prefect", "room_gone", "mail_event"] as const

/** What the queue `signals` carries: ids only, since the rows are the truth. A message may come twice, or late. */
export type SignalMessage =
  | { kind: (typeof EVENT_SOURCES)[number]; eventId: number }
  | { kind: "summary"; flowRunId: string }
  | { kind: "fan_out"; notificationId: number }

const SIGNAL_KINDS: SignalMessage["kind"][] = [...EVENT_SOURCES, "summary", "fan_out"]

export const isSignalMessage = (body: unknown): boolean =>
  typeof body === "object" && body !== null && "kind" in body && SIGNAL_KINDS.some((kind) => kind === body.kind)

/** What the queue `deliveries` carries: some recipients of one notification on one channel. */
export type DeliveryMessage = { channel: OutgoingChannel; notificationId: number; recipientIds: number[] }
