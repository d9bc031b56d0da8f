import { and, eq, inArray, sql } from "drizzle-orm"
import { type Channel, CHANNELS } from "../domain/channels"
import type { Db } from "../db/client"
import { deliveries, notificationRecipients, notifications, orgs, orgUsers } from "../db/schema"

/**
 * The organisations that share an e-mail with this row: JSON of their names, or NULL where the row has its own. The columns
 * carry the name of the table, since Drizzle leaves it out, and the subquery has columns of the same names.
 */
const sharedWith = sql`CASE WHEN deliveries.reason = 'same_address' THEN (
  SELECT json_group_array(o.name) FROM ${orgUsers} me
    CROSS JOIN ${orgUsers} other ON other.email = me.email AND other.removed_at IS NULL AND other.id <> me.id
    CROSS JOIN ${deliveries} d ON d.notification_id = deliveries.notification_id AND d.channel = deliveries.channel
      AND d.recipient_id = other.id AND (d.status = 'sent' OR d.reason = 'same_address')
    CROSS JOIN ${orgs} o ON o.id = other.org_id
  WHERE me.id = deliveries.recipient_id
) END`

/** Two statements: the notification with its inbox row, and its deliveries to this person. */
export const selectTrace = (db: Db, { orgUserId, id }: { orgUserId: number; id: number }) =>
  [
    db
      .select({
        category: notifications.category,
        /** When its e-mail leaves even without a summary. */
        emailDueAt: notifications.emailDueAt,
        skipEmail: notifications.skipEmail,
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
        sharedWith: sharedWith.mapWith((json: string): string[] => JSON.parse(json)).as("shared_with"),
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
