import { and, eq, isNull, sql } from "drizzle-orm"
import type { Recipient } from "./schemas"
import type { Db } from "../db/client"
import { inList } from "../db/in-list"
import { notificationRecipients, orgs, orgUsers } from "../db/schema"
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

type NamedMember = { slug: string; userId: string; orgId: number | null; orgUserId: number | null }

/** One row for each recipient, in their order: two look-ups by index each. Without an `orgUserId`, it is no member. */
export const selectNamedMembers = (db: Db, { recipients }: { recipients: Recipient[] }) =>
  db.all<NamedMember>(sql`
    SELECT named.value ->> 0 AS slug, named.value ->> 1 AS userId, ${orgs}.id AS orgId, ${orgUsers}.id AS orgUserId
    FROM json_each(${JSON.stringify(recipients.map(({ org_slug, user_id }) => [org_slug, user_id]))}) named
    LEFT JOIN ${orgs} ON ${orgs}.slug = named.value ->> 0
    LEFT JOIN ${orgUsers} ON ${orgUsers}.org_id = ${orgs}.id AND ${orgUsers}.user_id = named.value ->> 1
      AND ${orgUsers}.removed_at IS NULL`)
