import { and, eq, isNull, sql } from "drizzle-orm"
import type { Db } from "../db/client"
import { inList } from "../db/in-list"
import { notificationRecipients, orgUsers } from "../db/schema"
import type { Audience } from "../domain/audience"

type SentNotification = { id: number; orgId: number | null; sentAt: number; audience: Audience | null }

/** One answer lists at most this many. */
export const MAX_RECIPIENTS = 10_000

/**
 * The people whose inbox got the notification, ordered by id. The inbox has no index by notification, so each current or
 * former member of the organisation (or of all) is looked up.
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
        // The audience names the people, so that only they are looked up.
        notification.audience?.kind === "email"
          ? and(eq(orgUsers.email, notification.audience.email), isNull(orgUsers.removedAt))
          : undefined,
        notification.audience?.kind === "org_users"
          ? inList(sql`${orgUsers}.id`, notification.audience.ids)
          : undefined,
      ),
    )
    .orderBy(sql`${orgUsers}.id`)
    .limit(MAX_RECIPIENTS + 1)
