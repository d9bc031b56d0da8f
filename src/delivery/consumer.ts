import type { Deps } from "../deps"
import type { OutgoingChannel } from "../domain/channels"
import { LEASE_MS } from "../runtime/backoff"
import { MisconfiguredError } from "../runtime/errors"
import { errorName, log, type LogLine } from "../runtime/log"
import type { DeliveryMessage } from "../runtime/queue-messages"
import type { ChannelSender } from "./channels/channel"
import { CHAT_CHANNELS } from "./channels/chat/channel"
import { emailChannel } from "./channels/email/channel"
import { platformAdminDiscord, platformAdminEmail } from "./channels/platform-admins"
import { webPushChannel } from "./channels/web-push/channel"
import { type Attempt, postponeAfter, toFailedSend, toOutcome } from "./outcome"
import * as queries from "./queries"

const SENDERS: Record<OutgoingChannel, ChannelSender> = {
  email: emailChannel,
  push: webPushChannel,
  ...CHAT_CHANNELS,
  operator_email: platformAdminEmail,
  operator_discord: platformAdminDiscord,
}

/** A Worker may have six connections open at once. */
const MAX_CONCURRENT_SENDS = 6

/**
 * Sends the deliveries that one message names. A duplicate message finds nothing to claim.
 *
 * 1. Claim the rows, with a lease, and read the notification. The rows that share an e-mail with one of them come along.
 * 2. Let the channel read the addresses.
 * 3. Send in groups, each delivery by itself, so that one refusal holds up no other. If the provider asks every
 *    delivery of a group to slow down, postpone the rest without an attempt.
 * 4. Record all outcomes in one statement.
 */
export async function deliver(deps: Deps, message: DeliveryMessage): Promise<void> {
  const { db } = deps
  const claim = { message, now: deps.now(), leaseMs: LEASE_MS.delivery }
  const [named, sameAddress, [notification]] = await db.batch([
    queries.claimDeliveries(db, claim),
    queries.claimSameAddress(db, claim),
    queries.selectNotification(db, { id: message.notificationId }),
  ])
  const claimed = [...named, ...sameAddress]
  if (claimed.length === 0 || !notification) return

  const prepareSend = SENDERS[message.channel]
  if (!prepareSend) throw new Error(`no sender for channel ${message.channel}`)
  const job = { notification, recipientIds: claimed.map((row) => row.recipientId) }
  const send = await prepareSend(deps, job).catch(failEverySend)
  const attempts: Attempt[] = []
  while (attempts.length < claimed.length) {
    const group = claimed.slice(attempts.length, attempts.length + MAX_CONCURRENT_SENDS).map(async (row) => {
      const outcome = await send(row.recipientId).catch((error: unknown) =>
        toFailedSend(error, { attempts: row.attempts, now: deps.now(), random: Math.random() }),
      )
      return { ...row, outcome }
    })
    const attempted = await Promise.all(group)
    attempts.push(...attempted)
    const postponed = postponeAfter(attempted, deps.now())
    if (postponed) attempts.push(...claimed.slice(attempts.length).map((row) => ({ ...row, outcome: postponed })))
  }
  await recordAttempts(deps, message, attempts)
}

/** A variable that is not usable is known before the first send, and holds up every delivery of the message. */
function failEverySend(error: unknown): Awaited<ReturnType<ChannelSender>> {
  if (!(error instanceof MisconfiguredError)) throw error
  return async () => {
    throw error
  }
}

async function recordAttempts({ db, now }: Deps, message: DeliveryMessage, attempts: Attempt[]): Promise<void> {
  const outcomes = attempts.map(toOutcome)
  const write = async () => queries.recordOutcomes(db, { message, outcomes, now: now() })
  // Try twice: if the outcomes are lost, everything is sent again when the lease ends.
  await write().catch(write)
  logMisconfigured(message, attempts)
  logOutcomes(message, outcomes)
}

/** Each reason once, since it is the same for most recipients. */
function logMisconfigured({ notificationId, channel }: DeliveryMessage, attempts: Attempt[]): void {
  const reasons = attempts.flatMap(({ outcome }) =>
    "isMisconfigured" in outcome && outcome.isMisconfigured ? outcome.reason : [],
  )
  for (const reason of new Set(reasons))
    log({ event: "misconfigured", notification_id: notificationId, channel, reason })
}

/** One line for each outcome and reason, which is the same for most recipients. */
function logOutcomes({ notificationId, channel }: DeliveryMessage, outcomes: queries.DeliveryOutcome[]): void {
  for (const rows of Map.groupBy(outcomes, ({ status, reason }) => `${status} ${reason}`).values()) {
    const [first] = rows
    if (first) log({ ...outcomeLine(first), notification_id: notificationId, channel, count: rows.length })
  }
}

function outcomeLine({ status, reason: given }: queries.DeliveryOutcome): LogLine {
  const reason = given ?? "unknown"
  switch (status) {
    case "sent":
      return { event: "delivery_sent" }
    case "suppressed":
      return { event: "delivery_suppressed", reason }
    case "pending":
      return { event: "delivery_postponed", reason }
    case "failed":
    case "dead":
      return { event: "delivery_failed", outcome: status, reason }
  }
}

/** Handles a batch of the queue. A message that throws comes again when the lease of its rows has ended. */
export async function consumeDeliveries(deps: Deps, batch: MessageBatch<DeliveryMessage>): Promise<void> {
  for (const message of batch.messages) {
    try {
      await deliver(deps, message.body)
      message.ack()
    } catch (error) {
      log({
        event: "queue_message_retried",
        queue: batch.queue,
        notification_id: message.body.notificationId,
        reason: errorName(error),
      })
      message.retry({ delaySeconds: Math.ceil(LEASE_MS.delivery / 1000) })
    }
  }
}
