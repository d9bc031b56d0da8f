import { and, eq, isNotNull, isNull, sql } from "drizzle-orm"
import type { Db } from "../../../db/client"
import { inList } from "../../../db/in-list"
import { orgs, orgUsers, userNotificationPreferences } from "../../../db/schema"

/** Addresses of current members, and why and since when e-mail was switched off for one of them. */
export const selectAddresses = (db: Db, { orgUserIds }: { orgUserIds: number[] }) =>
  db
    .select({
      recipientId: sql<number>`${orgUsers.id}`.as("recipient_id"),
      email: orgUsers.email,
      orgName: sql<string>`${orgs.name}`.as("org_name"),
      timeZone: sql<string>`coalesce(${orgUsers.timezone}, ${orgs.timezone})`.as("time_zone"),
      optOutCause: userNotificationPreferences.reason,
      since: userNotificationPreferences.changedAt,
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
