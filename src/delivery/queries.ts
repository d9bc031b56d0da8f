import { and, eq, gt, inArray, isNull, lte, or, sql } from "drizzle-orm"
import type { Db } from "../db/client"
import { inList } from "../db/in-list"
import { deliveries, notifications } from "../db/schema"
import type { DeliveryMessage } from "../runtime/queue-messages"

const DELIVERY_KEY = {
  notificationId: deliveries.notificationId,
  channel: deliveries.channel,
  recipientId: deliveries.recipientId,
}
export type DeliveryKey = Pick<typeof deliveries.$inferSelect, keyof typeof DELIVERY_KEY>

const isNamedBy = ({ notificationId, channel, recipientIds }: DeliveryMessage) =>
  and(
    eq(deliveries.notificationId, notificationId),
    eq(deliveries.channel, channel),
    inList(deliveries.recipientId, recipientIds),
  )

/** One that was put off has lost no try, but has a reason to wait. */
const isUntried = and(eq(deliveries.status, "pending"), eq(deliveries.attempts, 0), isNull(deliveries.reason))

/**
 * Takes those of the named rows that are anybody's to take: due, or never touched (a hint may come before its time,
 * when a summary is ready early). A row that is being sent is due when its lease ends.
 */
export const claimDeliveries = (
  db: Db,
  { message, now, leaseMs }: { message: DeliveryMessage; now: number; leaseMs: number },
) =>
  db
    .update(deliveries)
    .set({ status: "sending", attempts: sql`${deliveries.attempts} + 1`, dueAt: now + leaseMs, updatedAt: now })
    .where(and(isNamedBy(message), or(lte(deliveries.dueAt, now), isUntried)))
    .returning({ recipientId: deliveries.recipientId, attempts: deliveries.attempts })

export const selectNotification = (db: Db, { id }: { id: number }) =>
  db.select().from(notifications).where(eq(notifications.id, id))

export type DeliveryOutcome = {
  recipientId: number
  /** The try that this is the outcome of: a later try has taken the row from us. */
  attempts: number
  status: "sent" | "failed" | "suppressed" | "dead" | "pending"
  reason: string | null
  /** Since when that reason holds. */
  since: number | null
  providerId: string | null
  dueAt: number | null
  /** 0: it does not count. */
  isTry: number
}

/**
 * Records what became of claimed rows. Each outcome names its whole row, so that SQLite looks up one row for each;
 * given the notification alone, it would read all of that notification's rows, and all outcomes for each of them.
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
      attempts: sql`${deliveries.attempts} - 1 + (outcome.value ->> 'isTry')`,
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

/** What is due, the longest first. */
export const selectOverdue = (db: Db, { now, limit }: { now: number; limit: number }) =>
  db.select(DELIVERY_KEY).from(deliveries).where(lte(deliveries.dueAt, now)).orderBy(deliveries.dueAt).limit(limit)

/** Gives up, of what `overdue` has, what was begun more often than there are tries: whoever tried died each time. */
export const markDead = (db: Db, { tries, now, limit }: { tries: number; now: number; limit: number }) =>
  db
    .update(deliveries)
    .set({ status: "dead", reason: "no try was ever finished", dueAt: null, updatedAt: now })
    .where(
      and(
        sql`(${deliveries.notificationId}, ${deliveries.channel}, ${deliveries.recipientId}) IN ${selectOverdue(db, { now, limit })}`,
        gt(deliveries.attempts, tries),
      ),
    )

/** Everybody whose mail about this notification has not been touched yet. */
export const selectUntriedEmails = (db: Db, { notificationId }: { notificationId: number }) =>
  db
    .select(DELIVERY_KEY)
    .from(deliveries)
    .where(and(eq(deliveries.notificationId, notificationId), eq(deliveries.channel, "email"), isUntried))

/** Due now, as if it had never been tried; nothing if it was not given up on. */
export const resetDelivery = (db: Db, { notificationId, channel, recipientId, now }: DeliveryKey & { now: number }) =>
  db
    .update(deliveries)
    .set({ status: "pending", attempts: 0, reason: null, dueAt: now, updatedAt: now })
    .where(
      and(
        eq(deliveries.notificationId, notificationId),
        eq(deliveries.channel, channel),
        eq(deliveries.recipientId, recipientId),
        inArray(deliveries.status, ["failed", "dead"]),
      ),
    )
    .returning(DELIVERY_KEY)

/** Deletes some of what became of old notifications; what is still under way stays. */
export const deleteDeliveries = (db: Db, { ids, limit }: { ids: number[]; limit: number }) =>
  db.delete(deliveries).where(sql`(notification_id, channel, recipient_id) IN (
    SELECT d.notification_id, d.channel, d.recipient_id
    FROM json_each(${JSON.stringify(ids)}) old CROSS JOIN ${deliveries} d ON d.notification_id = old.value
    WHERE d.due_at IS NULL LIMIT ${limit}
  )`)
