import { DELIVERY_CHANNELS, type DeliveryChannel } from "../../domain/channels"

/** The primary key of a delivery. */
export type DeliveryKey = { notificationId: number; channel: DeliveryChannel; recipientId: number }

/** The position after this delivery. A list is ordered by the time of the last change, newest first. */
export type DeliveryCursor = DeliveryKey & { at: number }

const NUMBER = String.raw`[1-9]\d{0,14}`
/** For example `12-email-34`: notification, channel, recipient. */
export const DELIVERY_ID_PATTERN = new RegExp(`^${NUMBER}-(${DELIVERY_CHANNELS.join("|")})-${NUMBER}$`)

export const toDeliveryId = ({ notificationId, channel, recipientId }: DeliveryKey) =>
  `${notificationId}-${channel}-${recipientId}`

/** `undefined` for a text that is not the id of a delivery. */
export function parseDeliveryId(text: string): DeliveryKey | undefined {
  const [notificationId, name, recipientId] = text.split("-")
  const channel = DELIVERY_CHANNELS.find((one) => one === name)
  if (!channel || !DELIVERY_ID_PATTERN.test(text)) return undefined
  return { notificationId: Number(notificationId), channel, recipientId: Number(recipientId) }
}

export const toDeliveryCursor = ({ at, ...key }: DeliveryCursor) => `${at.toString(36)}.${toDeliveryId(key)}`

/** `undefined` for any text that `toDeliveryCursor` does not make. */
export function parseDeliveryCursor(text: string): DeliveryCursor | undefined {
  const [time = "", id = ""] = text.split(".")
  const [at, key] = [Number.parseInt(time, 36), parseDeliveryId(id)]
  if (!key || !Number.isSafeInteger(at)) return undefined
  const cursor = { ...key, at }
  return toDeliveryCursor(cursor) === text ? cursor : undefined
}
