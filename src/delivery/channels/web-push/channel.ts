import { isPushEndpoint } from "../../../destinations/devices/endpoint"
import { vapidOf } from "../../../destinations/devices/vapid"
import type { Channel } from "../channel"
import { outcomeOf } from "./outcome"
import { inBytes, payloadOf } from "./payload"
import * as queries from "./queries"
import { type Answer, type Device, sendTo } from "./send"
import { signer } from "./vapid-header"

type Row = Awaited<ReturnType<typeof queries.devicesOf>>[number]

/** For all devices of a person: 50 people, six at once, take nine times as long, and that is half of a lease. */
const LONGEST_MS = 15_000

/**
 * A push message to every device of each of them. A person's devices are one delivery, and are told one after the
 * other: the consumer counts on one connection for each person.
 */
export const webPush: Channel = async (deps, { notification, recipientIds }) => {
  const rows = await queries.devicesOf(deps.db, { orgUserIds: recipientIds })
  const vapid = vapidOf(deps.settings)
  const authorizationFor = signer(vapid, deps.now())

  return async (recipientId) => {
    const theirs = rows.filter((row) => row.recipientId === recipientId)
    const [member] = theirs
    if (!member) return { kind: "suppressed", reason: "not_a_member" }

    const payload = inBytes(payloadOf(notification, member))
    const until = deps.now() + LONGEST_MS
    const answers: [Device, Answer][] = []
    for (const device of theirs.filter(isDevice)) {
      // Before its key is looked at: settings that are wrong are nobody's device that is gone.
      const authorization = await authorizationFor(device.endpoint)
      if (device.serverKey !== vapid?.publicKey) continue
      const answer = await sendTo(device, { notification, payload, authorization, now: deps.now(), until })
      answers.push([device, answer])
    }

    const gone = answers.filter(([, answer]) => answer.kind === "gone").map(([{ endpoint }]) => endpoint)
    if (gone.length > 0) await queries.forget(deps.db, { endpoints: gone })
    return outcomeOf(answers.map(([, answer]) => answer))
  }
}

/** Looked at again: what lies in a table need not have come in by the door. */
const isDevice = (row: Row): row is Row & Device => row.endpoint !== null && isPushEndpoint(row.endpoint)
