import type { Notification } from "../db/schema"
import type { Deps } from "../deps"
import { kindOf, log } from "../log"
import type { DeliveryMessage } from "../messages"
import { unsubscribeUrl } from "./unsubscribe-url"
import { toEmail } from "./channels/email/message"
import * as queries from "./queries"
import { afterFailure, DeliveryError } from "./retry"

/** Longer than sending one message's mails can take. */
const LEASE_MS = 5 * 60_000
/** Mails under way at once: as many connections as a worker may hold. */
const AT_ONCE = 6

/**
 * Delivers what one message names. A message that comes twice finds nothing to claim.
 *
 * 1. Claim the rows, with a lease, and read the notification.
 * 2. Read the addresses.
 * 3. Send, each by itself: one refusal does not hold up the others.
 * 4. Record all outcomes at once.
 */
export async function deliver(deps: Deps, message: DeliveryMessage): Promise<void> {
  const { db } = deps
  const [claimed, [notification]] = await db.batch([
    queries.claim(db, { message, now: deps.now(), leaseMs: LEASE_MS }),
    queries.notificationFor(db, { id: message.notificationId }),
  ])
  if (claimed.length === 0 || !notification) return

  const addresses = await queries.addressesOf(db, { orgUserIds: claimed.map((row) => row.recipientId) })
  const outcomes: queries.Outcome[] = []
  for (let i = 0; i < claimed.length; i += AT_ONCE) {
    const sending = claimed.slice(i, i + AT_ONCE).map(async (row): Promise<queries.Outcome> => {
      const address = addresses.find((candidate) => candidate.recipientId === row.recipientId)
      return { ...row, ...(await sendOne(deps, { notification, address, attempts: row.attempts })) }
    })
    outcomes.push(...(await Promise.all(sending)))
  }
  // The mails are out: one error of the database must not send all of them again.
  const record = () => queries.record(db, { message, outcomes, now: deps.now() })
  await record().catch(record)
  report(message, outcomes)
}

type Address = { recipientId: number; email: string; orgName: string }
type Result = Omit<queries.Outcome, "recipientId" | "attempts">

async function sendOne(
  deps: Deps,
  job: { notification: Notification; address: Address | undefined; attempts: number },
): Promise<Result> {
  const { notification, address, attempts } = job
  if (!address) return { status: "suppressed", reason: "not_a_member", providerId: null, dueAt: null }
  try {
    const email = await toEmail({
      to: address.email,
      orgName: address.orgName,
      category: notification.category,
      urgent: notification.urgent,
      message: notification.message,
      emailSubject: notification.emailSubject,
      inboxUrl: deps.settings.FRONTEND_URL && `${deps.settings.FRONTEND_URL}/notifications`,
      unsubscribeUrl: await unsubscribeUrl(deps.settings, {
        orgUserId: address.recipientId,
        category: notification.category,
      }),
    })
    const { providerId } = await deps.email().send(email)
    return { status: "sent", reason: null, providerId, dueAt: null }
  } catch (error) {
    const failure = error instanceof DeliveryError ? error : unforeseen(error)
    const next = afterFailure(failure.options, { attempts, now: deps.now(), random: Math.random() })
    const status = next.kind === "retry" ? "pending" : next.kind
    return { status, reason: failure.message, providerId: null, dueAt: next.kind === "retry" ? next.at : null }
  }
}

/** A bug, or a setting that is missing: tried again like any failure that may pass, so that no other mail is held up. */
const unforeseen = (error: unknown) => new DeliveryError(kindOf(error), { permanent: false })

function report({ notificationId, channel }: DeliveryMessage, outcomes: queries.Outcome[]): void {
  for (const [status, rows] of Map.groupBy(outcomes, (outcome) => outcome.status)) {
    const event = status === "sent" ? "delivery_sent" : "delivery_failed"
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
      log({ event: "delivery_failed", notification_id: message.body.notificationId, reason: kindOf(error) })
      message.retry({ delaySeconds: Math.ceil(LEASE_MS / 1000) })
    }
  }
}

/** A message that was given up on: its rows are still due, and the sweep hints at them again. */
export function buryDeliveries(batch: MessageBatch<DeliveryMessage>): void {
  for (const message of batch.messages) {
    log({ event: "dead_letter", notification_id: message.body.notificationId, count: message.body.recipientIds.length })
  }
  batch.ackAll()
}
