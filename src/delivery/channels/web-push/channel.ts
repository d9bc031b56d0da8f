import { isPushEndpoint } from "../../../destinations/devices/endpoint"
import { vapidFrom } from "../../../destinations/devices/vapid"
import type { ChannelSender } from "../channel"
import { toSendResult } from "./outcome"
import { encodePayload, toPayload } from "./payload"
import * as queries from "./queries"
import { type PushResult, type Device, sendPush } from "./send"
import { vapidHeaders } from "./vapid-header"

type Row = Awaited<ReturnType<typeof queries.selectDevices>>[number]

/** For all devices of a person: 50 people, six at once, take nine times as long, and that is half of a lease. */
const MAX_DURATION_MS = 15_000

/**
 * A push message to every device of each of them. A person's devices are one delivery, and are told one after the
 * other: the consumer counts on one connection for each person.
 */
export const webPushChannel: ChannelSender = async (deps, { notification, recipientIds }) => {
  const rows = await queries.selectDevices(deps.db, { orgUserIds: recipientIds })
  const vapid = vapidFrom(deps.config)
  const authorizationFor = vapidHeaders(vapid, deps.now())

  return async (recipientId) => {
    const theirs = rows.filter((row) => row.recipientId === recipientId)
    const [member] = theirs
    if (!member) return { kind: "suppressed", reason: "not_a_member" }

    const payload = encodePayload(toPayload(notification, member))
    const until = deps.now() + MAX_DURATION_MS
    const answers: [Device, PushResult][] = []
    for (const device of theirs.filter(isDevice)) {
      // Before its key is looked at: settings that are wrong are nobody's device that is gone.
      const authorization = await authorizationFor(device.endpoint)
      if (device.serverKey !== vapid?.publicKey) continue
      const answer = await sendPush(device, { notification, payload, authorization, now: deps.now(), until })
      answers.push([device, answer])
    }

    const gone = answers.filter(([, answer]) => answer.kind === "gone").map(([{ endpoint }]) => endpoint)
    if (gone.length > 0) await queries.deleteDevices(deps.db, { endpoints: gone })
    return toSendResult(answers.map(([, answer]) => answer))
  }
}

/** Looked at again: what lies in a table need not have come in by the door. */
const isDevice = (row: Row): row is Row & Device => row.endpoint !== null && isPushEndpoint(row.endpoint)
