import { and, eq, inArray, sql } from "drizzle-orm"
import { type Channel, CHANNELS } from "../domain/channels"
import type { Db } from "../db/client"
import { deliveries, notifications, recipients } from "../db/schema"

/** What is known of one notification for one person: its place in the inbox, and its deliveries. */
export const traceOf = (db: Db, { orgUserId, id }: { orgUserId: number; id: number }) =>
  [
    db
      .select({
        category: notifications.category,
        /** Until when its mail waits for a summary. */
        emailDueAt: notifications.emailDueAt,
        arrivedAt: sql<number | null>`${recipients.sentAt}`.as("arrived_at"),
        decided: recipients.decided,
      })
      .from(notifications)
      .leftJoin(
        recipients,
        and(
          eq(recipients.orgUserId, orgUserId),
          inArray(recipients.isRead, [false, true]),
          eq(recipients.sentAt, notifications.sentAt),
          eq(recipients.notificationId, notifications.id),
        ),
      )
      .where(eq(notifications.id, id)),
    db
      .select({
        /** One of these, by the condition below. */
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
