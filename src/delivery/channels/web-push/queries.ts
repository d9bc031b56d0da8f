import { and, eq, isNull, sql } from "drizzle-orm"
import type { Db } from "../../../db/client"
import { orgs, orgUsers, pushSubscriptions } from "../../../db/schema"

/** The devices of those who are still members, a row for each; of who has none, one row without. */
export const selectDevices = (db: Db, { orgUserIds }: { orgUserIds: number[] }) =>
  db
    .select({
      recipientId: sql<number>`${orgUsers.id}`.as("recipient_id"),
      orgName: sql<string>`${orgs.name}`.as("org_name"),
      orgSlug: sql<string>`${orgs.slug}`.as("org_slug"),
      endpoint: pushSubscriptions.endpoint,
      p256dh: pushSubscriptions.p256dh,
      auth: pushSubscriptions.auth,
      serverKey: pushSubscriptions.serverKey,
    })
    .from(orgUsers)
    .innerJoin(orgs, eq(orgs.id, orgUsers.orgId))
    .leftJoin(pushSubscriptions, eq(pushSubscriptions.orgUserId, orgUsers.id))
    .where(
      and(
        isNull(orgUsers.removedAt),
        sql`${orgUsers.id} IN (SELECT value FROM json_each(${JSON.stringify(orgUserIds)}))`,
      ),
    )

/** Forgets devices that are gone, whoever had them. */
export const deleteDevices = (db: Db, { endpoints }: { endpoints: string[] }) =>
  db
    .delete(pushSubscriptions)
    .where(sql`${pushSubscriptions.endpoint} IN (SELECT value FROM json_each(${JSON.stringify(endpoints)}))`)
