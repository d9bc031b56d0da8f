import { and, eq, isNotNull, isNull, sql } from "drizzle-orm"
import type { Db } from "../../../db/client"
import { inList } from "../../../db/in-list"
import { deliveries, type Notification, orgs, orgUsers, userNotificationPreferences } from "../../../db/schema"

/**
 * Addresses of current members, and why and since when e-mail was switched off for one of them. For a notification that
 * spans organisations, `others` has what became of the e-mail for the other memberships with the address.
 */
export const selectAddresses = (
  db: Db,
  { notification, orgUserIds }: { notification: Pick<Notification, "id" | "orgId">; orgUserIds: number[] },
) =>
  db
    .select({
      recipientId: sql<number>`${orgUsers.id}`.as("recipient_id"),
      email: orgUsers.email,
      orgName: sql<string>`${orgs.name}`.as("org_name"),
      timeZone: sql<string>`coalesce(${orgUsers.timezone}, ${orgs.timezone})`.as("time_zone"),
      optOutCause: userNotificationPreferences.reason,
      since: userNotificationPreferences.changedAt,
      others: (notification.orgId === null ? othersColumn(notification) : sql`'[]'`).mapWith(parseOthers).as("others"),
    })
    .from(orgUsers)
    .innerJoin(orgs, eq(orgs.id, orgUsers.orgId))
    .leftJoin(
      userNotificationPreferences,
      and(
        eq(userNotificationPreferences.orgUserId, orgUsers.id),
        eq(userNotificationPreferences.category, "all"),
        eq(userNotificationPreferences.channel, "email"),
        isNotNull(userNotificationPreferences.reason),
      ),
    )
    .where(and(isNull(orgUsers.removedAt), inList(orgUsers.id, orgUserIds)))

/** Another current membership with the same address. `status` is null where it has no e-mail, or none yet. */
export type OtherMembership = { orgUserId: number; status: string | null; reason: string | null }

const othersColumn = ({ id }: Pick<Notification, "id">) => sql`(
  SELECT json_group_array(json_array(other.id, d.status, d.reason))
  FROM ${orgUsers} other
  LEFT JOIN ${deliveries} d ON d.notification_id = ${id} AND d.channel = 'email' AND d.recipient_id = other.id
  WHERE other.email = ${orgUsers.email} AND other.removed_at IS NULL AND other.id <> ${orgUsers.id}
)`

const parseOthers = (json: string) =>
  (JSON.parse(json) as [number, string | null, string | null][]).map(
    ([orgUserId, status, reason]): OtherMembership => ({ orgUserId, status, reason }),
  )
