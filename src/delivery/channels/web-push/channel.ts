import { isPushEndpoint } from "../../../destinations/devices/endpoint"
import { vapidFrom } from "../../../destinations/devices/vapid"
import type { Deps } from "../../../deps"
import { SWEEP_AFTER_MS } from "../../../runtime/backoff"
import { errorName, log } from "../../../runtime/log"
import { sendSignals } from "../../../runtime/queue-lanes"
import type { ChannelSender } from "../channel"
import type { PushResult } from "./answer"
import { toSendResult } from "./outcome"
import { encodePayload, toPayload } from "./payload"
import * as queries from "./queries"
import { type Device, sendPush } from "./send"
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
  let report: Promise<void> | undefined
  const reportOnce = (reason: string) => (report ??= reportRefusedKey(deps, { reason }))

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
    const refused = results.find(([, result]) => result.kind === "key_refused")?.[1]
    if (refused?.kind === "key_refused") await reportOnce(refused.reason)
    return toSendResult(results.map(([, result]) => result))
  }
}

/** Inserts the event that tells the platform admins: one a day (UTC). */
async function reportRefusedKey(deps: Deps, { reason }: { reason: string }): Promise<void> {
  log({ event: "push_key_refused", reason })
  const now = deps.now()
  const [event] = await queries.insertRefusedKeyEvent(deps.db, { reason, now, dueAt: now + SWEEP_AFTER_MS })
  if (!event) return
  await sendSignals(deps, [{ body: { kind: "push_key_refused", eventId: event.id }, orgId: 0 }]).catch((error) => {
    log({ event: "enqueue_failed", queue: "dalgo-signals", signal_id: event.id, reason: errorName(error) })
  })
}

/** Validates the endpoint again, however the row was written: this service must not call any other URL. */
const isDevice = (row: Row): row is Row & Device => row.endpoint !== null && isPushEndpoint(row.endpoint)
