import type { OutgoingChannel } from "../domain/channels"
import type { Deps } from "../deps"
import { LEASE_MS } from "../runtime/backoff"
import { errorName, log } from "../runtime/log"
import type { DeliveryMessage } from "../runtime/queue-messages"
import type { ChannelSender } from "./channels/channel"
import { discordChannel } from "./channels/chat/discord"
import { emailChannel } from "./channels/email/channel"
import { platformAdminDiscord, platformAdminEmail } from "./channels/platform-admins"
import { slackChannel } from "./channels/chat/slack"
import { webPushChannel } from "./channels/web-push/channel"
import { type Attempt, failureFor, postponeAfter, toOutcome } from "./outcome"
import * as queries from "./queries"

const SENDERS: Record<OutgoingChannel, ChannelSender> = {
  email: emailChannel,
  push: webPushChannel,
  discord: discordChannel,
  slack: slackChannel,
  operator_email: platformAdminEmail,
  operator_discord: platformAdminDiscord,
}

/** Deliveries under way at once: as many connections as a worker may hold. */
const CONCURRENCY = 6

/**
 * Delivers what one message names. A message that comes twice finds nothing to claim.
 *
 * 1. Claim the rows, with a lease, and read the notification.
 * 2. Let the channel read where they go.
 * 3. Send, each by itself: one refusal does not hold up the others. Where the provider wants all of a group to slow
 *    down, those after it are put off without a try.
 * 4. Record all outcomes at once.
 */
export async function deliver(deps: Deps, message: DeliveryMessage): Promise<void> {
  const { db } = deps
  const [claimed, [notification]] = await db.batch([
    queries.claimDeliveries(db, { message, now: deps.now(), leaseMs: LEASE_MS.delivery }),
    queries.selectNotification(db, { id: message.notificationId }),
  ])
  if (claimed.length === 0 || !notification) return

  const channel = SENDERS[message.channel]
  if (!channel) throw new Error(`nothing delivers by ${message.channel}`)
  const tell = await channel(deps, { notification, recipientIds: claimed.map((row) => row.recipientId) })
  const done: Attempt[] = []
  while (done.length < claimed.length) {
    const group = claimed.slice(done.length, done.length + CONCURRENCY).map(async (row) => {
      const outcome = await tell(row.recipientId).catch((error: unknown) =>
        failureFor(error, { attempts: row.attempts, now: deps.now(), random: Math.random() }),
      )
      return { ...row, outcome }
    })
    const tried = await Promise.all(group)
    done.push(...tried)
    const putOff = postponeAfter(tried, deps.now())
    if (putOff) done.push(...claimed.slice(done.length).map((row) => ({ ...row, outcome: putOff })))
  }
  await recordAttempts(deps, message, done)
}

async function recordAttempts({ db, now }: Deps, message: DeliveryMessage, done: Attempt[]): Promise<void> {
  const outcomes = done.map(toOutcome)
  const write = async () => queries.recordOutcomes(db, { message, outcomes, now: now() })
  // They are told: one error of the database must not tell all of them again.
  await write().catch(write)
  logOutcomes(message, outcomes)
}

const LOG_EVENT = {
  sent: "delivery_sent",
  pending: "delivery_put_off",
  suppressed: "delivery_suppressed",
  failed: "delivery_failed",
  dead: "delivery_failed",
} as const satisfies Record<queries.DeliveryOutcome["status"], string>

function logOutcomes({ notificationId, channel }: DeliveryMessage, outcomes: queries.DeliveryOutcome[]): void {
  for (const [status, rows] of Map.groupBy(outcomes, (outcome) => outcome.status)) {
    const event = LOG_EVENT[status]
    log({
      event,
      notification_id: notificationId,
      channel,
      count: rows.length,
      ...(event === "delivery_failed" && { reason: status }),
    })
  }
}

/** Takes a batch of the queue. What fails here was not recorded: it comes again, and can be claimed when its lease ends. */
export async function consumeDeliveries(deps: Deps, batch: MessageBatch<DeliveryMessage>): Promise<void> {
  for (const message of batch.messages) {
    try {
      await deliver(deps, message.body)
      message.ack()
    } catch (error) {
      log({ event: "delivery_failed", notification_id: message.body.notificationId, reason: errorName(error) })
      message.retry({ delaySeconds: Math.ceil(LEASE_MS.delivery / 1000) })
    }
  }
}
