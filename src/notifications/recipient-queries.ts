import { and, eq, isNull, sql } from "drizzle-orm"
import type { Db } from "../db/client"
import { orgUsers, notificationRecipients } from "../db/schema"
import type { Audience } from "../domain/audience"

type SentNotification = { id: number; orgId: number | null; sentAt: number; audience: Audience | null }

/** As many as one answer names. */
export const MAX_RECIPIENTS = 10_000

/**
 * Whose inbox it entered, by id: the members past and present of its organisation, or of all, are looked up, since
 * an inbox is found by its person only.
 */
export const selectRecipients = (db: Db, { notification, after }: { notification: SentNotification; after: number }) =>
  db
    .select({ id: orgUsers.id, username: orgUsers.email, isRead: sql`r.is_read`.mapWith(Boolean).as("is_read") })
    .from(orgUsers)
    .innerJoin(
      sql`${notificationRecipients} r`,
      sql`r.org_user_id = ${orgUsers}.id AND r.is_read IN (0, 1)
        AND r.sent_at = ${notification.sentAt} AND r.notification_id = ${notification.id}`,
    )
    .where(
      and(
        sql`${orgUsers}.id > ${after}`,
        notification.orgId === null ? undefined : sql`${orgUsers}.org_id = ${notification.orgId}`,
        // Of many thousands, one.
        notification.audience?.kind === "email"
          ? and(eq(orgUsers.email, notification.audience.email), isNull(orgUsers.removedAt))
          : undefined,
        notification.audience?.kind === "org_users"
          ? sql`${orgUsers}.id IN (SELECT value FROM json_each(${JSON.stringify(notification.audience.ids)}))`
          : undefined,
      ),
    )
    .orderBy(sql`${orgUsers}.id`)
    .limit(MAX_RECIPIENTS + 1)
