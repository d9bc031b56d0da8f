import { isPushEndpoint } from "../../../destinations/devices/endpoint"
import { vapidFrom } from "../../../destinations/devices/vapid"
import type { ChannelSender } from "../channel"
import { toSendResult } from "./outcome"
import { encodePayload, toPayload } from "./payload"
import * as queries from "./queries"
import { type Device, type PushResult, sendPush } from "./send"
import { vapidHeaders } from "./vapid-header"

type Row = Awaited<ReturnType<typeof queries.selectDevices>>[number]

/**
 * For all devices of one person. A batch of 50 people, six at a time, takes at most nine times as long, which is half of
 * a delivery's lease.
 */
const MAX_DURATION_MS = 15_000

/**
 * Sends a push message to every device of each person. The devices of one person are one delivery. They get the message
 * one after another, since the consumer allows one open connection for each person.
 */
export const webPushChannel: ChannelSender = async (deps, { notification, recipientIds }) => {
  const rows = await queries.selectDevices(deps.db, { orgUserIds: recipientIds })
  const vapid = vapidFrom(deps.config)
  const headerFor = vapidHeaders(vapid, deps.now())

  return async (recipientId) => {
    const ofRecipient = rows.filter((row) => row.recipientId === recipientId)
    const [member] = ofRecipient
    if (!member) return { kind: "suppressed", reason: "not_a_member" }

    const payload = encodePayload(toPayload(notification, member))
    const deadline = deps.now() + MAX_DURATION_MS
    const results: [Device, PushResult][] = []
    for (const device of ofRecipient.filter(isDevice)) {
      // Before the comparison of keys: a wrong configuration is retried, and must not look like a person without devices.
      const authorization = await headerFor(device.endpoint)
      if (device.serverKey !== vapid?.publicKey) continue
      const result = await sendPush(device, { notification, payload, authorization, now: deps.now(), deadline })
      results.push([device, result])
    }

    const gone = results.filter(([, result]) => result.kind === "gone").map(([{ endpoint }]) => endpoint)
    if (gone.length > 0) await queries.deleteDevices(deps.db, { endpoints: gone })
    return toSendResult(results.map(([, result]) => result))
  }
}

/** Validates the endpoint again, however the row was written: this service must not call any other URL. */
const isDevice = (row: Row): row is Row & Device => row.endpoint !== null && isPushEndpoint(row.endpoint)
