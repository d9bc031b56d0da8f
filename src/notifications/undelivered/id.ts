import { DELIVERY_CHANNELS, type DeliveryChannel } from "../../domain/channels"

/** What names a delivery. */
export type DeliveryKey = { notificationId: number; channel: DeliveryChannel; recipientId: number }

/** The place just after this delivery, in the order of a page: the last that changed first. */
export type DeliveryCursor = DeliveryKey & { at: number }

const NUMBER = String.raw`[1-9]\d{0,14}`
/** `12-email-34`: notification, channel, recipient. */
export const DELIVERY_ID_PATTERN = new RegExp(`^${NUMBER}-(${DELIVERY_CHANNELS.join("|")})-${NUMBER}$`)

export const toDeliveryId = ({ notificationId, channel, recipientId }: DeliveryKey) =>
  `${notificationId}-${channel}-${recipientId}`

/** The delivery that a text names; `undefined` if it names none. */
export function parseDeliveryId(text: string): DeliveryKey | undefined {
  const [notificationId, name, recipientId] = text.split("-")
  const channel = DELIVERY_CHANNELS.find((each) => each === name)
  if (!channel || !DELIVERY_ID_PATTERN.test(text)) return undefined
  return { notificationId: Number(notificationId), channel, recipientId: Number(recipientId) }
}

export const toDeliveryCursor = ({ at, ...key }: DeliveryCursor) => `${at.toString(36)}.${toDeliveryId(key)}`

/** The place that a cursor stands for; `undefined` if we did not make it. */
export function parseDeliveryCursor(text: string): DeliveryCursor | undefined {
  const [time = "", id = ""] = text.split(".")
  const [at, key] = [Number.parseInt(time, 36), parseDeliveryId(id)]
  if (!key || !Number.isSafeInteger(at)) return undefined
  const place = { ...key, at }
  return toDeliveryCursor(place) === text ? place : undefined
}
