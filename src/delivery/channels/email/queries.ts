import { and, eq, isNotNull, isNull, sql } from "drizzle-orm"
import type { Db } from "../../../db/client"
import { orgs, orgUsers, switches } from "../../../db/schema"

/** Addresses of those who are still members, with their organisations, and why and since when one takes no mail. */
export const addressesOf = (db: Db, { orgUserIds }: { orgUserIds: number[] }) =>
  db
    .select({
      recipientId: sql<number>`${orgUsers.id}`.as("recipient_id"),
      email: orgUsers.email,
      orgName: sql<string>`${orgs.name}`.as("org_name"),
      trouble: switches.reason,
      since: switches.changedAt,
    })
    .from(orgUsers)
    .innerJoin(orgs, eq(orgs.id, orgUsers.orgId))
    .leftJoin(
      switches,
      and(
        eq(switches.orgUserId, orgUsers.id),
        eq(switches.category, "all"),
        eq(switches.channel, "email"),
        isNotNull(switches.reason),
      ),
    )
    .where(
      and(
        isNull(orgUsers.removedAt),
        sql`${orgUsers.id} IN (SELECT value FROM json_each(${JSON.stringify(orgUserIds)}))`,
      ),
    )
