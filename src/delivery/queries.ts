import { and, eq, gt, inArray, isNull, lte, or, type SQL, sql } from "drizzle-orm"
import type { Db } from "../db/client"
import { type DueRow, dueInTurn } from "../db/due-in-turn"
import { inList } from "../db/in-list"
import { deliveries, notifications, orgUsers } from "../db/schema"
import type { DeliveryMessage } from "../runtime/queue-messages"

const DELIVERY_KEY = {
  notificationId: deliveries.notificationId,
  channel: deliveries.channel,
  recipientId: deliveries.recipientId,
}
export type DeliveryKey = Pick<typeof deliveries.$inferSelect, keyof typeof DELIVERY_KEY>

const PENDING_DELIVERY = { ...DELIVERY_KEY, orgId: deliveries.orgId }
/** A delivery to be enqueued, in the share of its organisation. */
export type PendingDelivery = Pick<typeof deliveries.$inferSelect, keyof typeof PENDING_DELIVERY>

const isNamedBy = ({ notificationId, channel, recipientIds }: DeliveryMessage) =>
  and(
    eq(deliveries.notificationId, notificationId),
    eq(deliveries.channel, channel),
    inList(deliveries.recipientId, recipientIds),
  )

/** A postponed or a deferred row also has 0 attempts, but a reason. */
const isUntried = and(eq(deliveries.status, "pending"), eq(deliveries.attempts, 0), isNull(deliveries.reason))

const claim = ({ now, leaseMs }: { now: number; leaseMs: number }) => ({
  status: "sending" as const,
  attempts: sql`${deliveries.attempts} + 1`,
  dueAt: now + leaseMs,
  updatedAt: now,
})
const CLAIMED = { recipientId: deliveries.recipientId, attempts: deliveries.attempts }

/**
 * Claims those of the named rows that are due or untried, for `leaseMs`. An untried row may be claimed before it is
 * due, since a summary may be ready early. A row in status `sending` is due when its lease ends.
 */
export const claimDeliveries = (
  db: Db,
  { message, now, leaseMs }: { message: DeliveryMessage; now: number; leaseMs: number },
) =>
  db
    .update(deliveries)
    .set(claim({ now, leaseMs }))
    .where(and(isNamedBy(message), or(lte(deliveries.dueAt, now), isUntried)))
    .returning(CLAIMED)

/**
 * Other current memberships with the address of one of these people, for a notification that spans organisations. The
 * notification comes first, so that for any other one row is read.
 */
const sameAddress = ({ notificationId, channel }: DeliveryKey | DeliveryMessage, people: SQL) => sql`
  SELECT other.id FROM ${notifications} n CROSS JOIN (${people}) named
    CROSS JOIN ${orgUsers} person ON person.id = named.id
    CROSS JOIN ${orgUsers} other ON other.email = person.email AND other.removed_at IS NULL
  WHERE n.id = ${notificationId} AND n.org_id IS NULL AND ${channel} = 'email'`

/**
 * One address gets one e-mail for all its organisations, so one worker must hold all its rows. This claims the other rows
 * of the addresses that `claimDeliveries` has just claimed, in the same batch. A row that waits comes along before its
 * time: the e-mail leaves when the first of them is due.
 */
export const claimSameAddress = (
  db: Db,
  { message, now, leaseMs }: { message: DeliveryMessage; now: number; leaseMs: number },
) => {
  const { notificationId, channel, recipientIds } = message
  const claimed = sql`
    SELECT d.recipient_id AS id FROM json_each(${JSON.stringify(recipientIds)}) recipient CROSS JOIN ${deliveries} d
    WHERE d.notification_id = ${notificationId} AND d.channel = ${channel} AND d.recipient_id = recipient.value
      AND d.status = 'sending' AND d.due_at = ${now + leaseMs}`
  return db
    .update(deliveries)
    .set(claim({ now, leaseMs }))
    .where(
      and(
        eq(deliveries.notificationId, notificationId),
        eq(deliveries.channel, channel),
        sql`${deliveries.recipientId} IN (${sameAddress(message, claimed)})`,
        or(eq(deliveries.status, "pending"), lte(deliveries.dueAt, now)),
      ),
    )
    .returning(CLAIMED)
}

export const selectNotification = (db: Db, { id }: { id: number }) =>
  db.select().from(notifications).where(eq(notifications.id, id))

export type DeliveryOutcome = {
  recipientId: number
  /** The number of the attempt. If another worker has claimed the row since, its outcome counts instead. */
  attempts: number
  status: "sent" | "failed" | "suppressed" | "dead" | "pending"
  reason: string | null
  /** Since when the reason holds, in ms since 1970. */
  since: number | null
  providerId: string | null
  dueAt: number | null
  countsAsAttempt: boolean
}

/**
 * Records the outcomes of claimed rows. Each outcome carries the whole key, so that SQLite looks up one row for each.
 * With the notification as a constant it would read all of its rows, and all outcomes for each of them.
 */
export const recordOutcomes = (
  db: Db,
  { message, outcomes, now }: { message: DeliveryMessage; outcomes: DeliveryOutcome[]; now: number },
) => {
  const { notificationId, channel } = message
  return db
    .update(deliveries)
    .set({
      status: sql`outcome.value ->> 'status'`,
      attempts: sql`${deliveries.attempts} - 1 + (outcome.value ->> 'countsAsAttempt')`,
      reason: sql`outcome.value ->> 'reason'`,
      since: sql`outcome.value ->> 'since'`,
      providerId: sql`outcome.value ->> 'providerId'`,
      dueAt: sql`outcome.value ->> 'dueAt'`,
      updatedAt: now,
    })
    .from(
      sql`json_each(${JSON.stringify(outcomes.map((outcome) => ({ notificationId, channel, ...outcome })))}) outcome`,
    )
    .where(
      and(
        eq(deliveries.notificationId, sql`outcome.value ->> 'notificationId'`),
        eq(deliveries.channel, sql`outcome.value ->> 'channel'`),
        eq(deliveries.recipientId, sql`outcome.value ->> 'recipientId'`),
        eq(deliveries.attempts, sql`outcome.value ->> 'attempts'`),
        eq(deliveries.status, "sending"),
      ),
    )
}

const overdue = ({ now, limit }: { now: number; limit: number }) =>
  dueInTurn(deliveries, { key: sql.raw("notification_id, channel, recipient_id"), now, limit })

/** Due rows, of all organisations in turn. */
export const selectOverdue = (db: Db, { now, limit }: { now: number; limit: number }) =>
  db.all<DueRow>(overdue({ now, limit }))

export function toPendingDelivery({ orgId, key }: DueRow): PendingDelivery {
  const [notificationId, channel, recipientId] = JSON.parse(key)
  return { notificationId, channel, recipientId, orgId }
}

/** Gives up the overdue rows whose workers died during more than `maxAttempts` attempts. */
export const markDead = (db: Db, { maxAttempts, now, limit }: { maxAttempts: number; now: number; limit: number }) =>
  db
    .update(deliveries)
    .set({ status: "dead", reason: "no try was ever finished", dueAt: null, updatedAt: now })
    .from(sql`(${overdue({ now, limit })}) overdue`)
    .where(
      and(
        eq(deliveries.notificationId, sql`overdue.key ->> 0`),
        eq(deliveries.channel, sql`overdue.key ->> 1`),
        eq(deliveries.recipientId, sql`overdue.key ->> 2`),
        gt(deliveries.attempts, maxAttempts),
      ),
    )

/** The e-mails about this notification that no worker has claimed yet. */
export const selectUntriedEmails = (db: Db, { notificationId }: { notificationId: number }) =>
  db
    .select(PENDING_DELIVERY)
    .from(deliveries)
    .where(and(eq(deliveries.notificationId, notificationId), eq(deliveries.channel, "email"), isUntried))

/**
 * Makes a failed or dead delivery due now, as if it had never been tried. The rows that failed with it, since they share an
 * e-mail, come along.
 */
export const resetDelivery = (db: Db, { now, ...key }: DeliveryKey & { now: number }) => {
  const itself = sql`SELECT value AS id FROM json_each(${JSON.stringify([key.recipientId])})`
  return db
    .update(deliveries)
    .set({ status: "pending", attempts: 0, reason: null, dueAt: now, updatedAt: now })
    .where(
      and(
        eq(deliveries.notificationId, key.notificationId),
        eq(deliveries.channel, key.channel),
        sql`${deliveries.recipientId} IN (
          ${itself} UNION ALL ${sameAddress(key, itself)}
        )`,
        inArray(deliveries.status, ["failed", "dead"]),
      ),
    )
    .returning(PENDING_DELIVERY)
}

/** Deletes up to `limit` deliveries of these notifications. Deliveries that are still due stay. */
export const deleteDeliveries = (db: Db, { ids, limit }: { ids: number[]; limit: number }) =>
  db.delete(deliveries).where(sql`(notification_id, channel, recipient_id) IN (
    SELECT d.notification_id, d.channel, d.recipient_id
    FROM json_each(${JSON.stringify(ids)}) old CROSS JOIN ${deliveries} d ON d.notification_id = old.value
    WHERE d.due_at IS NULL LIMIT ${limit}
  )`)
