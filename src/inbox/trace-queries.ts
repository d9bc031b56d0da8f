import { and, eq, inArray, sql } from "drizzle-orm"
import { type Channel, CHANNELS } from "../domain/channels"
import type { Db } from "../db/client"
import { deliveries, notifications, notificationRecipients } from "../db/schema"

/** Two statements: the notification with its inbox row, and its deliveries to this person. */
export const selectTrace = (db: Db, { orgUserId, id }: { orgUserId: number; id: number }) =>
  [
    db
      .select({
        category: notifications.category,
        /** When its e-mail leaves even without a summary. */
        emailDueAt: notifications.emailDueAt,
        arrivedAt: sql<number | null>`${notificationRecipients.sentAt}`.as("arrived_at"),
        withheld: notificationRecipients.withheld,
      })
      .from(notifications)
      .leftJoin(
        notificationRecipients,
        and(
          eq(notificationRecipients.orgUserId, orgUserId),
          inArray(notificationRecipients.isRead, [false, true]),
          eq(notificationRecipients.sentAt, notifications.sentAt),
          eq(notificationRecipients.notificationId, notifications.id),
        ),
      )
      .where(eq(notifications.id, id)),
    db
      .select({
        /** The condition below limits it to these. */
        channel: sql<Channel>`${deliveries.channel}`.as("channel"),
        status: deliveries.status,
        attempts: deliveries.attempts,
        reason: deliveries.reason,
        dueAt: deliveries.dueAt,
        since: deliveries.since,
        updatedAt: deliveries.updatedAt,
      })
      .from(deliveries)
      .where(
        and(
          eq(deliveries.notificationId, id),
          inArray(deliveries.channel, [...CHANNELS]),
          eq(deliveries.recipientId, orgUserId),
        ),
      ),
  ] as const
