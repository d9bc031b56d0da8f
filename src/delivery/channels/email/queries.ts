import { and, eq, isNull, sql } from "drizzle-orm"
import type { Db } from "../../../db/client"
import { orgs, orgUsers } from "../../../db/schema"

/** Addresses of those who are still members, with the names of their organisations. */
export const addressesOf = (db: Db, { orgUserIds }: { orgUserIds: number[] }) =>
  db
    .select({
      recipientId: sql<number>`${orgUsers.id}`.as("recipient_id"),
      email: orgUsers.email,
      orgName: sql<string>`${orgs.name}`.as("org_name"),
    })
    .from(orgUsers)
    .innerJoin(orgs, eq(orgs.id, orgUsers.orgId))
    .where(
      and(
        isNull(orgUsers.removedAt),
        sql`${orgUsers.id} IN (SELECT value FROM json_each(${JSON.stringify(orgUserIds)}))`,
      ),
    )
