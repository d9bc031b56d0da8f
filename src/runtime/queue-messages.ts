import type { OutgoingChannel } from "../domain/channels"

/** Values of `signal_events.source`; `signals/sources.ts` has an entry for each. A message has its event's source as `kind`. */
export const EVENT_SOURCES = ["prefect", "room_gone", "mail_event", "push_key_refused"] as const
export type EventSource = (typeof EVENT_SOURCES)[number]

/** A message of the queue `dalgo-signals`. It carries ids only: the row is the truth. It may arrive twice, or late. */
export type SignalMessage =
  | { kind: EventSource; eventId: number }
  | { kind: "summary"; flowRunId: string }
  | { kind: "fan_out"; notificationId: number }

const SIGNAL_KINDS: SignalMessage["kind"][] = [...EVENT_SOURCES, "summary", "fan_out"]

export const isSignalMessage = (body: unknown): boolean =>
  typeof body === "object" && body !== null && "kind" in body && SIGNAL_KINDS.some((kind) => kind === body.kind)

/** A message of the queue `dalgo-deliveries`: some recipients of one notification on one channel. */
export type DeliveryMessage = { channel: OutgoingChannel; notificationId: number; recipientIds: number[] }
